"""FineWeb's own rules: lists, menus, and pages that say their lines twice.

Penedo et al. 2024, "The FineWeb Datasets" (arXiv 2406.17557), section 3.6. Lines are what line breaks separate, blank
ones left aside, as they stand after C4's rules.

Three points differ from datatrove's reading, which reference mode takes: a line ends a sentence also where quotes or
brackets close behind the mark; blank lines count neither as lines nor as line breaks; and a short line of Chinese or
Japanese has fewer characters, since each says more.
"""

from collections.abc import Sequence, Set

from stages.quality.c4 import CLOSING_MARKS
from stages.quality.prepared import Measured, Prepared
from stages.quality.punctuation import DATATROVE_TERMINAL_PUNCTUATION, TERMINAL_PUNCTUATION
from stages.quality.repetition import duplicates
from stages.recipe import FineWeb

CHARACTERS_SAID_BY_ONE = {"zh": 3, "wuu": 3, "yue": 3, "ja": 2}
"""How many letters of English say what one character of a language says."""


def measure(prepared: Prepared, settings: FineWeb) -> Measured:
    """Measures all rules of the section; ratios of a text without lines or words are 0."""
    text = prepared.text
    if prepared.as_datatrove:
        lines = [line for line in text.split("\n") if line.strip()]
        ended, line_breaks, shortest = lines, text.count("\n"), settings.short_line_characters
        ends = DATATROVE_TERMINAL_PUNCTUATION
    else:
        lines = prepared.lines
        ended, ends = [line.rstrip(CLOSING_MARKS) for line in lines], TERMINAL_PUNCTUATION
        line_breaks = max(len(lines) - 1, 0)
        shortest = settings.short_line_characters // CHARACTERS_SAID_BY_ONE.get(prepared.language, 1)
    return Measured(
        {
            "terminal_lines": terminal_lines(ended, ends),
            "short_lines": short_lines(lines, shortest),
            "duplicate_character_ratio": duplicate_character_ratio(lines, text),
            "newline_word_ratio": line_breaks / max(prepared.word_number, 1),
        }
    )


def terminal_lines(lines: Sequence[str], ends: Set[str]) -> float:
    """The share of lines that end with terminal punctuation; at least 0.12 in the paper."""
    return sum([line[-1:] in ends for line in lines]) / max(len(lines), 1)


def short_lines(lines: Sequence[str], characters: int) -> float:
    """The share of lines of at most so many characters, 30 in the paper; at most 0.67."""
    return sum([len(line) <= characters for line in lines]) / max(len(lines), 1)


def duplicate_character_ratio(lines: Sequence[str], text: str) -> float:
    """The share of characters, line breaks left aside, in lines that occurred before; at most 0.01 in the paper."""
    return duplicates(lines)[1] / max(len(text) - text.count("\n"), 1)
