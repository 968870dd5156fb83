"""A place in a text where personal data stands, and what is to stand there instead."""

import re
from typing import NamedTuple

LETTERS = r"0-9A-Za-z_\u00c0-\u1fff"
"""For a class in a pattern: letters and digits next to which a number is a part of a name. Not those of Chinese,
Japanese and Korean, which stand next to numbers without a space."""
SEPARATORS = r"[ .()/\u00a0\u2010-\u2015-]"
"""What stands between the digits of a number that people read aloud."""

_DIGIT = re.compile("[0-9]")
_LONG_NUMBER = re.compile(rf"[0-9](?:{SEPARATORS}{{0,3}}[0-9]){{6}}")


class Mask(NamedTuple):
    """Characters from `start` to before `stop` become `replacement`."""

    start: int
    stop: int
    replacement: str


def zeros(text: str) -> str:
    """A text with each digit made 0, so that its shape stays."""
    return _DIGIT.sub("0", text)


def has_long_number(text: str) -> bool:
    """Whether a text can hold the number of a card or of a telephone: seven digits with little between them."""
    return _LONG_NUMBER.search(text) is not None
