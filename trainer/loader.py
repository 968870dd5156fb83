"""Batches from packed rows, in an order that depends on the seed alone.

Which row comes at which place is a pure function of (seed, epoch, index), so the whole state of a loader is one
integer: the rows seen. Every epoch is a permutation; where the rows have stages, for a curriculum, each epoch goes
through the stages in their order, and is a permutation inside of each. With quotas each part of the rows has epochs of
its own (trainer/quotas.py). The rows of a step are the same for any number of ranks and any micro-batch. Positions
restart at document starts, and no label crosses a document end or stands on padding.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.recipe import Quota
from stages.shards import PackedRows, RowBatch
from trainer.order import Epochs, RowIds, part_rows
from trainer.quotas import QuotaOrder

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
        return MicroBatch(*(one.to(device, non_blocking=True) for one in self._tensors()))

    def pinned(self) -> "MicroBatch":
        """The same in page-locked memory."""
        return MicroBatch(*(one.pin_memory() for one in self._tensors()))

    def split(self, rows: int) -> tuple["MicroBatch", ...]:
        """The same rows, so many at a time; nothing is copied."""
        starts = range(0, len(self.tokens), rows)
        return tuple(MicroBatch(*(one[start : start + rows] for one in self._tensors())) for start in starts)

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.tokens, self.positions, self.labels


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
    width = rows.tokens.shape[1]
    labels = np.empty(rows.tokens.shape, np.int64)
    labels[:, :-1] = rows.tokens[:, 1:]
    # The token before a start has no successor; before the start of a row, that is the column that is cut off.
    labels.ravel()[rows.starts - 1] = IGNORED
    padded = np.flatnonzero(rows.lengths < width)
    if len(padded):
        labels[padded] = np.where(np.arange(1, width + 1) < rows.lengths[padded, None], labels[padded], IGNORED)
    return np.ascontiguousarray(labels[:, :-1])


def micro_batch_of(rows: RowBatch) -> MicroBatch:
    """Inputs, positions and labels of some rows."""
    return MicroBatch(
        torch.from_numpy(rows.tokens[:, :-1].astype(np.int64)),
        torch.from_numpy(np.ascontiguousarray(rows.positions[:, :-1])),
        torch.from_numpy(labels_of(rows)),
    )


class Loader:
    """Deals rows to steps, ranks and micro-batches. It holds no state; every method says where it stands."""

    def __init__(
        self,
        rows: PackedRows,
        seed: int,
        batch_rows: int,
        micro_batch_rows: int,
        rank: int = 0,
        world: int = 1,
        quotas: Sequence[Quota] = (),
    ):
        """GristmillError if ranks cannot share a batch, or if a quota names rows that are not there."""
        if batch_rows % (micro_batch_rows * world):
            raise GristmillError(
                f"pretrain.batch_rows = {batch_rows} must be a multiple of micro_batch_rows * ranks ="
                f" {micro_batch_rows} * {world}"
            )
        self._rows, self._rank, self._world = rows, rank, world
        self._batch_rows, self._micro_batch_rows = batch_rows, micro_batch_rows
        self._epochs = Epochs(*part_rows(rows.runs), seed)
        self._quotas = QuotaOrder(rows.runs, quotas, seed, batch_rows) if quotas else None

    def row_ids(self, rows_seen: int) -> RowIds:
        """int64 [batch_rows]: the rows of the step, over all ranks, that comes after so many rows."""
        if self._quotas:
            return self._quotas.rows(rows_seen // self._batch_rows)
        return self._epochs.rows(rows_seen, self._batch_rows)

    def batch(self, rows_seen: int) -> Batch:
        """This rank's part of the step that comes after so many rows."""
        return self._batch(rows_seen, pinned=False)

    def batches(self, rows_seen: int, pinned: bool = False) -> Generator[Batch]:
        """Yields batches without end; a thread makes the next one while this one is in use.

        With `pinned`, tensors lie in page-locked memory. Close the iterator to end the thread.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="loader") as thread:
            coming = thread.submit(self._batch, rows_seen, pinned)
            while True:
                batch = coming.result()
                coming = thread.submit(self._batch, batch.rows_seen, pinned)
                yield batch

    def _batch(self, rows_seen: int, pinned: bool) -> Batch:
        ids = self.row_ids(rows_seen)
        own = micro_batch_of(self._rows.take(ids[self._rank :: self._world]))
        micro_batches = (own.pinned() if pinned else own).split(self._micro_batch_rows)
        return Batch(micro_batches, self._rows.label_tokens(ids), rows_seen + self._batch_rows)
