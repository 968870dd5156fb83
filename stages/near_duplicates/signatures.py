"""Texts into sets of word shingles, MinHash signatures and band keys, many texts at a time in NumPy.

A word is a run of letters, digits, underscores and combining marks, compared in lower case; in scripts without spaces
between words each character is one. A shingle is some words in a row. Every step works on the code points of a whole
batch: one table look-up folds case and finds words, prefix sums of a polynomial hash (Karp and Rabin 1987) give every
word's hash, weighted sums of word hashes every shingle's. A result depends on its own text alone, never on the batch.

The signatures are those of datasketch 2.0's `affine32` scheme: a shingle's 32-bit hash goes through MurmurHash3's
finaliser, then each permutation k is a_k * h + b_k mod 2^32, with datasketch's own a and b.
"""

import functools
import hashlib
import itertools
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stages.power_tables import power_tables
from stages.recipe import NearDuplicates

Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]
Signatures = UInt32 | UInt64

CHARACTER_BASE = 0x100000001B3
"""Base of the polynomial over a word's characters: the 64-bit prime of FNV; odd, so that it has an inverse."""
WORD_BASE = 0x9E3779B97F4A7C15
"""Base of the polynomial over a shingle's words: 2^64 divided by the golden ratio, made odd (Knuth, TAOCP 6.4)."""

UNSPACED_SCRIPTS = (
    (0x0E00, 0x109F),  # Thai, Lao, Tibetan, Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Chinese characters, extension A
    (0x4E00, 0x9FFF),  # Chinese characters
    (0xF900, 0xFAFF),  # Chinese characters for compatibility
    (0x20000, 0x3FFFF),  # Chinese characters, all further extensions
)
"""First and last code points of Unicode blocks (Unicode 15, Blocks.txt)."""
WHOLE_WORD = 1 << 31
"""Set in the folded code of a character that is a word by itself."""
ASSIGNED = (range(0x40000), range(0xE0000, 0xF0000))
"""The code points that are or may become letters, digits or marks: planes 0 to 3 and 14 (Unicode 17, section 2.8)."""

SIGNATURE_VERSION = 1
"""Changes when words, shingles, content hashes or signatures do; an index must have the same."""

BATCH_TEXTS = 128
BATCH_CHARACTERS = 1 << 18
BLOCK_CHARACTERS = 1 << 15
"""Characters hashed at once; the arrays of a block stay in the processor's cache."""


def text_signatures(texts: Sequence[str], settings: NearDuplicates) -> Signatures:
    """MinHash signatures uint32 [texts, bands * rows], as datasketch's `affine32` scheme makes them.

    A text with fewer words than a shingle has one shingle of all its words. A text without words has datasketch's empty
    signature, all ones. With `reference = "datatrove"` they are datatrove's, uint64; see `datatrove_signatures`.
    """
    if settings.reference == "datatrove":
        from stages.near_duplicates.datatrove_signatures import datatrove_signatures

        return datatrove_signatures(texts, settings)
    found = [_signatures(*shingles, settings) for shingles in _shingle_batches(texts, settings.shingle_words)]
    return np.concatenate([np.empty((0, settings.bands * settings.rows), np.uint32), *found])


def minimum_hashes(hashes: UInt32, counts: Int64, permutations: int, seed: int) -> UInt32:
    """MinHash signatures uint32 [texts, permutations] of 32-bit shingle hashes, the texts' one after another.

    `hashes` is uint32 [sum of counts], `counts` int64 [texts].
    """
    multipliers, summands = _permutations(permutations, seed)
    signatures = np.full((len(counts), permutations), 0xFFFFFFFF, np.uint32)
    filled = counts > 0
    if not filled.any():
        return signatures
    starts = np.concatenate(([0], np.cumsum(counts[filled])[:-1]))
    mixed = _mix32(hashes)
    permuted = np.empty_like(mixed)
    columns = np.empty((permutations, len(starts)), np.uint32)
    for column, multiplier, summand in zip(columns, multipliers, summands, strict=True):
        np.multiply(mixed, multiplier, out=permuted)
        np.add(permuted, summand, out=permuted)
        np.minimum.reduceat(permuted, starts, out=column)
    signatures[filled] = columns.T
    return signatures


def shingle_hashes(texts: Sequence[str], settings: NearDuplicates) -> list[UInt64]:
    """The set of shingles of each text: its 64-bit hashes, sorted and unique, for the true Jaccard similarity."""
    if settings.reference == "datatrove":
        from stages.near_duplicates.datatrove_signatures import datatrove_shingles

        return [_unique(datatrove_shingles(text, settings)) for text in texts]
    sets: list[UInt64] = []
    for hashes, counts in _shingle_batches(texts, settings.shingle_words):
        sets.extend(_unique(part) for part in np.split(hashes, np.cumsum(counts)[:-1]))
    return sets


def _unique(values: UInt64) -> UInt64:
    """Sorted and each once; for sets of hundreds faster than np.unique, which hashes first."""
    ordered = np.sort(values)
    keep = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=keep[1:])
    return ordered[keep]


