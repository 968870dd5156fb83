"""C4's rules: which lines are no prose, and which pages are not wanted.

Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer" (arXiv
1910.10683), section 2.2; the order of the rules, the policy phrases and the longest word are those of the paper's code
(TensorFlow Datasets, c4_utils.py). A rule on pages looks at the lines that the rules on lines before it left.

Reference mode is datatrove 0.10: words are counted before citation marks go, `[]` is such a mark too, every line is
stripped, blank lines go, words are what white space separates in any language, and sentences are counted by the line.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import compress, count

from stages.document import Edit
from stages.quality.bad_words import bad_word_count
from stages.quality.line_removal import removals, without_lines
from stages.quality.prepared import Measured, Prepared
from stages.quality.punctuation import TERMINAL_PUNCTUATION
from stages.quality.sentences import line_sentence_count, sentence_count
from stages.quality.words import words_of
from stages.recipe import C4

POLICY_PHRASES = (b"terms of use", b"privacy policy")
COOKIE_PHRASES = (b"cookie policy", b"uses cookies", b"use of cookies", b"use cookies")
COOKIE = b"cookie"
JAVASCRIPT = b"javascript"
LOREM_IPSUM = b"lorem ipsum"
KELVIN = "\u212a"
CLOSING_MARKS = "\"'”’»›」』）)"
SENTENCES_COUNTED = 20
"""Sentences are counted up to this number; the rules ask for 3 or 5."""

_MARK = r"\[(?:\d+|edit|citation needed)\]"
_PLAIN_MARKS = re.compile(_MARK)
_MARKS = re.compile(rf"[ \t]{_MARK}(?=[\s.,;:!?)]|$)|{_MARK}")
_DATATROVE_MARKS = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
_DATATROVE_ENDS = (".", "?", "!", '"', "'")


def measure(prepared: Prepared, settings: C4) -> Measured:
    """Takes out marks and lines, and measures what is left."""
    return _measure_as_datatrove(prepared, settings) if prepared.as_datatrove else _measure(prepared, settings)


def _measure(prepared: Prepared, settings: C4) -> Measured:
    text, marks = without_citation_marks(prepared.text) if settings.citation_marks else (prepared.text, ())
    lines = _Lines(text.splitlines())
    if prepared.spaced:
        lines.remove("long_word_lines", long_word_lines(lines.texts, settings.line_word_characters))
    if settings.terminal_punctuation:
        wrong = [bool(line.strip()) and not ends_sentence(line) for line in lines.texts]
        lines.remove("unpunctuated_lines", compress(count(), wrong))
    if settings.line_words:
        lines.remove("short_lines", short_lines(lines.texts, settings.line_words, prepared))
    lorem_ipsum, curly_brackets = _remove_by_content(lines, text, settings)
    kept, edits = without_lines(text, lines.removed)
    values = {
        "bad_words": bad_word_count(kept, prepared, settings.bad_words),
        "lorem_ipsum": lorem_ipsum,
        "curly_brackets": curly_brackets,
        "sentences": sentence_count(kept, prepared.language, prepared.reference, SENTENCES_COUNTED),
    }
    words_left = None if marks else prepared.words_without(lines.taken())
    return Measured(values, kept, (*marks, *edits), words_left)


def _measure_as_datatrove(prepared: Prepared, settings: C4) -> Measured:
    text, whole = prepared.text, prepared.stripped_lines
    lines, marks = _Lines(whole), 0
    if settings.citation_marks and _DATATROVE_MARKS.search(text):
        lines = _Lines([_DATATROVE_MARKS.sub("", line) for line in whole])
        marks = sum(len(_DATATROVE_MARKS.findall(line)) for line in whole)
        text = "\n".join(lines.texts)
    lines.remove("long_word_lines", long_word_lines(whole, settings.line_word_characters))
    if settings.terminal_punctuation:
        wrong = [not line.endswith(_DATATROVE_ENDS) or line.endswith("...") for line in lines.texts]
        lines.remove("unpunctuated_lines", compress(count(), wrong))
    if settings.line_words:
        most = settings.line_words - 1
        lines.remove("short_lines", compress(count(), [len(line.split(None, most)) <= most for line in whole]))
    lorem_ipsum, curly_brackets = _remove_by_content(lines, text, settings)
    text = "\n".join(lines.kept()).strip()
    values = {
        "bad_words": bad_word_count(text, prepared, settings.bad_words),
        "lorem_ipsum": lorem_ipsum,
        "curly_brackets": curly_brackets,
        "sentences": line_sentence_count(text, SENTENCES_COUNTED),
    }
    edits: tuple[Edit, ...] = ()
    if marks:
        edits = (Edit("citation_marks", marks, sum(map(len, whole)) - sum(map(len, lines.texts))),)
    words_left = None if marks else prepared.words_without(lines.taken())
    return Measured(values, text, (*edits, *removals(lines.texts, lines.removed)), words_left)


class _Lines:
    """The lines of a text, and which of them are removed, and why."""

    def __init__(self, texts: Sequence[str]):
        self.texts = texts
        self.removed: dict[int, str] = {}

    def remove(self, reason: str, numbers: Iterable[int]) -> None:
        """Removes lines by their numbers; those that are removed keep their first reason."""
        for number in numbers:
            self.removed.setdefault(number, reason)

    def taken(self) -> list[str]:
        """The removed lines."""
        return [self.texts[number] for number in self.removed]

    def kept(self) -> list[str]:
        """The other lines."""
        if not self.removed:
            return list(self.texts)
        return [line for number, line in enumerate(self.texts) if number not in self.removed]


def _remove_by_content(lines: _Lines, text: str, settings: C4) -> tuple[int, int]:
    """Removes lines for what they say; counts `lorem ipsum` and curly brackets at their places in the paper's order.

    Whatever the whole text lacks is not looked for in its lines.
    """
    lowered = lowered_bytes(text)
    lorem_ipsum = curly_brackets = 0
    if LOREM_IPSUM in lowered:
        lorem_ipsum = sum(lowered_bytes(line).count(LOREM_IPSUM) for line in lines.kept())
    if settings.javascript_lines and JAVASCRIPT in lowered:
        lines.remove("javascript_lines", compress(count(), [JAVASCRIPT in lowered_bytes(line) for line in lines.texts]))
    if "{" in text:
        curly_brackets = sum(line.count("{") for line in lines.kept())
    if settings.policy_lines and names_policy(lowered):
        lines.remove("policy_lines", compress(count(), [names_policy(lowered_bytes(line)) for line in lines.texts]))
    return lorem_ipsum, curly_brackets


def lowered_bytes(text: str) -> bytes:
    """A text to look for small letters of English in: as `str.lower` gives it as far as those go, but much faster.

    Of all other characters only the Kelvin sign has one of them as its small form; that of the Turkish `İ` is `i` with
    a dot, which stands in no phrase.
    """
    return text.replace(KELVIN, "k").encode("utf-8", "surrogatepass").lower()


def without_citation_marks(text: str) -> tuple[str, tuple[Edit, ...]]:
    """A text without the marks of Wikipedia's notes: `[1]`, `[edit]`, `[citation needed]`, with a space before them.

    The space stays between words. Also tells what that took away.
    """
    if "[" not in text or _PLAIN_MARKS.search(text) is None:
        return text, ()
    bare, count = _MARKS.subn("", text)
    return bare, (Edit("citation_marks", count, len(text) - len(bare)),)


def long_word_lines(lines: Sequence[str], longest: int) -> list[int]:
    """The numbers of the lines with a word of more than so many characters; 1,000 in the paper's code."""
    if max(map(len, lines), default=0) <= longest:
        return []
    long = [number for number, line in enumerate(lines) if len(line) > longest]
    return [number for number in long if max(map(len, lines[number].split()), default=0) > longest]


def ends_sentence(line: str) -> bool:
    """Whether a line ends a sentence, in any script, quotes and brackets after it left aside; an ellipsis does not."""
    bare = line.rstrip().rstrip(CLOSING_MARKS)
    return bare[-1:] in TERMINAL_PUNCTUATION and not bare.endswith("...")


def short_lines(lines: Sequence[str], words: int, prepared: Prepared) -> list[int]:
    """The numbers of the lines that have words, but fewer than this: 5 in the paper's code, 3 in datatrove and FineWeb.

    Blank lines stand between paragraphs, and are left alone.
    """
    if prepared.spaced:
        return [number for number, line in enumerate(lines) if 0 < len(line.split(None, words - 1)) < words]
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return [number for number in filled if len(words_of(lines[number], prepared.language, prepared.reference)) < words]


def names_policy(lowered: bytes) -> bool:
    """Whether a text in small letters has a phrase of cookie and privacy notices."""
    phrases = POLICY_PHRASES + COOKIE_PHRASES if COOKIE in lowered else POLICY_PHRASES
    return any(phrase in lowered for phrase in phrases)
