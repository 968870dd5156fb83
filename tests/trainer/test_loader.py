"""The loader's contract: order, world sizes, micro-batches, resumption, labels and positions."""

import threading
from contextlib import closing
from itertools import islice

import numpy as np
import pytest
import torch

from stages.errors import GristmillError
from stages.shards import PackedRows, Run
from trainer.loader import IGNORED, Batch, Loader, MicroBatch, labels_of, micro_batch_of
from trainer.order import Epochs

BATCH = 8


def row_contents(batch: Batch) -> list[tuple[int, ...]]:
    return [tuple(row.tolist()) for micro_batch in batch.micro_batches for row in micro_batch.tokens]


def tensors(micro_batch: MicroBatch) -> list[torch.Tensor]:
    return [micro_batch.tokens, micro_batch.positions, micro_batch.labels]


def test_every_epoch_is_another_permutation_of_all_rows(rows: PackedRows) -> None:
    loader = Loader(rows, seed=7, batch_rows=1, micro_batch_rows=1)
    epochs = [[int(loader.row_ids(epoch * len(rows) + place)[0]) for place in range(len(rows))] for epoch in range(3)]
    assert all(sorted(epoch) == list(range(len(rows))) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2] != epochs[0]


def test_the_order_depends_on_the_seed_and_not_on_the_batch_size(rows: PackedRows) -> None:
    def order(seed: int, batch_rows: int) -> list[int]:
        loader = Loader(rows, seed, batch_rows, 1)
        return np.concatenate([loader.row_ids(start) for start in range(0, 96, batch_rows)]).tolist()

    assert order(7, 1) == order(7, 8) == order(7, 32)
    assert order(7, 8) != order(8, 8)


@pytest.fixture
def staged(rows: PackedRows) -> PackedRows:
    """The same rows in stages, as two shards would have them; one stage is empty in the second."""
    sizes = ((0, 7), (1, 5), (2, 4), (0, 6), (1, 0), (2, len(rows) - 22))
    rows.runs = tuple(Run(stage, "", count) for stage, count in sizes)
    return rows


def stage_of(rows: PackedRows, row: int) -> int:
    return int(np.repeat([run.stage for run in rows.runs], [run.rows for run in rows.runs])[row])


def test_each_epoch_goes_through_the_stages_and_shuffles_inside_of_them(staged: PackedRows) -> None:
    loader = Loader(staged, seed=7, batch_rows=1, micro_batch_rows=1)
    epochs = [[int(loader.row_ids(epoch * len(staged) + n)[0]) for n in range(len(staged))] for epoch in range(2)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(len(staged)))
        stages = [stage_of(staged, row) for row in epoch]
        assert stages == sorted(stages) and set(stages) == {0, 1, 2}
        first = [row for row in epoch if stage_of(staged, row) == 0]
        assert first != sorted(first), "the rows of a stage are shuffled"
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("world", [1, 2])
def test_stages_keep_resumption_and_world_sizes_exact(staged: PackedRows, world: int) -> None:
    whole = Loader(staged, 7, BATCH, BATCH)
    with closing(whole.batches(0)) as batches:
        unbroken = [row_contents(one) for one in islice(batches, 9)]
    for step in range(9):
        ranks = [Loader(staged, 7, BATCH, 4, rank, world) for rank in range(world)]
        parts = [row for loader in ranks for row in row_contents(loader.batch(step * BATCH))]
        assert sorted(parts) == sorted(unbroken[step])


@pytest.mark.parametrize("world", [1, 2, 4, 8])
@pytest.mark.parametrize("micro_batch_rows", [1, 2, 4, 8])
def test_steps_hold_the_same_rows_for_any_world_size_and_micro_batch(
    rows: PackedRows, world: int, micro_batch_rows: int
) -> None:
    batch_rows = 64
    whole = Loader(rows, 7, batch_rows, batch_rows)
    ranks = [Loader(rows, 7, batch_rows, micro_batch_rows, rank, world) for rank in range(world)]
    for seen in range(0, 5 * batch_rows, batch_rows):
        parts = [loader.batch(seen) for loader in ranks]
        assert all(len(one.tokens) == micro_batch_rows for part in parts for one in part.micro_batches)
        assert sorted(row for part in parts for row in row_contents(part)) == sorted(row_contents(whole.batch(seen)))
        assert {part.label_tokens for part in parts} == {whole.batch(seen).label_tokens}


