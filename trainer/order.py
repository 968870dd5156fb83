"""The order of rows: every epoch is another permutation of them, stage by stage, and a pure function of the seed."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from stages.shards import Run

RowIds = npt.NDArray[np.int64]


class Epochs:
    """Some rows, again and again. Every epoch goes through their stages in order, and is shuffled inside of each."""

    def __init__(self, row_ids: RowIds, stages: RowIds, seed: int, stream: int = 0):
        """Takes int64 [rows] and the stage of each; streams (64 bits) of one seed are independent of each other."""
        self._row_ids, self._stages = row_ids, stages if stages.any() else None
        self._seed, self._stream = seed, stream
        self._epoch = lru_cache(maxsize=2)(self._new_epoch)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._row_ids)

    def rows(self, seen: int, count: int) -> RowIds:
        """int64 [count]: the rows that come after so many."""
        parts = []
        while count > 0:
            epoch, place = divmod(seen, len(self))
            parts.append(self._epoch(epoch)[place : place + count])
            seen, count = seen + len(parts[-1]), count - len(parts[-1])
        return np.concatenate([*parts, np.empty(0, np.int64)])

    def _new_epoch(self, epoch: int) -> RowIds:
        """Rows are shuffled as if there were no stages, then put in the order of their stages."""
        order = random_numbers(self._seed, epoch, self._stream).permutation(len(self))
        if self._stages is not None:
            order = order[np.argsort(self._stages[order], kind="stable")]
        return self._row_ids[order]


def random_numbers(seed: int, number: int, stream: int) -> np.random.Generator:
    """Philox (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") with these as key and counter."""
    return np.random.Generator(np.random.Philox(key=[seed, number], counter=[0, 0, 0, stream]))


def part_rows(runs: Sequence[Run], part: str | None = None) -> tuple[RowIds, RowIds]:
    """The rows of one part, or all, and the stage of each: int64 [rows] both."""
    sizes = np.array([run.rows for run in runs], np.int64)
    chosen = np.array([part is None or run.part == part for run in runs], bool)
    stages = np.array([run.stage for run in runs], np.int64)
    return np.flatnonzero(np.repeat(chosen, sizes)), np.repeat(stages[chosen], sizes[chosen])
