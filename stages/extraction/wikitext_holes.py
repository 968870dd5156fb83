"""The blanks, separators and brackets that made sense only around what was dropped, and what takes their place."""

import re

from stages.extraction.wikitext_marks import HOLE, ITEM, UNKNOWN

_HOLES = re.compile(rf"(?<![ \t])[ \t]*+{HOLE}[ \t{HOLE}]*+")
_SEPARATORS = r"\s,;:–—"
_HOLE_FIRST = re.compile(rf"([(\[（]){HOLE}[{_SEPARATORS}{HOLE}]*+")
_HOLE_IN_FRONT = re.compile(rf"^({ITEM}?[ \t]*){HOLE}[.,;:][ \t]*", re.MULTILINE)
_HOLE_LAST = re.compile(rf"(?<![{_SEPARATORS}{HOLE}])[{_SEPARATORS}]*+{HOLE}(?=[)\]）])")
_HOLE_BETWEEN = re.compile(rf"(?<=[,;]){HOLE}[,;]")
_UNKNOWN_IN_BRACKETS = re.compile(rf"[ \t]?\([^()\n{UNKNOWN}]{{0,200}}{UNKNOWN}[^()\n]{{0,200}}\)")
_UNKNOWN = re.compile(rf"(?:\b[A-Z]{{1,3}})?[$£€¥₹]?{UNKNOWN}+|{UNKNOWN}+")
_EMPTY_BRACKETS = re.compile(rf" ?(?:\({HOLE}?\)|\[{HOLE}?\]|（{HOLE}?）)")


def without_holes(text: str) -> str:
    """The text without the blanks, separators and brackets that made sense only around what was dropped.

    A bracket that states what a wiki computes anew every day goes as a whole: `(equivalent to $… in 2026)`.
    """
    if UNKNOWN in text:
        text = _UNKNOWN.sub(HOLE, _UNKNOWN_IN_BRACKETS.sub(HOLE, text))
    if HOLE not in text:
        return text
    text = _HOLES.sub(_closed_hole, text)
    text = _HOLE_IN_FRONT.sub(r"\1", text)
    text = _HOLE_FIRST.sub(rf"\1{HOLE}", text)
    text = _HOLE_LAST.sub(HOLE, text)
    text = _EMPTY_BRACKETS.sub("", _HOLE_BETWEEN.sub("", text))
    return text.replace(HOLE, "")


def _closed_hole(match: re.Match[str]) -> str:
    """What stands instead of a hole: a blank, nothing, or its mark where brackets or separators meet it."""
    text, start, end = match.string, match.start(), match.end()
    before = text[start - 1] if start else "\n"
    after = text[end] if end < len(text) else "\n"
    if before in "([（" or after in ")]）" or (before in f",;\n{ITEM}" and after in ".,;:"):
        return HOLE
    if before == "\n" or after in "\n.,;:!?。、，":
        return ""
    return " " if match[0][0] in " \t" or match[0][-1] in " \t" else ""
