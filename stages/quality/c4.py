"""C4's rules: which lines are no prose, and which pages are not wanted.

Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer" (arXiv
1910.10683), section 2.2; the order of the rules, the policy phrases and the longest word are those of the paper's code
(TensorFlow Datasets, c4_utils.py). A rule on pages looks at the lines that the rules on lines before it left.

Reference mode is datatrove 0.10: words are counted before citation marks go, `[]` is such a mark too, every line is
stripped, blank lines go, words are what white space separates in any language, and sentences are counted by the line.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from stages.document import Edit
from stages.quality.bad_words import bad_word_count
from stages.quality.line_removal import removals, without_lines
from stages.quality.prepared import Measured, Prepared
from stages.quality.punctuation import TERMINAL_PUNCTUATION
from stages.quality.sentences import sentence_count
from stages.quality.words import words_of
from stages.recipe import C4

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
JAVASCRIPT = "javascript"
LOREM_IPSUM = "lorem ipsum"
CLOSING_MARKS = "\"'”’»›」』）)"
ENDS = tuple(sorted(TERMINAL_PUNCTUATION))
SENTENCES_COUNTED = 20
"""Sentences are counted up to this number; the rules ask for 3 or 5."""

_MARK = r"\[(?:\d+|edit|citation needed)\]"
_PLAIN_MARKS = re.compile(_MARK)
_MARKS = re.compile(rf"[ \t]{_MARK}(?=[\s.,;:!?)]|$)|{_MARK}")
_DATATROVE_MARKS = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
_DATATROVE_ENDS = (".", "?", "!", '"', "'")

LineTest = Callable[[str], bool]


def measure(prepared: Prepared, settings: C4) -> Measured:
    """Takes out marks and lines, and measures what is left."""
    return _measure_as_datatrove(prepared, settings) if prepared.as_datatrove else _measure(prepared, settings)


def _measure(prepared: Prepared, settings: C4) -> Measured:
    text, marks = without_citation_marks(prepared.text) if settings.citation_marks else (prepared.text, ())
    lines = _Lines(text.splitlines())
    if prepared.spaced and has_long_line(lines.texts, settings):
        lines.remove("long_word_lines", lambda line: has_long_word(line, settings.line_word_characters))
    if settings.terminal_punctuation:
        lines.remove("unpunctuated_lines", lambda line: bool(line.strip()) and not ends_sentence(line))
    if settings.line_words:
        lines.remove("short_lines", lambda line: is_short(line, settings.line_words, prepared))
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
    whole = [line.strip() for line in prepared.text.splitlines()]
    lines, marks = _Lines(whole), 0
    if settings.citation_marks and "[" in prepared.text:
        lines = _Lines([_DATATROVE_MARKS.sub("", line) for line in whole])
        marks = sum(len(_DATATROVE_MARKS.findall(line)) for line in whole)
    if has_long_line(whole, settings):
        lines.remove("long_word_lines", lambda line: has_long_word(line, settings.line_word_characters), whole)
    if settings.terminal_punctuation:
        lines.remove("unpunctuated_lines", lambda line: not line.endswith(_DATATROVE_ENDS) or line.endswith("..."))
    if settings.line_words:
        most = settings.line_words - 1
        lines.remove("short_lines", lambda line: len(line.split(None, most)) <= most, whole)
    lorem_ipsum, curly_brackets = _remove_by_content(lines, "\n".join(lines.texts), settings)
    kept = lines.kept()
    text = "\n".join(kept).strip()
    values = {
        "bad_words": bad_word_count(text, prepared, settings.bad_words),
        "lorem_ipsum": lorem_ipsum,
        "curly_brackets": curly_brackets,
        "sentences": _sentences_by_line(kept, prepared),
    }
    taken = sum(map(len, whole)) - sum(map(len, lines.texts))
    edits = (Edit("citation_marks", marks, taken),) if marks else ()
    words_left = None if marks else prepared.words_without(lines.taken())
    return Measured(values, text, (*edits, *removals(lines.texts, lines.removed)), words_left)


class _Lines:
    """The lines of a text, and which of them are removed, and why."""

    def __init__(self, texts: Sequence[str]):
        self.texts = texts
        self.removed: dict[int, str] = {}

    def remove(self, reason: str, test: LineTest, tested: Sequence[str] | None = None) -> None:
        """Removes the lines that a test finds, which may look at another form of them."""
        for number, line in enumerate(self.texts if tested is None else tested):
            if number not in self.removed and test(line):
                self.removed[number] = reason

    def taken(self) -> list[str]:
        """The removed lines."""
        return [self.texts[number] for number in self.removed]

    def kept(self) -> list[str]:
        """The other lines."""
        return [line for number, line in enumerate(self.texts) if number not in self.removed]


def _remove_by_content(lines: _Lines, text: str, settings: C4) -> tuple[int, int]:
    """Removes lines for what they say; counts `lorem ipsum` and curly brackets at their places in the paper's order.

    Whatever the whole text lacks is not looked for in its lines.
    """
    lowered = text.lower()
    lorem_ipsum = curly_brackets = 0
    if LOREM_IPSUM in lowered:
        lorem_ipsum = sum(line.lower().count(LOREM_IPSUM) for line in lines.kept())
    if settings.javascript_lines and JAVASCRIPT in lowered:
        lines.remove("javascript_lines", lambda line: JAVASCRIPT in line.lower())
    if "{" in text:
        curly_brackets = sum(line.count("{") for line in lines.kept())
    if settings.policy_lines and names_policy(lowered):
        lines.remove("policy_lines", lambda line: names_policy(line.lower()))
    return lorem_ipsum, curly_brackets


def without_citation_marks(text: str) -> tuple[str, tuple[Edit, ...]]:
    """A text without the marks of Wikipedia's notes: `[1]`, `[edit]`, `[citation needed]`, with a space before them.

    The space stays between words. Also tells what that took away.
    """
    if _PLAIN_MARKS.search(text) is None:
        return text, ()
    bare, count = _MARKS.subn("", text)
    return bare, (Edit("citation_marks", count, len(text) - len(bare)),)


def has_long_line(lines: Iterable[str], settings: C4) -> bool:
    """Whether any line has room for a word that is too long."""
    return max(map(len, lines), default=0) > settings.line_word_characters


def has_long_word(line: str, longest: int) -> bool:
    """Whether a line has a word of more than so many characters; 1,000 in the paper's code."""
    return len(line) > longest and max(map(len, line.split()), default=0) > longest


