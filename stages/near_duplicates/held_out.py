"""All pairs of a few documents with many that are similar enough: an exact set-similarity join, without chance.

A pair of sets x and y has Jaccard similarity t or more only if they share a_x = t |x| elements, and a_y = t |y|. So in
any one order of all elements the first |x| - a_x + 1 of x and the first |y| - a_y + 1 of y have one in common (prefix
filtering: Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007). Only these are indexed and looked up. The
order is that of the hashes, but what many held-out documents have in common comes last, so that menus and notices are
seldom among the first. How many of the first elements a pair has in common bounds what it can share in all, which
leaves few pairs to compare in full.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stages.near_duplicates.signatures import jaccard

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]

BLOCK_SHINGLES = 1 << 16
"""Shingles looked up at once; the arrays of a block stay in the processor's cache."""
BLOCK_PAIRS = 1 << 20
"""Common shingles counted at once, or those of one document if it has more."""
BITS_PER_SHINGLE = 32
"""Bits of the table for each hash in it: so few of those that are in no held-out document seem to be in one."""
COMMON_DOCUMENTS = 8
"""A shingle in more held-out documents than this comes last in the order of a document's shingles."""


class Matches(NamedTuple):
    """Pairs of a document and a held-out document, ordered by both positions."""

    positions: Int64
    """Of the documents in the given list."""
    held_out: Int64
    """Positions among the held-out documents."""
    jaccard: Float64
    """As `signatures.jaccard` computes it."""


class HeldOut:
    """Documents that no other may be alike, as sets of shingle hashes; made in a moment from its three arrays."""

    def __init__(self, references: UInt64, shingles: UInt64, offsets: Int64):
        """Document i has the shingles `offsets[i]` to `offsets[i + 1]`, sorted and unique; `references` name them."""
        self.references = references
        self.shingles = shingles
        self.offsets = offsets
        self._index: _Index | None = None

    @classmethod
    def of(cls, references: Sequence[int], sets: Sequence[UInt64]) -> "HeldOut":
        """The held-out documents with these shingle sets, each sorted and unique."""
        offsets = np.cumsum([0, *map(len, sets)], dtype=np.int64)
        return cls(np.array(references, np.uint64), np.concatenate([np.empty(0, np.uint64), *sets]), offsets)

    @classmethod
    def of_lists(cls, references: UInt64, lists: pa.ChunkedArray) -> "HeldOut":
        """The same, of a column of lists of uint64, which is not copied unless it is in several chunks."""
        shingles = lists.combine_chunks()
        if isinstance(shingles, pa.ChunkedArray):
            shingles = shingles.chunk(0)
        return cls(references, shingles.values.to_numpy(), shingles.offsets.to_numpy().astype(np.int64))

    def __len__(self) -> int:
        return len(self.references)

    def set_of(self, position: int) -> UInt64:
        """The shingles of the held-out document at a position."""
        return self.shingles[self.offsets[position] : self.offsets[position + 1]]

    def matches(self, shingles: Sequence[UInt64], similarity: float) -> Matches:
        """All pairs whose Jaccard similarity is at least `similarity`, above 0; every set is sorted and unique.

        The index is made at the first call, and again for another similarity.
        """
        if not 0.0 < similarity <= 1.0:
            raise ValueError(f"similarity {similarity} is not above 0 and at most 1")
        if self._index is None or self._index.similarity != similarity:
            self._index = _Index(self.shingles, self.offsets, similarity)
        found: list[tuple[int, int, float]] = []
        for position, held_out in self._index.candidates(shingles):
            measured = jaccard(shingles[position], self.set_of(held_out))
            if measured >= similarity:
                found.append((position, held_out, measured))
        positions, documents, similarities = zip(*found, strict=True) if found else ((), (), ())
        return Matches(np.array(positions, np.int64), np.array(documents, np.int64), np.array(similarities, np.float64))


