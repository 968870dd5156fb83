"""The tokens that never come of text, and the characters that the tokenizer keeps for itself."""

import re

UNKNOWN, BOS, EOS, PADDING, MASK = "<unk>", "<s>", "</s>", "<pad>", "<mask>"
SPACE = "\u2581"
"""How SentencePiece writes a space inside a piece."""
ESCAPES = {SPACE: "\ufdd0", "\ufdd0": "\ufdd1\ufdd2", "\ufdd1": "\ufdd1\ufdd3"}
"""How a text's own signs are written that would otherwise become spaces or one another: with noncharacters, which
Unicode sets aside for use inside a program."""
RESERVED = frozenset("".join([*ESCAPES, *ESCAPES.values()]))

NAME_WITHOUT_FIRST = re.compile(r"(?:unk|/?s|pad|mask|extra_id_[0-9]+|0x[0-9A-F]{2})>")
"""The name of a special token or of a byte, without its `<`."""


def sentinel(number: int) -> str:
    """The name of the token for the span `number` that is left out (T5: Raffel et al. 2020, arXiv 1910.10683)."""
    return f"<extra_id_{number}>"


def is_name(text: str) -> bool:
    """Whether a text is the name of a special token, a sentinel or a byte (`<0x0A>`)."""
    return text[:1] == "<" and NAME_WITHOUT_FIRST.fullmatch(text, 1) is not None


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for each surrogate, which no Unicode encoding can write."""
    return "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)
