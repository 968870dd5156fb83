"""Superscripts and subscripts as Unicode has them, so that 10⁶ does not become 106."""

_PLAIN = "0123456789+−-=()n"
_SUPERSCRIPT = str.maketrans(_PLAIN, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans(_PLAIN, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙ")


def superscript(text: str) -> str:
    """The text raised, if all of its characters can be; words, as in 19th, stay as they are."""
    return _moved(text, _SUPERSCRIPT)


def subscript(text: str) -> str:
    """The text lowered, if all of its characters can be."""
    return _moved(text, _SUBSCRIPT)


def _moved(text: str, table: dict[int, int]) -> str:
    plain = text.strip().replace("''", "")  # italics
    return plain.translate(table) if all(ord(character) in table for character in plain) else text