class _Index:
    """The prefixes of the held-out documents by shingle: about 16 bytes for each, with a table of bits before it."""

    def __init__(self, shingles: UInt64, offsets: Int64, similarity: float):
        self.similarity = similarity
        unique, counts = np.unique(shingles, return_counts=True)
        self._common = _SortedHashes(unique[counts > COMMON_DOCUMENTS])
        self._sizes = np.diff(offsets)
        self._prefixes = prefix_lengths(self._sizes, similarity)
        places = _ranges(offsets[:-1], self._prefixes)
        prefixes = self._rarest_first(shingles, self._sizes)[places]
        order = np.argsort(prefixes, kind="stable")
        documents = np.repeat(np.arange(len(self._sizes), dtype=np.uint32), self._prefixes)
        self._documents: UInt32 = documents[order]
        self._shingles = _SortedHashes(prefixes[order])

    def candidates(self, sets: Sequence[UInt64]) -> Iterator[tuple[int, int]]:
        """Yields pairs of positions that may be as similar, in order; all that are, and few others."""
        sizes = np.array([len(one) for one in sets], np.int64)
        prefixes = prefix_lengths(sizes, self.similarity)
        for start, stop in _runs(prefixes, BLOCK_SHINGLES):
            places, firsts = self._shingles.find(self._beginnings(sets[start:stop], prefixes[start:stop]))
            documents = np.repeat(np.arange(start, stop), prefixes[start:stop])[places]
            for left, right, common in self._pairs(documents, firsts, self._shingles.counts(firsts)):
                needed = shared_needed(sizes[left] + self._sizes[right], self.similarity)
                # Of the prefix that ends first in the order all shared elements are counted. What else the two share
                # comes after it in the same set.
                rest = np.maximum(sizes[left] - prefixes[left], self._sizes[right] - self._prefixes[right])
                enough = (common + rest >= needed) & (np.minimum(sizes[left], self._sizes[right]) >= needed)
                yield from zip(left[enough].tolist(), right[enough].tolist(), strict=True)

    def _beginnings(self, sets: Sequence[UInt64], prefixes: Int64) -> UInt64:
        """The prefixes of some sets one after another."""
        if not len(self._common):
            return np.concatenate([one[:length] for one, length in zip(sets, prefixes, strict=True)])
        sizes = np.array([len(one) for one in sets], np.int64)
        return self._rarest_first(np.concatenate(sets), sizes)[_ranges(_starts(sizes), prefixes)]

    def _rarest_first(self, shingles: UInt64, sizes: Int64) -> UInt64:
        """The shingles of documents of these sizes in the order that prefixes are cut from."""
        places, _ = self._common.find(shingles)
        if not len(places):
            return shingles
        keys = np.repeat(np.arange(len(sizes)) * 2, sizes)
        keys[places] += 1
        return shingles[np.argsort(keys, kind="stable")]

    def _pairs(self, documents: Int64, firsts: Int64, counts: Int64) -> Iterator[tuple[Int64, Int64, Int64]]:
        """Yields pairs in order, their document and their held-out document, and how many shingles each has in common.

        A shingle of `documents[i]`, ascending, has `counts[i]` entries in the index, the first at `firsts[i]`.
        """
        _, begins = np.unique(documents, return_index=True)
        entries = np.add.reduceat(counts, begins) if len(begins) else counts
        ends = np.append(begins[1:], len(documents))
        for start, stop in _runs(entries, BLOCK_PAIRS):
            inside = slice(begins[start], ends[stop - 1])
            held_out = self._documents[_ranges(firsts[inside], counts[inside])]
            keys = np.repeat(documents[inside], counts[inside]) * len(self._sizes) + held_out
            pairs, common = np.unique(keys, return_counts=True)
            yield *np.divmod(pairs, len(self._sizes)), common


