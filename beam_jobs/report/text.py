"""Texts of strangers on a page: nothing in them is markup, moves other text, or is invisible."""

import re
import unicodedata

PICTURE_OF_DELETE = "\u2421"
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    r"\ufdd0-\ufdef\ud800-\udfff\U000e0000-\U000e0fff]"
    r"|[\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff\U0010fffe\U0010ffff]"
)
"""Control characters but tab and line feed, those that turn the direction of text, those of no width, surrogates and
noncharacters, which HTML forbids."""
_MARKS = re.compile(
    r"(\w?[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
"""More than three marks on one letter, which would run over the lines above and below."""


def visible(text: str) -> str:
    """A text with a sign for every character that would not be seen: `␀` for NUL, `[U+202E]` for an override."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(_sign, _MARKS.sub(r"\1", text))


def shortened(text: str, most: int) -> str:
    """The beginning of a text, with a sign where it goes on."""
    return text if len(text) <= most else f"{text[:most]}…"


def quantity(value: float) -> str:
    """A number for a person: whole ones with separators (`100,000`), others with four figures."""
    if abs(value) >= 1_000 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.4g}"


def told_apart(value: float, threshold: float | None) -> str:
    """A measured value; with all its figures where fewer would make it look equal to the threshold that it is not."""
    shown = quantity(value)
    return repr(value) if value != threshold and threshold is not None and shown == quantity(threshold) else shown


def _sign(found: re.Match[str]) -> str:
    character = found[0]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return PICTURE_OF_DELETE
    if unicodedata.category(character) in ("Cs", "Cn"):
        return "\ufffd"
    return f"[U+{code:04X}]"
