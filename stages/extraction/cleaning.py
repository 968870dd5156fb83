"""What every extracted text goes through: one kind of newline, no control characters, no stray blanks."""

import re

_NEWLINES = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    """The text as documents hold it.

    Newlines are `\\n`, at most two in a row; control characters but tab and newline are gone, and so is a byte order
    mark; lone surrogates, which no encoding has, are U+FFFD; no line ends in blanks, and the text neither begins nor
    ends in them.
    """
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", text.removeprefix("\ufeff")))
    text = _SURROGATES.sub("\ufffd", text)
    text = "\n".join([line.rstrip() for line in text.split("\n")])
    return _EMPTY_LINES.sub("\n\n", text).strip()
