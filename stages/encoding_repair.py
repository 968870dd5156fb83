"""Mending text that was decoded with the wrong encoding before it came to us (`cafÃ©`, `â€œquotedâ€`), with ftfy.

ftfy changes a text only where `ftfy.is_bad` finds an unlikely sequence of characters. That search is slow (0.7 ms for
4 kB), so a cheaper regular expression, which is true wherever ftfy's is, comes first. Only the encoding is mended:
curly quotes, ligatures, widths and controls stay as they are.
"""

import re
from collections.abc import Iterator

import ftfy
from ftfy.badness import MOJIBAKE_CATEGORIES

from stages.document import Edit
from stages.recipe import Cleaning

SEGMENT_CHARACTERS = 100_000
"""A longer line is mended piece by piece, as ftfy.fix_text does with a million (`max_decode_length`)."""

_ALONE = MOJIBAKE_CATEGORIES["c1"] + "ÂÃŒœ"
_SUSPICIOUS_KINDS = (
    "bad",
    "law",
    "currency",
    "start_punctuation",
    "end_punctuation",
    "numeric",
    "upper_accented",
    "box",
)
_SUSPICIOUS = "".join(MOJIBAKE_CATEGORIES[kind] for kind in _SUSPICIOUS_KINDS) + "ÙЂ°" + _ALONE
_ANY = "".join(MOJIBAKE_CATEGORIES.values()) + "œŒ"
_GATE = re.compile(f"[{_SUSPICIOUS}](?:(?=[{_ANY}])|(?<=[{_ANY}][{_SUSPICIOUS}])|(?<=[{_ALONE}]))")
"""Each alternative of ftfy's BADNESS_RE holds one of the characters that are suspicious alone, or a suspicious one next
to another that occurs in mojibake. The categories are character ranges of ftfy's own, made for use in a class."""


def repair_encoding(text: str, settings: Cleaning) -> tuple[str, tuple[Edit, ...]]:
    """The text with each line mended that ftfy.fix_encoding mends, and the edit `fix_encoding`.

    The edit counts the lines that were mended (of very long lines, their pieces) and the characters that these are
    shorter by. A line stays as it is where mending would put a NUL into it.
    """
    if not settings.fix_encoding or text.isascii() or not _GATE.search(text):
        return text, ()
    parts: list[str] = []
    done = mended = 0
    for start, stop in _suspicious_segments(text):
        segment = text[start:stop]
        fixed = _fixed(segment)
        if fixed != segment:
            parts += (text[done:start], fixed)
            done = stop
            mended += 1
    if not mended:
        return text, ()
    parts.append(text[done:])
    result = "".join(parts)
    return result, (Edit("fix_encoding", mended, len(text) - len(result)),)


def _suspicious_segments(text: str) -> Iterator[tuple[int, int]]:
    """The lines, or pieces of long lines, in which the gate finds something; with line feeds, as ftfy takes them."""
    position = line_start = 0
    while found := _GATE.search(text, position):
        line_start = max(text.rfind("\n", line_start, found.start()) + 1, line_start)
        line_end = text.find("\n", found.start()) + 1 or len(text)
        start = line_start + (found.start() - line_start) // SEGMENT_CHARACTERS * SEGMENT_CHARACTERS
        position = min(start + SEGMENT_CHARACTERS, line_end)
        yield start, position


def _fixed(segment: str) -> str:
    fixed = ftfy.fix_encoding(segment)
    # ftfy reads Java's variant of UTF-8 too, in which a NUL has two bytes.
    return segment if "\0" in fixed and "\0" not in segment else fixed
