"""Texts into the word shingles and MinHash signatures of datatrove, bit for bit.

Our own implementation of the first stage of datatrove 0.10.1's deduplication (Apache 2.0;
`pipeline/dedup/minhash.py`, `utils/text.py`, `utils/hashes/`), the library of FineWeb. A text is simplified, split
into spaCy's English words, and every run of `shingle_words` of them, joined by spaces, is hashed. Permutation k of a
hash is (a_k * h + b_k mod 2^64) mod (2^61 - 1); a signature holds the smallest value of each permutation.

`english_words` leaves out one thing that spaCy does: exceptions spelled over neighbouring chunks. None of those that
simplified text can spell changes a token there, so that the words are equal too.

What datatrove fails on has a result here: a lone surrogate is hashed as the three bytes UTF-8 would give it.
"""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stages.quality.english_words import english_words
from stages.quality.punctuation import DATATROVE_PUNCTUATION, DATATROVE_TERMINAL_PUNCTUATION
from stages.recipe import NearDuplicates

UInt64 = npt.NDArray[np.uint64]

NO_SHINGLES = 2**64 - 1
"""Every value of the signature of a text without shingles; no permutation reaches it."""

MERSENNE_PRIME = 2**61 - 1
"""Permuted hashes are taken modulo this."""

_REMOVED_SIGNS = DATATROVE_PUNCTUATION - DATATROVE_TERMINAL_PUNCTUATION | frozenset("!.?。！．？")
"""The 129 of `PUNCTUATION` in datatrove's `utils/text.py`, without those that only end sentences in other scripts."""

_LATER_DIGITS = (
    "\U00010d40-\U00010d49\U000116d0-\U000116e3\U00011bf0-\U00011bf9\U00011de0-\U00011de9\U00011f50-\U00011f59"
    "\U00016130-\U00016139\U00016d70-\U00016d79\U0001ccf0-\U0001ccf9\U0001e4f0-\U0001e4f9\U0001e5f1-\U0001e5fa"
)
"""Decimal digits of Unicode 15 to 17: datatrove finds numbers with the package regex, which has them on any Python."""

_NUMBER = re.compile(rf"[\d{_LATER_DIGITS}]+(?:[.,،٫⎖⎗⎘][\d{_LATER_DIGITS}]+)?")

_BLOCK_VALUES = 1 << 14
"""Permuted hashes that are held at once; two arrays of so many stay in the processor's cache."""


def simplified_text(text: str) -> str:
    """A text as datatrove compares it (`simplify_text` with its defaults).

    In order: lower case; numbers to 0, with one decimal separator at most; punctuation to spaces; white space to single
    spaces; canonical decomposition without nonspacing marks. The last step comes after the others, so that it may leave
    punctuation (`≠` gives `=`) and spaces in a row (around a mark that stood alone).
    """
    text = _NUMBER.sub("0", text.lower())
    text = " ".join(text.translate(_removal_table()).split())
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text)
    marks = {ord(character): None for character in set(decomposed) if unicodedata.category(character) == "Mn"}
    return (decomposed.translate(marks) if marks else decomposed).strip()


def datatrove_shingles(text: str, settings: NearDuplicates) -> UInt64:
    """Hashes uint64 [shingles] of the shingles of a text, in order, as often as they occur.

    A text with fewer words than a shingle has none: datatrove writes no signature for it and never removes it.
    """
    words = english_words(simplified_text(text))
    count = len(words) - settings.shingle_words + 1
    if count < 1:
        return np.empty(0, np.uint64)
    joined = " ".join(words).encode("utf-8", "surrogatepass")
    spaces = np.flatnonzero(np.frombuffer(joined, np.uint8) == ord(" "))
    starts = [0, *(spaces[: count - 1] + 1).tolist()]
    stops = [*spaces[settings.shingle_words - 1 :].tolist(), len(joined)]
    shingles = [joined[start:stop] for start, stop in zip(starts, stops, strict=True)]
    if settings.datatrove_hash == "sha1":
        return _sha1_hashes(shingles, settings.datatrove_hash_bits)
    return _xxhash_hashes(shingles, settings.datatrove_hash_bits)


def datatrove_signatures(texts: Sequence[str], settings: NearDuplicates) -> UInt64:
    """MinHash signatures uint64 [texts, bands * rows]; values stay below 2^32 if hashes have 32 bits.

    Values of a band are next to each other. A text without shingles, for which datatrove has no signature, gets
    NO_SHINGLES in every place: a convention of ours, so that every text has a row; such rows must match nothing.
    """
    multipliers, summands = coefficients(settings)
    mask = np.uint64(2**settings.datatrove_hash_bits - 1)
    signatures = np.empty((len(texts), len(multipliers)), np.uint64)
    for signature, text in zip(signatures, texts, strict=True):
        signature[:] = _minimum_hashes(datatrove_shingles(text, settings), multipliers, summands, mask)
    return signatures


def coefficients(settings: NearDuplicates) -> tuple[UInt64, UInt64]:
    """datatrove's multipliers and summands, uint64 [bands * rows] each; read-only."""
    return _coefficients(settings.bands * settings.rows, settings.seed)


@functools.lru_cache(maxsize=4)
def _coefficients(count: int, seed: int) -> tuple[UInt64, UInt64]:
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(1, MERSENNE_PRIME, size=count, dtype=np.uint64)
    summands = generator.randint(0, MERSENNE_PRIME, size=count, dtype=np.uint64)
    multipliers.flags.writeable = summands.flags.writeable = False
    return multipliers, summands


@functools.cache
def _removal_table() -> Mapping[int, str]:
    return dict.fromkeys(map(ord, _REMOVED_SIGNS), " ")


def _sha1_hashes(shingles: Sequence[bytes], bits: int) -> UInt64:
    """The first bytes of each digest as a little-endian number."""
    digests = b"".join([hashlib.sha1(shingle, usedforsecurity=False).digest() for shingle in shingles])
    table = np.frombuffer(digests, np.uint8).reshape(len(shingles), hashlib.sha1().digest_size)
    leading = np.ascontiguousarray(table[:, : bits // 8])
    return leading.view(f"<u{bits // 8}").ravel().astype(np.uint64)


def _xxhash_hashes(shingles: Sequence[bytes], bits: int) -> UInt64:
    from xxhash import xxh32_intdigest, xxh64_intdigest

    digest = xxh32_intdigest if bits == 32 else xxh64_intdigest
    return np.fromiter(map(digest, shingles), np.uint64, len(shingles))


def _minimum_hashes(hashes: UInt64, multipliers: UInt64, summands: UInt64, mask: np.uint64) -> UInt64:
    """The smallest value of each permutation of hashes uint64 [shingles]: uint64 [permutations]."""
    prime = np.uint64(MERSENNE_PRIME)
    smallest = np.full(len(multipliers), NO_SHINGLES, np.uint64)
    block = max(1, _BLOCK_VALUES // len(multipliers))
    for start in range(0, len(hashes), block):
        permuted = multipliers[:, None] * hashes[start : start + block]
        permuted += summands[:, None]
        # 2^61 is 1 modulo the prime, so the bits above it are added; of what is then below twice the prime, and of that
        # less the prime, which wraps around where it was smaller, the smaller one is the remainder.
        carried = permuted >> np.uint64(61)
        permuted &= prime
        permuted += carried
        np.subtract(permuted, prime, out=carried)
        np.minimum(permuted, carried, out=permuted)
        permuted &= mask
        np.minimum(smallest, permuted.min(axis=1), out=smallest)
    return smallest
