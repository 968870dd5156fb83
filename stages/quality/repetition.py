"""Gopher's rules on repetition: which texts only repeat themselves.

Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher" (arXiv 2112.11446), table
A1. All characters of a text are the whole that a share of characters is of.

Where datatrove reads the paper otherwise, its reading is a defect or a choice, and is taken in reference mode only:
- an n-gram that occurs once is its most frequent one in a text without repeats; here it is no repetition
- of equally frequent n-grams it takes the first; here the longest counts
- duplicate n-grams are joined without spaces, so that different ones can be equal; here they are compared by words
- after a duplicate n-gram it reads on behind it, so that up to n-1 words of a repeated passage go uncounted; here a
  character counts once if any duplicate n-gram covers it, as the paper says
- blank lines are lines, and lines differ by the spaces around them; here neither
In both readings a duplicate is what occurred before: the first occurrence is none.
"""

from collections.abc import Sequence
from itertools import chain, islice, repeat

from stages.quality.joined_ngrams import joined_duplicates
from stages.quality.ngrams import COVERED_SIZES, TOP_SIZES, Top, repeats
from stages.quality.prepared import Measured, Prepared
from stages.recipe import GopherRepetition

NGRAM_MEASURES = (
    *(f"top_{size}_gram_characters" for size in TOP_SIZES),
    *(f"duplicate_{size}_gram_characters" for size in COVERED_SIZES),
)


def measure(prepared: Prepared, settings: GopherRepetition) -> Measured:  # noqa: ARG001 - the bounds are read from it
    """Measures all rules of table A1."""
    return Measured({**repeated_parts(prepared), **repeated_ngrams(prepared)})


def repeated_parts(prepared: Prepared) -> dict[str, float]:
    """The shares of lines and paragraphs that occurred before, by number (at most 0.30) and characters (0.20)."""
    text = prepared.text
    lines = datatrove_lines(text) if prepared.as_datatrove else prepared.lines
    paragraphs = datatrove_paragraphs(text) if prepared.as_datatrove else prepared.paragraphs
    same_paragraphs, same_paragraph_characters = duplicates(paragraphs)
    same_lines, same_line_characters = duplicates(lines)
    characters = max(len(text), 1)
    return {
        "duplicate_paragraphs": same_paragraphs / max(len(paragraphs), 1),
        "duplicate_paragraph_characters": same_paragraph_characters / characters,
        "duplicate_lines": same_lines / max(len(lines), 1),
        "duplicate_line_characters": same_line_characters / characters,
    }


def datatrove_lines(text: str) -> list[str]:
    r"""What `re.split("\n+", text)` gives, which is slower: also the empty line before and after a text."""
    if "\n" not in text:
        return [text]
    inside = [line for line in text.split("\n") if line]
    return [""] * text.startswith("\n") + inside + [""] * text.endswith("\n")


def datatrove_paragraphs(text: str) -> list[str]:
    r"""What `re.split("\n{2,}", text.strip())` gives, which is slower."""
    first, *others = text.strip().split("\n\n")
    return [first, *(part.lstrip("\n") for part in others if part)]


def duplicates(parts: Sequence[str]) -> tuple[int, int]:
    """How many parts occurred before in the text, and how many characters they have."""
    different = set(parts)
    if len(different) == len(parts):
        return 0, 0
    return len(parts) - len(different), sum(map(len, parts)) - sum(map(len, different))


def repeated_ngrams(prepared: Prepared) -> dict[str, float]:
    """The shares of characters in the most frequent n-gram of 2, 3, 4 words and in duplicate ones of 5 to 10.

    At most 0.20, 0.18, 0.16 and 0.15, 0.14, 0.13, 0.12, 0.11, 0.10 in the paper. All occurrences of the most frequent
    n-gram count with all their characters, also where they overlap, so that the share can exceed 1.
    """
    if prepared.as_datatrove:
        top = repeats(prepared, 1, covered=False).top
        counts = [_first_top(top, prepared.words, size) for size in TOP_SIZES]
        duplicate = joined_duplicates(prepared.joined, prepared.word_stops, COVERED_SIZES)
    else:
        top, duplicate = repeats(prepared, 1 if prepared.spaced else 0)
        counts = [each.occurrences * each.longest for each in top]
    characters = max(len(prepared.text), 1)
    padded = chain(islice(chain(counts, repeat(0)), len(TOP_SIZES)), duplicate, repeat(0))
    return {name: count / characters for name, count in zip(NGRAM_MEASURES, padded, strict=False)}


def _first_top(top: Sequence[Top], words: Sequence[str], size: int) -> int:
    """The characters that datatrove counts: without a repeat those of the text's first n-gram."""
    if len(top) > size - TOP_SIZES[0]:
        most = top[size - TOP_SIZES[0]]
        return most.occurrences * most.earliest
    return len(" ".join(words[:size])) if len(words) >= size else 0