def jaccard(left: UInt64, right: UInt64) -> float:
    """Jaccard similarity, 0 to 1, of two sets given as sorted unique uint64; 0 if both are empty."""
    small, large = (left, right) if len(left) <= len(right) else (right, left)
    if len(small) == 0:
        return 0.0
    places = np.searchsorted(large, small)
    places[places == len(large)] = 0
    shared = int(np.count_nonzero(large[places] == small))
    return shared / (len(left) + len(right) - shared)


def band_keys(signatures: Signatures, settings: NearDuplicates) -> UInt64:
    """Keys uint64 [texts, bands]: texts that agree in all rows of a band have the same key there.

    The band's number is part of the key, so that keys of different bands do not meet. A text without shingles has
    keys 0: it is alike to none. Signatures are uint32 or, as datatrove makes them, uint64 [texts, bands * rows].
    """
    values = signatures.reshape(len(signatures), settings.bands, settings.rows).astype(np.uint64)
    keys = np.broadcast_to(np.arange(1, settings.bands + 1, dtype=np.uint64), values.shape[:2])
    for row in range(settings.rows):
        keys = mix64(keys ^ values[..., row])
    empty = signatures.dtype.type(np.iinfo(signatures.dtype).max)
    return np.where((signatures == empty).all(axis=1)[:, None], np.uint64(0), keys)


def content_hash(text: str) -> int:
    """64-bit hash of what a text says, its words in lower case; see `content_hashes`."""
    return content_hashes([text])[0]


def content_hashes(texts: Sequence[str]) -> list[int]:
    """Of each text a 64-bit hash (BLAKE2b) of the hashes of all its words in a row.

    A text without words is hashed as it stands, without the white space around it.
    """
    return [found for batch in _batches(texts) for found in _contents(batch, *_word_hashes(batch))]


def signatures_and_contents(texts: Sequence[str], settings: NearDuplicates) -> tuple[Signatures, list[int]]:
    """What `text_signatures` and `content_hashes` give, for little more than the cost of the first."""
    if settings.reference == "datatrove":
        return text_signatures(texts, settings), content_hashes(texts)
    signatures = [np.empty((0, settings.bands * settings.rows), np.uint32)]
    contents: list[int] = []
    for batch in _batches(texts):
        words, counts = _word_hashes(batch)
        signatures.append(_signatures(*_shingles(words, counts, settings.shingle_words), settings))
        contents.extend(_contents(batch, words, counts))
    return np.concatenate(signatures), contents


def _signatures(hashes: UInt64, counts: Int64, settings: NearDuplicates) -> UInt32:
    """MinHash signatures of shingles, those of the texts one after another."""
    short = (hashes >> np.uint64(32)).astype(np.uint32)
    return minimum_hashes(short, counts, settings.bands * settings.rows, settings.seed)


def _contents(texts: Sequence[str], words: UInt64, counts: Int64) -> Iterator[int]:
    stop = 0
    for text, count in zip(texts, counts.tolist(), strict=True):
        start, stop = stop, stop + count
        data: Any = words[start:stop]
        kind = b"words"
        if not count:
            data, kind = text.strip().encode("utf-8", "surrogatepass"), b"text"
        yield int.from_bytes(hashlib.blake2b(data, digest_size=8, person=kind).digest(), "little")


def datasketch_objects(signatures: UInt32, settings: NearDuplicates) -> list[Any]:
    """The signatures uint32 [texts, bands * rows] as `datasketch.MinHash` objects, ready for its LSH indexes."""
    from datasketch import MinHash

    permutations = _permutations(signatures.shape[1], settings.seed)
    return [
        MinHash(seed=settings.seed, hashvalues=signature, permutations=permutations, scheme="affine32")
        for signature in signatures
    ]


def _shingle_batches(texts: Sequence[str], words: int) -> Iterator[tuple[UInt64, Int64]]:
    """Batches of texts, in order: the hashes of all shingles one after another, and how many each text has."""
    for batch in _batches(texts):
        yield _shingles(*_word_hashes(batch), words)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start, characters = 0, 0
    for stop, text in enumerate(texts):
        characters += len(text)
        if stop > start and (stop - start == BATCH_TEXTS or characters > BATCH_CHARACTERS):
            yield texts[start:stop]
            start, characters = stop, len(text)
    if start < len(texts):
        yield texts[start:]


def _shingles(hashes: UInt64, counts: Int64, size: int) -> tuple[UInt64, Int64]:
    """Word hashes of some texts into shingle hashes; `counts` int64 [texts] before and after."""
    stops = np.cumsum(counts)
    starts = stops - counts
    sums = np.zeros(len(hashes), np.uint64)
    keep = np.ones(len(hashes), np.bool_)
    partial = np.zeros(len(counts), np.uint64)
    for place in range(size):
        weight = np.uint64(pow(WORD_BASE, place + 1, 1 << 64))
        sums[: max(len(hashes) - place, 0)] += hashes[place:] * weight
        inside = np.flatnonzero((counts > place) & (counts < size))
        partial[inside] += hashes[starts[inside] + place] * weight
        if place:
            keep[stops[counts >= place] - place] = False  # would run over the end of its text
    short = (counts > 0) & (counts < size)
    sums[starts[short]] = partial[short]
    keep[starts[short]] = True
    return sums[keep], np.where(short, 1, np.maximum(counts - size + 1, 0))


