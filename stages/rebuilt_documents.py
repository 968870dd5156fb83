"""Documents out of packed rows again: every piece found, put in its place, and copies told apart."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stages.errors import GristmillError
from stages.shards import AGAIN, MappedRows, PackedRows

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RebuiltDocument:
    """One document of a shard; a copy of it is another one."""

    id: int
    tokens: npt.NDArray[np.integer]
    """uint16 or uint32 [tokens], with its `<s>` and `</s>`."""


@dataclass(frozen=True)
class Pieces:
    """All pieces of documents in some rows, in the order of the rows."""

    ids: npt.NDArray[np.uint64]
    """uint64 [pieces]."""
    offsets: Integers
    """int64 [pieces]: where each begins in its document."""
    lengths: Integers
    """int64 [pieces], in tokens."""
    places: Integers
    """int64 [pieces]: where each begins in its row."""
    rows: Integers
    """int64 [pieces]: the row of each."""

    @property
    def stops(self) -> Integers:
        """int64 [pieces]: where each ends in its document, exclusive."""
        return self.offsets + self.lengths


def pieces_of(packed: PackedRows) -> Pieces:
    """The pieces of all rows; no token is read."""
    before = 0
    columns: list[tuple[npt.NDArray[np.uint64], Integers, Integers, Integers, Integers]] = []
    for batch in packed.batches():
        places, lengths = spans(batch)
        rows = before + np.repeat(np.arange(len(batch.tokens)), np.diff(batch.lists))
        columns.append((batch.ids, batch.offsets.astype(np.int64), lengths, places, rows))
        before += len(batch.tokens)
    if not columns:
        empty = np.empty(0, np.int64)
        return Pieces(np.empty(0, np.uint64), empty, empty, empty, empty)
    ids, offsets, lengths, places, rows = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Pieces(ids, offsets, lengths, places, rows)


def spans(batch: MappedRows) -> tuple[Integers, Integers]:
    """Where each piece begins in its row, and its length: both int64 [pieces]."""
    ends = batch.ends.astype(np.int64)
    places = np.concatenate([[0], ends])[:-1]
    first = batch.lists[:-1][np.diff(batch.lists) > 0]
    places[first] = 0
    return places, ends - places


def rebuilt_documents(path: str) -> Iterator[RebuiltDocument]:
    """Yields the documents of a shard, copies apart, in the order in which they begin.

    All copies of a document are equal, so a piece of one may stand in for the same piece of another. The tokens of one
    document at a time are copied; a document is in one shard, so nothing is kept between shards.

    Raises GristmillError as PackedRows does, or if a piece is missing, twice there, or over another.
    """
    packed = PackedRows([path])
    pieces = pieces_of(packed)
    following = _followers(pieces, path).tolist()
    _check_tokens(pieces, packed, path)
    tokens = [batch.tokens for batch in packed.batches()]
    starts = np.cumsum([0, *map(len, tokens)])
    batches = np.searchsorted(starts, pieces.rows, side="right") - 1
    inside = (pieces.rows - starts[batches]).tolist()
    numbers, places, stops = batches.tolist(), pieces.places.tolist(), (pieces.places + pieces.lengths).tolist()
    heads = np.flatnonzero(pieces.offsets == 0)
    for one, head in zip(pieces.ids[heads].tolist(), heads.tolist(), strict=True):
        parts, piece = [], head
        while piece >= 0:
            parts.append(tokens[numbers[piece]][inside[piece], places[piece] : stops[piece]])
            piece = following[piece]
        yield RebuiltDocument(one, np.concatenate(parts) if len(parts) > 1 else parts[0])


def _followers(pieces: Pieces, path: str) -> Integers:
    """For each piece the one that goes on where it stops; -1 for the last of a document."""
    _, numbers = np.unique(pieces.ids, return_inverse=True)
    count, stops = int(numbers.max(initial=-1)) + 1, pieces.stops
    lengths = np.zeros(count, np.int64)
    np.maximum.at(lengths, numbers, stops)
    is_first, is_last = pieces.offsets == 0, stops == lengths[numbers]
    uneven = np.bincount(numbers[is_first], minlength=count) != np.bincount(numbers[is_last], minlength=count)
    if uneven.any():
        raise _damaged(path, pieces.ids[uneven[numbers]][0])
    # The k-th piece that stops somewhere goes on with the k-th that begins there.
    before, after = np.flatnonzero(~is_last), np.flatnonzero(~is_first)
    before = before[np.lexsort((stops[before], numbers[before]))]
    after = after[np.lexsort((pieces.offsets[after], numbers[after]))]
    wrong = stops[before] != pieces.offsets[after]
    if wrong.any():
        raise _damaged(path, pieces.ids[before[wrong]][0])
    following = np.full(len(stops), -1, np.int64)
    following[before] = after
    return following


def _damaged(path: str, one: np.uint64) -> GristmillError:
    return GristmillError(f"{path}: the shard is damaged (pieces of document {one} are missing or overlap); {AGAIN}")


def _check_tokens(pieces: Pieces, packed: PackedRows, path: str) -> None:
    """The end of a document's last piece looks like the document's own: only the sum tells that it is missing."""
    found, expected = str(pieces.lengths.sum()), packed.metadata[0].get("tokens")
    if expected not in (None, found):
        raise GristmillError(f"{path}: the shard is damaged ({found} tokens of {expected}); {AGAIN}")