def test_resuming_at_any_step_gives_the_batches_of_an_unbroken_run(rows: PackedRows) -> None:
    loader = Loader(rows, 7, BATCH, 4)
    with closing(loader.batches(0)) as batches:
        unbroken = list(islice(batches, 120))
    assert len(unbroken) * BATCH > 10 * len(rows), "many epochs"
    for step, expected in enumerate(unbroken):
        batch = Loader(rows, 7, BATCH, 4).batch(step * BATCH)
        for one, other in zip(batch.micro_batches, expected.micro_batches, strict=True):
            assert all(map(torch.equal, tensors(one), tensors(other)))
        assert batch.label_tokens == expected.label_tokens
        assert batch.rows_seen == expected.rows_seen == (step + 1) * BATCH


def test_a_background_thread_goes_on_from_any_step(rows: PackedRows) -> None:
    loader = Loader(rows, 7, BATCH, 4)
    with closing(loader.batches(5 * BATCH)) as resumed:
        assert [one.rows_seen // BATCH for one in islice(resumed, 3)] == [6, 7, 8]


def test_the_order_of_a_seed_never_changes() -> None:
    # Another order, from whatever change, would give a resumed run other rows than an unbroken one.
    rows = Epochs(np.arange(9), np.zeros(9, np.int64), seed=7).rows(4, 12)
    assert rows.tolist() == [2, 7, 5, 0, 4, 1, 8, 7, 5, 0, 4, 3]


def test_labels_are_the_next_tokens_inside_a_document_and_nothing_else(rows: PackedRows) -> None:
    batch = rows.take(np.arange(len(rows)))
    labels = labels_of(batch)
    for number in range(len(rows)):
        row = rows.row(number)
        expected = np.full(rows.width - 1, IGNORED)
        for start, end in zip([0, *row.doc_ends], row.doc_ends, strict=False):
            expected[start : end - 1] = row.tokens[start + 1 : end]
        assert labels[number].tolist() == expected.tolist()
    assert (labels == IGNORED).any() and (batch.lengths < rows.width).any(), "the rows must hold edges and padding"


def test_positions_count_from_the_start_of_each_document(rows: PackedRows) -> None:
    micro_batch = Loader(rows, 7, len(rows), len(rows)).batch(0).micro_batches[0]
    for tokens, positions in zip(micro_batch.tokens, micro_batch.positions, strict=True):
        starts = torch.nonzero(positions == 0).flatten().tolist()
        assert starts[0] == 0
        for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
            assert positions[start:end].tolist() == list(range(end - start))


def test_the_step_counts_its_labels(rows: PackedRows) -> None:
    batch = Loader(rows, 7, BATCH, 2).batch(3 * BATCH)
    assert batch.label_tokens == sum(int((one.labels != IGNORED).sum()) for one in batch.micro_batches)


def test_only_the_rows_of_this_rank_are_copied(rows: PackedRows, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    usual = PackedRows.take_tokens

    def take_tokens(self: PackedRows, indices: np.ndarray) -> np.ndarray:
        taken.append(len(indices))
        return usual(self, indices)

    monkeypatch.setattr(PackedRows, "take_tokens", take_tokens)
    parts = [Loader(rows, 7, BATCH, 2, rank, 4).batch(0) for rank in range(4)]
    assert taken == [2, 2, 2, 2]
    assert {part.label_tokens for part in parts} == {Loader(rows, 7, BATCH, BATCH).batch(0).label_tokens}


def test_a_batch_is_split_without_a_change(rows: PackedRows) -> None:
    whole = micro_batch_of(rows.take(np.arange(8)))
    parts = whole.split(3)
    assert [len(part.tokens) for part in parts] == [3, 3, 2]
    for place, one in enumerate(tensors(whole)):
        assert torch.equal(torch.cat([tensors(part)[place] for part in parts]), one)


def test_an_error_in_the_thread_reaches_the_one_who_waits(rows: PackedRows, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: PackedRows, ids: object) -> None:
        raise GristmillError("shard gone")

    with closing(Loader(rows, 7, BATCH, 4).batches(0)) as batches:
        next(batches)
        monkeypatch.setattr(PackedRows, "take", fail)
        with pytest.raises(GristmillError, match="shard gone"):
            list(islice(batches, 3))


def test_closing_ends_the_thread(rows: PackedRows) -> None:
    before = threading.active_count()
    batches = Loader(rows, 7, BATCH, 4).batches(0)
    next(batches)
    assert threading.active_count() == before + 1
    batches.close()
    assert threading.active_count() == before


def test_a_batch_that_ranks_cannot_share_is_refused(rows: PackedRows) -> None:
    with pytest.raises(GristmillError, match=r"pretrain\.batch_rows = 8 must be a multiple"):
        Loader(rows, 7, 8, 4, rank=0, world=4)
