"""Which documents of a group of duplicates stay, with a certificate for each one that goes.

Clustering removes too much: in a chain of pages, each nearly equal to the next, the ends may have nothing in common.
Here documents are taken in the order of their priority, and one is removed only for one that stays: by equal id, by
equal content or by a true Jaccard similarity that reaches the threshold. No removal leans on a document that is removed
itself. What decides is the first document in the order that is alike, so that a document can be compared with those
that stay in any number of portions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stages.near_duplicates.addresses import NO_ADDRESS
from stages.near_duplicates.signatures import jaccard

UInt64 = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document as the choice sees it."""

    rank: int
    """Its place in the order of priority."""
    reference: int
    """An opaque place, handed back in the decision."""
    id: int
    """uint64."""
    content_hash: int
    """See `signatures.content_hash`; equal hashes mean equal words."""
    buckets: Sequence[int]
    """Numbers of the groups of equal band keys, ids or contents that it belongs to."""
    shingles: UInt64
    """Sorted and unique; empty for one of an index."""
    signature: npt.NDArray[np.unsignedinteger] | None = None
    """MinHash values; needed only where there is an index."""
    indexed: bool = False
    """Whether it is a document of an earlier run: it stays, and is compared by its signature."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Why a document goes."""

    duplicate_of: int
    """Id of the document that stays in its place."""
    rule: str
    """`duplicate_id`, `duplicate_url`, `exact_duplicate` or `near_duplicate`; with `indexed_` in front, instead of
    `duplicate_` where it has one, for a document of an index."""
    jaccard: float | None = None
    """True Jaccard similarity with `duplicate_of`; None where none was needed or only an estimate can be had."""
    estimate: float | None = None
    """Share of equal values of both signatures, for `indexed_near_duplicate`."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the documents that stay say of another one."""

    removal: Removal | None
    relatives: Sequence[int] = ()
    """Ids of those that stay and are too alike to be in another split; of one that is not removed."""


@dataclass
class Kept:
    """Documents that stay, added in the order of priority, and what they say of others."""

    threshold: float
    """The Jaccard similarity at which a document goes."""
    split_similarity: float
    """The Jaccard similarity at which two documents belong into the same split."""
    _by_id: dict[int, Candidate] = field(default_factory=dict)
    _by_content: dict[int, Candidate] = field(default_factory=dict)
    _by_bucket: dict[int, list[Candidate]] = field(default_factory=dict)

    def add(self, candidate: Candidate) -> None:
        """Adds a document; all that were added before it go before it in the order."""
        self._by_id.setdefault(candidate.id, candidate)
        self._by_content.setdefault(candidate.content_hash, candidate)
        for bucket in candidate.buckets:
            self._by_bucket.setdefault(bucket, []).append(candidate)

    def judge(self, candidate: Candidate) -> Judged:
        """Whether a document that comes later in the order goes, and for which of these: the first that is alike."""
        found = (self._by_content.get(candidate.content_hash), self._by_id.get(candidate.id))
        same = min((one for one in found if one is not None), key=lambda one: one.rank, default=None)
        relatives = []
        for keeper in () if _settles(same, candidate) else self._partners(candidate):
            if same is not None and same.rank <= keeper.rank:
                break
            similarity = _similarity(candidate, keeper, min(self.threshold, self.split_similarity))
            if similarity >= self.threshold:
                return Judged(_alike(keeper, similarity))
            if similarity >= self.split_similarity and not keeper.indexed:
                relatives.append(keeper.id)
        return Judged(None, relatives) if same is None else Judged(_identical(same, candidate))

    def _partners(self, candidate: Candidate) -> list[Candidate]:
        found = {keeper.reference: keeper for bucket in candidate.buckets for keeper in self._by_bucket.get(bucket, ())}
        return sorted(found.values(), key=lambda keeper: keeper.rank)


def select(candidates: Iterable[Candidate], kept: Kept, superseded: Mapping[int, int]) -> dict[int, Judged]:
    """Decides on documents that come in the order of priority: what is said of each, by its reference.

    Those that stay are added to `kept`. `superseded` names documents that make way for another one of the same address
    (see `superseded_by`): they are decided on when the other is, by `of_same_address`, and left out here.
    """
    decided = {}
    for candidate in candidates:
        if candidate.reference in superseded:
            continue
        if candidate.indexed:
            kept.add(candidate)
            continue
        judged = decided[candidate.reference] = kept.judge(candidate)
        if judged.removal is None:
            kept.add(candidate)
    return decided


def superseded_by(addresses: UInt64, references: UInt64, indexed: npt.NDArray[np.bool_]) -> dict[int, int]:
    """The references of documents that make way for the first of the same address, and that one's reference.

    All are [documents], in the order in which they are preferred. Documents of an index never make way.
    """
    known = np.flatnonzero(addresses != NO_ADDRESS)
    _, first, group = np.unique(addresses[known], return_index=True, return_inverse=True)
    winners = references[known][first][group]
    gives_way = (winners != references[known]) & ~indexed[known]
    return dict(zip(references[known][gives_way].tolist(), winners[gives_way].tolist(), strict=True))


def of_same_address(winner_id: int, winner_indexed: bool, winner: Judged | None) -> Removal:
    """The removal of a document for another one of its address, or for what stays in that one's place."""
    if winner is None or winner.removal is None:
        return Removal(winner_id, "indexed_url" if winner_indexed else "duplicate_url")
    for_index = winner.removal.rule.startswith("indexed_")
    return Removal(winner.removal.duplicate_of, "indexed_url" if for_index else "duplicate_url")


def _settles(same: Candidate | None, candidate: Candidate) -> bool:
    """Whether nothing that stands before this one can be alike: it was compared with it, and has the same shingles."""
    return same is not None and not same.indexed and np.array_equal(same.shingles, candidate.shingles)


def _identical(keeper: Candidate, candidate: Candidate) -> Removal:
    if keeper.content_hash == candidate.content_hash:
        return Removal(keeper.id, "indexed_exact_duplicate" if keeper.indexed else "exact_duplicate", 1.0)
    return Removal(keeper.id, "indexed_id" if keeper.indexed else "duplicate_id")


def _alike(keeper: Candidate, similarity: float) -> Removal:
    if keeper.indexed:
        return Removal(keeper.id, "indexed_near_duplicate", estimate=similarity)
    return Removal(keeper.id, "near_duplicate", similarity)


def _similarity(candidate: Candidate, keeper: Candidate, least: float) -> float:
    """True Jaccard similarity, 0 where the sizes alone keep it below `least`; of an index, what signatures say."""
    if len(candidate.shingles) == 0:
        return 0.0
    if keeper.indexed:
        assert candidate.signature is not None and keeper.signature is not None
        return float(np.count_nonzero(candidate.signature == keeper.signature)) / len(keeper.signature)
    smaller, larger = sorted((len(candidate.shingles), len(keeper.shingles)))
    if smaller / larger < least:
        return 0.0
    return jaccard(candidate.shingles, keeper.shingles)