class _SortedHashes:
    """Sorted hashes, and a table of bits that tells of most others at once that they are not among them."""

    def __init__(self, hashes: UInt64):
        self._hashes = hashes
        exponent = max((BITS_PER_SHINGLE * len(hashes)).bit_length(), 10)
        self._shift = np.uint64(64 - exponent)
        self._table = np.zeros(1 << exponent >> 3, np.uint8)
        bits = hashes >> self._shift
        places, firsts = np.unique(bits >> np.uint64(3), return_index=True)
        if len(places):
            self._table[places] = np.bitwise_or.reduceat(np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8), firsts)

    def __len__(self) -> int:
        return len(self._hashes)

    def find(self, asked: UInt64) -> tuple[Int64, Int64]:
        """Which of the asked hashes are here, ascending, and the first place of each."""
        bits = asked >> self._shift
        table = np.take(self._table, (bits >> np.uint64(3)).view(np.int64), mode="clip")
        table >>= bits.astype(np.uint8) & np.uint8(7)
        places = np.flatnonzero(table & np.uint8(1))
        if not len(places):
            return places, places
        firsts = np.searchsorted(self._hashes, asked[places])
        firsts[firsts == len(self._hashes)] = 0
        there = self._hashes[firsts] == asked[places]
        return places[there], firsts[there]

    def counts(self, firsts: Int64) -> Int64:
        """How many equal hashes begin at each of these places."""
        counts: Int64 = np.searchsorted(self._hashes, self._hashes[firsts], side="right") - firsts
        return counts


def nearest(pairs: Iterable[tuple[int, float, int]]) -> dict[int, tuple[float, int]]:
    """Of pairs of a document, a similarity and a reference the most similar of each document; of equals, the smallest.

    What is found in parts of the held-out documents, and brought together, is the same as of all at once.
    """
    best: dict[int, tuple[float, int]] = {}
    for document, similarity, reference in pairs:
        found = (-similarity, reference)
        best[document] = min(best.get(document, found), found)
    return {document: (-similarity, reference) for document, (similarity, reference) in best.items()}


def prefix_lengths(sizes: Int64, similarity: float) -> Int64:
    """int64 [sets]: how many of the first elements must be looked at of sets of these sizes; none of an empty one."""
    shared = np.ceil(sizes * similarity).astype(np.int64)
    shared = _corrected(shared, lambda shared: shared / np.maximum(sizes, 1), similarity)
    return np.where(sizes > 0, sizes - shared + 1, 0)


def shared_needed(totals: Int64, similarity: float) -> Int64:
    """int64 [pairs]: how many elements two sets with so many in all, counted twice where shared, must share."""
    shared = np.ceil(totals * (similarity / (1.0 + similarity))).astype(np.int64)
    return _corrected(shared, lambda shared: shared / np.maximum(totals - shared, 1), similarity)


def _corrected(shared: Int64, similarity_of: Callable[[Int64], Float64], similarity: float) -> Int64:
    """The least numbers of shared elements that reach the similarity in the arithmetic in which it is compared.

    Rounding may have put `shared` one beside them.
    """
    less = np.maximum(shared - 1, 0)
    too_many = similarity_of(less) >= similarity
    too_few = similarity_of(shared) < similarity
    return np.where(too_many, less, np.where(too_few, shared + 1, shared))


def _starts(lengths: Int64) -> Int64:
    """Where each run begins if they lie one after another."""
    starts: Int64 = np.cumsum(lengths) - lengths
    return starts


def _ranges(firsts: Int64, lengths: Int64) -> Int64:
    """All places of runs with these first places and lengths, one run after another."""
    places: Int64 = np.arange(lengths.sum()) + np.repeat(firsts - _starts(lengths), lengths)
    return places


def _runs(sizes: Int64, limit: int) -> Iterator[tuple[int, int]]:
    """Yields ranges that cover all items, in order, each with at most `limit` in all or a single item."""
    ends = np.cumsum(sizes)
    start, done = 0, 0
    while start < len(sizes):
        stop = max(int(np.searchsorted(ends, done + limit, side="right")), start + 1)
        yield start, stop
        start, done = stop, int(ends[stop - 1])