def _word_hashes(texts: Sequence[str]) -> tuple[UInt64, Int64]:
    """64-bit hashes of all words one after another, and int64 [texts]: how many words each text has."""
    folded = _fold("\n".join(texts))
    parts, starts = [], []
    for start, stop in _blocks(folded):
        hashes, places = _block_word_hashes(folded[start:stop])
        parts.append(hashes)
        starts.append(places + start)
    text_stops = np.cumsum([len(text) + 1 for text in texts])
    words_before = np.searchsorted(np.concatenate(starts), text_stops)
    return np.concatenate(parts), np.diff(words_before, prepend=0)


def _blocks(folded: UInt32) -> Iterator[tuple[int, int]]:
    """Ranges that cover all characters and cut no word; longer than BLOCK_CHARACTERS only for a word that is."""
    start = 0
    while len(folded) - start > BLOCK_CHARACTERS:
        stop = start + BLOCK_CHARACTERS
        gaps = np.flatnonzero(folded[start:stop] == 0)
        if len(gaps):
            stop = start + int(gaps[-1]) + 1
        else:
            gaps = np.flatnonzero(folded[stop:] == 0)
            stop = stop + int(gaps[0]) if len(gaps) else len(folded)
        yield start, stop
        start = stop
    yield start, len(folded)


def _block_word_hashes(folded: UInt32) -> tuple[UInt64, Int64]:
    """Hash and start of every word among folded characters."""
    starts, stops = _word_edges(folded)
    powers, inverses = _power_tables(max(len(folded), BLOCK_CHARACTERS).bit_length())
    prefix = np.zeros(len(folded) + 1, np.uint64)
    np.multiply(folded, powers[: len(folded)], out=prefix[1:])
    np.cumsum(prefix, out=prefix)
    return mix64((prefix[stops] - prefix[starts]) * inverses[starts]), starts


def _word_edges(folded: UInt32) -> tuple[Int64, Int64]:
    """Where words start and stop, int64 [words] each."""
    in_word, whole = folded != 0, folded >= WHOLE_WORD
    joined = np.zeros(len(folded) + 1, np.bool_)  # characters i - 1 and i belong to the same word
    np.logical_and(in_word[1:], in_word[:-1], out=joined[1:-1])
    joined[1:-1] &= ~(whole[1:] | whole[:-1])
    return np.flatnonzero(in_word & ~joined[:-1]), np.flatnonzero(in_word & ~joined[1:]) + 1


def _fold(text: str) -> UInt32:
    """uint32 [characters]: the lower-case code point of each character of a word, 0 for all others."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    return np.take(_folding_table(), codes)


@functools.cache
def _folding_table() -> UInt32:
    """uint32 by code point: its lower case if it belongs to words, else 0; see WHOLE_WORD.

    A character whose lower case is more than one character stays itself.
    """
    table = np.zeros(0x110000, np.uint32)
    for code in itertools.chain(*ASSIGNED):
        character = chr(code)
        if character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M":
            lower = character.lower()
            table[code] = ord(lower) if len(lower) == 1 else code
    for first, last in UNSPACED_SCRIPTS:
        block = table[first : last + 1]
        block[block != 0] |= np.uint32(WHOLE_WORD)
    return table


@functools.lru_cache(maxsize=2)
def _power_tables(bits: int) -> tuple[UInt64, UInt64]:
    """CHARACTER_BASE to the powers 0 to 2^bits - 1, and their inverses, mod 2^64; one size serves all usual blocks."""
    return power_tables(CHARACTER_BASE, 1 << bits)


@functools.lru_cache(maxsize=4)
def _permutations(count: int, seed: int) -> UInt32:
    """Multipliers and summands, uint32 [2, count], as datasketch 2.0 draws them for `affine32`; multipliers are odd."""
    generator = np.random.RandomState(seed)
    multipliers = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return np.stack([multipliers, generator.randint(0, 1 << 32, count, dtype=np.uint32)])


def mix64(values: UInt64) -> UInt64:
    """MurmurHash3's 64-bit finaliser, a bijection that spreads every bit (Appleby 2011)."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


def _mix32(values: UInt32) -> UInt32:
    """MurmurHash3's 32-bit finaliser; datasketch applies it to every hash before its permutations."""
    values = values ^ (values >> np.uint32(16))
    values *= np.uint32(0x85EBCA6B)
    values ^= values >> np.uint32(13)
    values *= np.uint32(0xC2B2AE35)
    values ^= values >> np.uint32(16)
    return values