def ends_sentence(line: str) -> bool:
    """Whether a line ends a sentence, in any script, quotes and brackets after it left aside; an ellipsis does not."""
    bare = line.rstrip().rstrip(CLOSING_MARKS)
    return bare.endswith(ENDS) and not bare.endswith("...")


def is_short(line: str, words: int, prepared: Prepared) -> bool:
    """Whether a line has words, but fewer than this: 5 in the paper's code, 3 in datatrove and FineWeb.

    Blank lines stand between paragraphs, and are left alone.
    """
    if prepared.spaced:
        return 0 < len(line.split(None, words - 1)) < words
    return bool(line.strip()) and len(words_of(line, prepared.language, prepared.reference)) < words


def names_policy(lowered: str) -> bool:
    """Whether a text in lower case has a phrase of cookie and privacy notices."""
    return any(phrase in lowered for phrase in POLICY_PHRASES)


def _sentences_by_line(lines: Iterable[str], prepared: Prepared) -> int:
    """Sentences, no line sharing one with the next; 3 at least in the paper's code, 5 in the paper and datatrove.

    A line that is not blank has one at least.
    """
    kept = [line for line in lines if line.strip()]
    count = len(kept) if len(kept) >= SENTENCES_COUNTED else 0
    for line in kept:
        if count >= SENTENCES_COUNTED:
            return SENTENCES_COUNTED
        count += sentence_count(line, prepared.language, prepared.reference, SENTENCES_COUNTED - count)
    return count
