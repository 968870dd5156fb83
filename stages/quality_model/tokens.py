"""A text as hashed tokens, found by NumPy on its code points: words, single signs, letters of scripts without spaces.

Case is folded and every digit is a zero, in the manner of CCNet (Wenzek et al. 2019, arXiv 1911.00359, section 3.3). A
word is a run of letters, digits and marks; any other visible sign is a token of its own, and so is each character of a
script that puts no spaces between words.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

BLOCK_CHARACTERS = 1 << 17
"""Texts are read in blocks, which bounds the memory that the longest needs; a token ends where a block does."""

_BLANK, _WORD, _SINGLE = 0, 1, 2
_KIND_BITS = 24
_CODES = 0x110000
_ASSIGNED = 0x32400
"""No character above this is cased, a digit or blank but those of plane 14, which are signs of their own here."""
_UNSPACED_SCRIPTS = (
    *((0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai and Lao, Tibetan, Burmese, Khmer
    *((0x2E80, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),  # Han, Hiragana, Katakana
    *((0xFF66, 0xFF9D), (0x20000, 0x323AF)),
)
"""Unicode's Blocks.txt; Hangul has spaces."""
_BASE = 0x9E3779B97F4A7C15
_MIXER = 0xBF58476D1CE4E5B9


class Tokens(NamedTuple):
    """The tokens of a block: a hash for each, and where its characters lie in `codes`."""

    hashes: Hashes
    starts: Places
    lengths: Places
    codes: NDArray[np.uint32]
    """The folded code points of all tokens, one after the other."""


def token_blocks(text: str) -> Iterator[Tokens]:
    """Yields the tokens of a text, block by block."""
    for start in range(0, len(text), BLOCK_CHARACTERS):
        tokens = tokens_of(text[start : start + BLOCK_CHARACTERS])
        if len(tokens.hashes):
            yield tokens


def tokens_of(text: str) -> Tokens:
    """The tokens of a text; equal tokens have equal hashes, and different ones different hashes but once in 2^64."""
    folded = _folding()[np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)]
    kinds = folded >> _KIND_BITS
    words = kinds == _WORD
    begins = kinds == _SINGLE
    begins[1:] |= words[1:] & ~words[:-1]
    begins[:1] |= words[:1]
    visible = kinds != _BLANK
    codes = folded[visible] & ((1 << _KIND_BITS) - 1)
    starts = np.flatnonzero(begins[visible])
    lengths = np.diff(starts, append=len(codes))
    return Tokens(_hashes(codes, starts, lengths), starts, lengths, codes)


def _hashes(codes: NDArray[np.uint32], starts: Places, lengths: Places) -> Hashes:
    """The value modulo 2^64 of a polynomial whose coefficients are the code points, mixed."""
    if not len(starts):
        return np.empty(0, np.uint64)
    powers = np.full(lengths.max(), _BASE, np.uint64).cumprod()
    inside = np.arange(len(codes)) - np.repeat(starts, lengths)
    return mixed(np.add.reduceat(codes * powers[inside], starts))


def mixed(hashes: Hashes) -> Hashes:
    """Spreads what tells hashes apart over all their bits; no two become equal (Steele et al. 2014, splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(_MIXER)
    return hashes ^ (hashes >> np.uint64(31))


@cache
def _folding() -> NDArray[np.uint32]:
    """For each code point its kind, in the high bits, and the code point that it is read as."""
    table = np.arange(_CODES, dtype=np.uint32) | np.uint32(_SINGLE << _KIND_BITS)
    for code in range(_ASSIGNED):
        table[code] = _folded(code)
    return table


def _folded(code: int) -> int:
    sign = chr(code)
    category = unicodedata.category(sign)
    if category[0] == "Z" or category == "Cc":
        return _BLANK
    if category == "Nd":
        return ord("0") | (_WORD << _KIND_BITS)
    unspaced = any(first <= code <= last for first, last in _UNSPACED_SCRIPTS)
    word = category[0] in "LMN" or category == "Cf"
    kind = _WORD if word and not unspaced else _SINGLE
    lower = sign.lower()
    return ord(lower if len(lower) == 1 else sign) | (kind << _KIND_BITS)
