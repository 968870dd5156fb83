"""Which documents of a group of duplicates stay, with a certificate for each one that goes.

Clustering removes too much: in a chain of pages, each nearly equal to the next, the ends may have nothing in common.
Here a document is removed only for one that stays, by equal id, by equal content or by a true Jaccard similarity that
reaches the threshold.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stages.near_duplicates.signatures import jaccard

Shingles = Callable[[int], npt.NDArray[np.uint64]]


@dataclass(frozen=True)
class Candidate:
    """A document as the choice sees it."""

    reference: int
    """An opaque place, handed back in the decision."""
    id: int
    """uint64."""
    length: int
    """In characters."""
    content_hash: int
    """See `signatures.content_hash`; equal hashes mean equal words."""


@dataclass(frozen=True)
class Decision:
    """What becomes of a candidate. `rule` is None for a document that stays."""

    reference: int
    duplicate_of: int | None
    """Id of the document that stays in its place."""
    rule: str | None
    """`duplicate_id`, `exact_duplicate` or `near_duplicate`."""
    jaccard: float | None
    """True Jaccard similarity with `duplicate_of`; None for a mere `duplicate_id`."""
    cluster: int
    """The smallest id among the documents connected by verified similarity or equal content; never split it."""


@dataclass(frozen=True)
class _Removal:
    keeper: int
    """Position of the document that stays."""
    rule: str
    jaccard: float | None


def select(
    candidates: Sequence[Candidate],
    buckets: Sequence[Sequence[int]],
    shingles: Shingles,
    threshold: float,
) -> list[Decision]:
    """Chooses the documents that stay; returns one decision a candidate, in the order of the candidates.

    Candidates are taken by priority: longer text, then smaller id, then content hash, then reference. Each is compared
    with those that already stay, so that no removal leans on a document that is removed itself:

    1. equal id: `exact_duplicate` if the content is equal too, else `duplicate_id`;
    2. equal content: `exact_duplicate`, Jaccard 1;
    3. Jaccard at or above the threshold with a document in one of its buckets: `near_duplicate` of the most similar.

    Clusters join each document that stays with all documents in its buckets that are as similar, so that two that stay
    on both sides of one that goes are not split.

    `buckets` holds positions of candidates that share an LSH band. `shingles` gives the shingle set (sorted, unique
    uint64) of a position and is called at most once for each, only for documents that share a bucket with one that
    stays. The decisions do not depend on the order of candidates or buckets, and on references only where id, length
    and content are all equal.
    """
    choice = _Choice(candidates, buckets, shingles, threshold)
    removals = [choice.removal(position) for position in range(len(candidates))]
    return [
        Decision(
            reference=candidate.reference,
            duplicate_of=candidates[removal.keeper].id if removal else None,
            rule=removal.rule if removal else None,
            jaccard=removal.jaccard if removal else None,
            cluster=choice.clusters.smallest_id(position),
        )
        for position, (candidate, removal) in enumerate(zip(candidates, removals, strict=True))
    ]


class _Clusters:
    """Disjoint sets of positions, each known by its smallest id (union-find with path halving)."""

    def __init__(self, candidates: Sequence[Candidate]):
        self._parent = list(range(len(candidates)))
        self._smallest = [candidate.id for candidate in candidates]

    def _root(self, position: int) -> int:
        while self._parent[position] != position:
            self._parent[position] = self._parent[self._parent[position]]
            position = self._parent[position]
        return position

    def joined(self, left: int, right: int) -> bool:
        return self._root(left) == self._root(right)

    def join(self, left: int, right: int) -> None:
        left, right = self._root(left), self._root(right)
        self._parent[right] = left
        self._smallest[left] = min(self._smallest[left], self._smallest[right])

    def smallest_id(self, position: int) -> int:
        return self._smallest[self._root(position)]


class _Choice:
    """The greedy pass over the candidates."""

    def __init__(
        self,
        candidates: Sequence[Candidate],
        buckets: Sequence[Sequence[int]],
        shingles: Shingles,
        threshold: float,
    ):
        self._candidates = candidates
        self._shingles = shingles
        self._threshold = threshold
        self._sets: dict[int, npt.NDArray[np.uint64]] = {}
        self._buckets_of: list[list[int]] = [[] for _ in candidates]
        for number, bucket in enumerate(buckets):
            for position in bucket:
                self._buckets_of[position].append(number)
        self._kept_in: list[list[int]] = [[] for _ in buckets]
        self._removed_in: list[list[int]] = [[] for _ in buckets]
        self._kept_id: dict[int, int] = {}
        self._kept_content: dict[int, int] = {}
        self._removed_content: dict[int, tuple[int, _Removal]] = {}
        self._removals: list[_Removal | None] = [None] * len(candidates)
        self.clusters = _Clusters(candidates)
        for position in sorted(range(len(candidates)), key=self._priority):
            self._removals[position] = self._decide(position)

    def removal(self, position: int) -> _Removal | None:
        return self._removals[position]

    def _priority(self, position: int) -> tuple[int, int, int, int]:
        candidate = self._candidates[position]
        return -candidate.length, candidate.id, candidate.content_hash, candidate.reference

    def _decide(self, position: int) -> _Removal | None:
        return self._same_id(position) or self._same_content(position) or self._similar(position)

    def _same_id(self, position: int) -> _Removal | None:
        candidate = self._candidates[position]
        keeper = self._kept_id.get(candidate.id)
        if keeper is None:
            return None
        if candidate.content_hash != self._candidates[keeper].content_hash:
            return _Removal(keeper, "duplicate_id", None)
        self.clusters.join(keeper, position)
        return _Removal(keeper, "exact_duplicate", 1.0)

    def _same_content(self, position: int) -> _Removal | None:
        content = self._candidates[position].content_hash
        keeper = self._kept_content.get(content)
        if keeper is not None:
            self.clusters.join(keeper, position)
            return _Removal(keeper, "exact_duplicate", 1.0)
        if content not in self._removed_content:
            return None
        twin, removal = self._removed_content[content]
        self.clusters.join(twin, position)
        return removal

    def _similar(self, position: int) -> _Removal | None:
        partners = {keeper for bucket in self._buckets_of[position] for keeper in self._kept_in[bucket]}
        matches = [(self._similarity(position, keeper), keeper) for keeper in partners]
        matches = [(similarity, keeper) for similarity, keeper in matches if similarity >= self._threshold]
        if not matches:
            self._keep(position)
            return None
        for _, keeper in matches:
            self.clusters.join(keeper, position)
        for bucket in self._buckets_of[position]:
            self._removed_in[bucket].append(position)
        similarity, keeper = min(matches, key=lambda match: (-match[0], self._priority(match[1])))
        removal = _Removal(keeper, "near_duplicate", similarity)
        self._removed_content[self._candidates[position].content_hash] = position, removal
        return removal

    def _keep(self, position: int) -> None:
        candidate = self._candidates[position]
        self._kept_id[candidate.id] = position
        self._kept_content[candidate.content_hash] = position
        for bucket in self._buckets_of[position]:
            self._kept_in[bucket].append(position)
            for removed in self._removed_in[bucket]:
                if not self.clusters.joined(position, removed):
                    self._join_if_similar(position, removed)

    def _join_if_similar(self, position: int, removed: int) -> None:
        if self._similarity(position, removed) >= self._threshold:
            self.clusters.join(position, removed)

    def _similarity(self, left: int, right: int) -> float:
        """Jaccard similarity; 0 where the sizes alone keep it below the threshold."""
        smaller, larger = sorted((len(self._set(left)), len(self._set(right))))
        if larger and smaller / larger < self._threshold:
            return 0.0
        return jaccard(self._set(left), self._set(right))

    def _set(self, position: int) -> npt.NDArray[np.uint64]:
        if position not in self._sets:
            self._sets[position] = self._shingles(position)
        return self._sets[position]
