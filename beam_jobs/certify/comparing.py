"""The rows of one part of `check`, and the pairs among them that share a band."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.read import signature_rows
from stages.near_duplicates.signatures import jaccard

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

SMALL_GROUP = 8
"""Up to so many documents of a band are compared pair by pair, more by the matrix of their shingles."""
GROUPS_PER_BLOCK = 10_000
PAIRS_PER_BLOCK = 250_000
"""About 60 MB with the bands of both; of a group with more rows than this, those of one row."""

Pairs = tuple[Int64, Int64, npt.NDArray[np.float64]]
"""Places of both, and their Jaccard similarity."""


class Sets:
    """What rows are compared by, in the order of their references."""

    def __init__(self, table: pa.Table):
        """`table` has the columns of SET_SCHEMA; its files, and so its references, are in order."""
        self.references: UInt64 = table.column("reference").to_numpy()
        self.bands: UInt64 = signature_rows(table.column("bands"))
        self.signatures: UInt64 = signature_rows(table.column("signature"))
        shingles = table.column("shingles").combine_chunks()
        self._offsets = shingles.offsets.to_numpy()
        self._shingles: UInt64 = shingles.values.to_numpy()

    def places(self, references: UInt64) -> Int64:
        """Where rows are."""
        return np.searchsorted(self.references, references)

    def shingles(self, place: int) -> UInt64:
        """The shingles of the row at a place."""
        return self._shingles[self._offsets[place] : self._offsets[place + 1]]

    def jaccard(self, left: int, right: int) -> float:
        """Jaccard similarity of the rows at two places."""
        return jaccard(self.shingles(left), self.shingles(right))

    def shares(self, left: int, right: Int64) -> npt.NDArray[np.float64]:
        """Shares of equal values in the signatures of one row and some others; 0 for a row without shingles."""
        if len(self.shingles(left)) == 0:
            return np.zeros(len(right))
        equal = np.count_nonzero(self.signatures[right] == self.signatures[left], axis=1)
        shares: npt.NDArray[np.float64] = equal / self.signatures.shape[1]
        return shares

    def meet_first(self, left: Int64, right: Int64, band: UInt64) -> npt.NDArray[np.bool_]:
        """Whether this band is the first that pairs share: they are compared there, and not in the others."""
        keys = self.bands[left]
        first = np.argmax(keys == self.bands[right], axis=1)
        found: npt.NDArray[np.bool_] = keys[np.arange(len(keys)), first] == band
        return found


def small_groups(sets: Sets, groups: Sequence[tuple[int, Int64]]) -> Iterator[Pairs]:
    """Yields the pairs of groups (band key, places) of up to SMALL_GROUP rows, those whose first band it is."""
    for size in range(2, SMALL_GROUP + 1):
        own = [(band, places) for band, places in groups if len(places) == size]
        left, right = np.triu_indices(size, 1)
        for start in range(0, len(own), GROUPS_PER_BLOCK):
            block = own[start : start + GROUPS_PER_BLOCK]
            members = np.stack([places for _, places in block])
            bands = np.repeat(np.array([band for band, _ in block], np.uint64), len(left))
            one, other = members[:, left].ravel(), members[:, right].ravel()
            first = sets.meet_first(one, other, bands)
            one, other = one[first], other[first]
            yield one, other, np.array([sets.jaccard(*pair) for pair in zip(one.tolist(), other.tolist(), strict=True)])


def large_group(sets: Sets, band: int, places: Int64) -> Iterator[Pairs]:
    """Yields the pairs of a group, those whose first band it is, by a product of sparse matrices."""
    from scipy.sparse import csr_array

    own = [sets.shingles(place) for place in places.tolist()]
    sizes = np.array([len(one) for one in own])
    _, columns = np.unique(np.concatenate(own), return_inverse=True)
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    matrix = csr_array((np.ones(len(columns), np.int32), columns, offsets))
    transposed = matrix.T.tocsr()
    rows = max(1, PAIRS_PER_BLOCK // len(places))
    for start in range(0, len(places), rows):
        shared = (matrix[start : start + rows] @ transposed).toarray()
        one, other = np.nonzero(np.arange(len(places)) > np.arange(start, start + len(shared))[:, None])
        first = sets.meet_first(places[one + start], places[other], np.full(len(one), band, np.uint64))
        one, other = one[first], other[first]
        equal = shared[one, other]
        one += start
        yield places[one], places[other], equal / (sizes[one] + sizes[other] - equal)
