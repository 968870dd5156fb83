"""Batches from packed rows, in an order that depends on the seed alone.

Which row comes at which place is a pure function of (seed, epoch, index), so the whole state of a loader is one
integer: the rows seen. Every epoch is a permutation; where the rows have stages, for a curriculum, each epoch goes
through the stages in their order, and is a permutation inside of each. The rows of a step are the same for any number
of ranks and any micro-batch. Positions restart at document starts, and no label crosses a document end or stands on
padding.
"""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.shards import PackedRows, RowBatch

IGNORED = -100
"""The label of a token whose successor is not to be predicted; torch's own convention."""


@dataclass(frozen=True)
class MicroBatch:
    """Some rows, ready for the model."""

    tokens: Tensor
    """int64 [rows, T]."""
    positions: Tensor
    """int32 [rows, T]: each token's position inside its document."""
    labels: Tensor
    """int64 [rows, T]: the next token, or IGNORED."""

    def to(self, device: torch.device) -> "MicroBatch":
        """The same on another device; the copy from pinned memory does not wait."""
        return MicroBatch(*(one.to(device, non_blocking=True) for one in (self.tokens, self.positions, self.labels)))


@dataclass(frozen=True)
class Batch:
    """What one rank sees of one optimizer step."""

    micro_batches: tuple[MicroBatch, ...]
    label_tokens: int
    """The labels to be predicted in the step, over all ranks: what the summed loss is divided by."""
    rows_seen: int
    """The loader's state behind this batch."""


def labels_of(rows: RowBatch) -> npt.NDArray[np.int64]:
    """int64 [rows, T]: each token's successor, IGNORED where that starts another document or is padding."""
    labels = rows.tokens[:, 1:].copy()
    place = np.arange(1, rows.tokens.shape[1])
    labels[(rows.positions[:, 1:] == 0) | (place >= rows.lengths[:, None])] = IGNORED
    return labels


def micro_batch_of(rows: RowBatch) -> MicroBatch:
    """Inputs, positions and labels of some rows."""
    return MicroBatch(
        torch.from_numpy(rows.tokens[:, :-1]),
        torch.from_numpy(rows.positions[:, :-1]),
        torch.from_numpy(labels_of(rows)),
    )


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, stage_runs: tuple[tuple[int, int], ...]) -> npt.NDArray[np.int64]:
    """The permutation of all rows that one epoch follows: int64 [rows].

    `stage_runs` are pairs of a stage and of how many rows in a row are in it. Rows are shuffled as if there were no
    stages, then put in the order of their stages.
    """
    stages, counts = np.array(stage_runs, np.int64).reshape(-1, 2).T
    order = np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(int(counts.sum()))
    if not stages.any():
        return order
    by_stage: npt.NDArray[np.int64] = order[np.argsort(np.repeat(stages, counts)[order], kind="stable")]
    return by_stage


class Loader:
    """Deals rows to steps, ranks and micro-batches. It holds no state; every method says where it stands."""

    def __init__(
        self, rows: PackedRows, seed: int, batch_rows: int, micro_batch_rows: int, rank: int = 0, world: int = 1
    ):
        if batch_rows % (micro_batch_rows * world):
            raise GristmillError(
                f"pretrain.batch_rows = {batch_rows} must be a multiple of micro_batch_rows * ranks ="
                f" {micro_batch_rows} * {world}"
            )
        self._rows, self._seed, self._rank, self._world = rows, seed, rank, world
        self._batch_rows, self._micro_batch_rows = batch_rows, micro_batch_rows

    def row_ids(self, rows_seen: int) -> npt.NDArray[np.int64]:
        """int64 [batch_rows]: the rows of the step, over all ranks, that comes after so many rows."""
        places = np.arange(rows_seen, rows_seen + self._batch_rows)
        epochs, places = np.divmod(places, len(self._rows))
        ids = np.empty(self._batch_rows, np.int64)
        for epoch in np.unique(epochs):
            inside = epochs == epoch
            ids[inside] = epoch_order(self._seed, int(epoch), self._rows.stage_runs)[places[inside]]
        return ids

    def batch(self, rows_seen: int) -> Batch:
        """This rank's part of the step that comes after so many rows."""
        ids = self.row_ids(rows_seen)
        own = ids[self._rank :: self._world].reshape(-1, self._micro_batch_rows)
        micro_batches = tuple(micro_batch_of(self._rows.take(part)) for part in own)
        return Batch(micro_batches, sum(self._label_tokens(row) for row in ids), rows_seen + self._batch_rows)

    def batches(self, rows_seen: int, pinned: bool = False) -> Generator[Batch]:
        """Yields batches without end; a thread makes the next one while this one is in use.

        With `pinned`, tensors lie in page-locked memory. Close the iterator to end the thread.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
            coming = thread.submit(self._prepared, rows_seen, pinned)
            while True:
                batch = coming.result()
                coming = thread.submit(self._prepared, batch.rows_seen, pinned)
                yield batch

    def _prepared(self, rows_seen: int, pinned: bool) -> Batch:
        batch = self.batch(rows_seen)
        if not pinned:
            return batch
        micro_batches = tuple(
            MicroBatch(one.tokens.pin_memory(), one.positions.pin_memory(), one.labels.pin_memory())
            for one in batch.micro_batches
        )
        return Batch(micro_batches, batch.label_tokens, batch.rows_seen)

    def _label_tokens(self, row: int) -> int:
        """Every token of a row is a label but the first of each document."""
        packed = self._rows.row(row)
        return len(packed.tokens) - len(packed.doc_ends)
