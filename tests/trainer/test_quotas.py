"""Quotas: exact steps, shares that are kept, epochs of each part, and a state that is one integer."""

import json
from collections import Counter
from contextlib import closing
from dataclasses import asdict
from itertools import islice

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.recipe import Quota
from stages.shards import PackedRows, Run
from tests.trainer.tiny_run import Workspace, output_file, rewrite_manifest
from trainer.loader import Loader
from trainer.quotas import CIRCLE, GOLDEN, Deal, QuotaOrder, points_below

RUNS = (Run(0, "books", 5), Run(0, "pages", 9), Run(1, "books", 4), Run(0, "books", 2), Run(1, "notes", 3))
PARTS = np.repeat([run.part for run in RUNS], [run.rows for run in RUNS])
STAGES = np.repeat([run.stage for run in RUNS], [run.rows for run in RUNS])
SCHEDULE = (
    Quota(weights={"books": 0.7, "pages": 0.3}),
    Quota(from_step=37, weights={"books": 1, "pages": 1, "notes": 1}),
    Quota(from_step=90, weights={"pages": 1, "books": 0}),
)
WEIGHTS = st.dictionaries(st.sampled_from("abcde"), st.floats(0, 1e6), min_size=1).filter(lambda one: sum(one.values()))
check = settings(derandomize=True, deadline=None, max_examples=60)


def order(batch_rows: int = 8, seed: int = 7) -> QuotaOrder:
    return QuotaOrder(RUNS, SCHEDULE, seed, batch_rows)


def parts_of(ids: np.ndarray) -> Counter[str]:
    return Counter(PARTS[ids].tolist())


@check
@given(st.integers(0, CIRCLE), st.integers(0, 1 << 80), st.data())
def test_points_are_counted_as_one_would_one_by_one(drawn: int, start: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 60))
    points = [(start + one * GOLDEN) % CIRCLE for one in range(count)]
    for bound in (0, drawn, CIRCLE, *points, *(point + 1 for point in points)):
        assert points_below(bound, start, count) == sum(point < bound for point in points)


@check
@given(WEIGHTS, st.integers(1, 70), st.integers(0, CIRCLE - 1), st.integers(0, 1 << 40))
def test_every_step_is_full_and_within_one_row_of_its_shares(
    weights: dict[str, float], batch_rows: int, phase: int, first: int
) -> None:
    names = sorted(weights)
    deal = Deal(weights, names, batch_rows, phase)
    shares = [batch_rows * weights[name] / sum(weights.values()) for name in names]
    for step in range(first, first + 5):
        counts = deal.counts(step, step + 1)
        assert sum(counts) == batch_rows
        assert all(share - 1 - 1e-9 < count < share + 1 + 1e-9 for count, share in zip(counts, shares, strict=True))


@check
@given(WEIGHTS, st.integers(1, 40), st.integers(0, CIRCLE - 1), st.lists(st.integers(0, 30), min_size=3, max_size=3))
def test_many_steps_together_are_the_sum_of_each(
    weights: dict[str, float], batch_rows: int, phase: int, lengths: list[int]
) -> None:
    deal = Deal(weights, sorted(weights), batch_rows, phase)
    first, middle, last = np.cumsum(lengths).tolist()
    single = np.array([deal.counts(step, step + 1) for step in range(first, last)]).reshape(-1, len(weights))
    assert deal.counts(first, last) == single.sum(0).tolist()
    both = np.array([deal.counts(first, middle), deal.counts(middle, last)])
    assert deal.counts(first, last) == both.sum(0).tolist()


@pytest.mark.parametrize("weights", [{"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 1, "b": 1, "c": 1}, {"a": 0.001, "b": 7.3}])
@pytest.mark.parametrize("batch_rows", [1, 7, 32])
def test_the_sums_stay_near_to_what_is_due(weights: dict[str, float], batch_rows: int) -> None:
    deal = Deal(weights, sorted(weights), batch_rows, 12345)
    shares = batch_rows * np.array([weights[name] for name in sorted(weights)]) / sum(weights.values())
    for steps in (1, 10, 100, 999, 10_000, 123_456, 10**6):
        bound = 3 if steps < 1000 else 5
        assert np.abs(np.array(deal.counts(0, steps)) - steps * shares).max() < bound


def test_shares_are_the_decimals_of_the_recipe() -> None:
    # 0.1 and 0.7 are no binary fractions: in floating point some step would have another row than 1 and 7.
    deal = Deal({"a": 0.1, "b": 0.7, "c": 0.2}, "abc", 10, CIRCLE - 1)
    assert {tuple(deal.counts(step, step + 1)) for step in range(2000)} == {(1, 7, 2)}


def test_steps_hold_what_the_schedule_says_from_its_steps_on() -> None:
    counts = [parts_of(order(10).rows(step)) for step in (0, 36, 37, 89, 90, 500)]
    assert counts[:2] == [{"books": 7, "pages": 3}] * 2
    assert all(set(one.values()) <= {3, 4} and len(one) == 3 for one in counts[2:4])
    assert counts[4:] == [{"pages": 10}] * 2


def test_what_came_before_a_step_is_the_sum_of_the_steps() -> None:
    whole, sums = order(), np.zeros(3, np.int64)
    for step in range(120):
        before, inside = whole.counts(step)
        assert before == sums.tolist()
        sums += inside


def test_no_row_of_a_part_comes_again_before_all_others_came() -> None:
    whole = order()
    seen = np.concatenate([whole.rows(step) for step in range(37)])
    for part in ("books", "pages"):
        rows = np.flatnonzero(part == PARTS)
        times = Counter(seen[PARTS[seen] == part].tolist())
        assert max(times.values()) - min(times[row] for row in rows.tolist()) <= 1
    assert not (PARTS[seen] == "notes").any()


def test_a_part_that_comes_to_its_end_begins_another_epoch_with_its_first_stage() -> None:
    whole = QuotaOrder(RUNS, [Quota(weights={"books": 1.0})], 7, 11)
    epochs = [whole.rows(step) for step in range(12)]
    assert all(sorted(epoch.tolist()) == np.flatnonzero(PARTS == "books").tolist() for epoch in epochs)
    # A step of one row each shows the order inside of an epoch.
    single = QuotaOrder(RUNS, [Quota(weights={"books": 1.0})], 7, 1)
    rows = np.concatenate([single.rows(step) for step in range(5 * 11)]).reshape(5, 11)
    assert (STAGES[rows] == [0] * 7 + [1] * 4).all()
    assert len({tuple(epoch) for epoch in rows.tolist()}) == 5


def test_parts_are_mixed_inside_of_a_step() -> None:
    whole = order(16)
    orders = [tuple(PARTS[whole.rows(step)]) for step in range(30)]
    assert len(set(orders)) > 20
    first_half = Counter(name for one in orders for name in one[:8])
    assert first_half["books"] == pytest.approx(0.7 * 8 * 30, rel=0.15)


def test_parts_of_equal_size_are_shuffled_each_in_its_own_way() -> None:
    runs = [Run(0, "a", 50), Run(0, "b", 50)]
    steps = [QuotaOrder(runs, [Quota(weights={part: 1.0})], 7, 50).rows(0) % 50 for part in "ab"]
    assert steps[0].tolist() != steps[1].tolist()
    # Within a step too, where what is alike could only come of the mixing.
    whole = QuotaOrder(runs, [Quota(weights={"a": 1.0, "b": 1.0})], 7, 2)
    rows = np.sort(np.concatenate([whole.rows(step)[None] for step in range(50)]), axis=1)
    assert (rows[:, 0] != rows[:, 1] - 50).any()


def test_the_order_depends_on_the_seed_and_not_on_other_parts() -> None:
    assert order(seed=7).rows(3).tolist() != order(seed=8).rows(3).tolist()
    longer = QuotaOrder([*RUNS, Run(0, "zines", 9)], SCHEDULE, 7, 8)
    assert all(longer.rows(step).tolist() == order().rows(step).tolist() for step in range(0, 120, 7))


def test_the_rows_of_a_step_never_change() -> None:
    # Others, from whatever change, would give a resumed run other rows than an unbroken one.
    assert order().rows(0).tolist() == [19, 0, 6, 7, 3, 5, 4, 1]
    assert order().rows(40).tolist() == [13, 12, 22, 16, 0, 2, 12, 22]
    assert order().rows(10**6).tolist() == [8, 12, 10, 9, 10, 13, 11, 11]


@pytest.fixture
def in_parts(rows: PackedRows) -> PackedRows:
    """The same rows in two parts, some rows of each in every shard."""
    count = len(rows)
    rows.runs = (Run(0, "books", 7), Run(0, "pages", 5), Run(1, "books", 4), Run(0, "pages", count - 16))
    return rows


QUOTAS = (Quota(weights={"books": 2, "pages": 1}), Quota(from_step=60, weights={"pages": 1}))


@pytest.mark.parametrize("world", [1, 2, 4, 8])
def test_steps_are_the_same_for_any_world_and_resumption_is_exact(in_parts: PackedRows, world: int) -> None:
    with closing(Loader(in_parts, 7, 8, 8, quotas=QUOTAS).batches(0)) as batches:
        unbroken = list(islice(batches, 100))
    for step, expected in enumerate(unbroken):
        ranks = [Loader(in_parts, 7, 8, 1, rank, world, QUOTAS).batch(step * 8) for rank in range(world)]
        found = torch.stack([torch.cat([one.tokens for one in batch.micro_batches]) for batch in ranks], 1).flatten(
            0, 1
        )
        assert torch.equal(found, expected.micro_batches[0].tokens)
        assert {batch.label_tokens for batch in ranks} == {expected.label_tokens}


@pytest.mark.parametrize(
    ("runs", "weights", "message"),
    [
        (RUNS, {"book": 1.0}, r"pretrain\.quotas: there are no rows of 'book'; there are: books, notes, pages"),
        (RUNS, {"books": 1.0, "web": 0.0}, r"pretrain\.quotas: there are no rows of 'web'"),
        ((Run(0, "a", 3), Run(0, "b", 0)), {"a": 1.0, "b": 1.0}, r"pretrain\.quotas: 'b' has no rows to train on"),
        ((Run(0, "", 9),), {"a": 1.0}, r"pretrain\.quotas: .* set tokenizer\.packing\.rows_of to 'source' or 'lang"),
    ],
)
def test_quotas_that_cannot_be_met_are_refused(runs: tuple[Run, ...], weights: dict[str, float], message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        QuotaOrder(runs, [Quota(weights=weights)], 1, 8)


def test_a_part_without_rows_may_have_no_weight() -> None:
    whole = QuotaOrder([Run(0, "a", 3), Run(0, "b", 0)], [Quota(weights={"a": 1.0, "b": 0.0})], 1, 4)
    assert set(whole.rows(5).tolist()) == {0, 1, 2}


SOURCES = """
[tokenizer.packing]
rows_of = "source"
[[pretrain.quotas]]
weights = {books = 0.5, pages = 0.5}
[[pretrain.quotas]]
from_step = 5
weights = {pages = 1.0}
"""


@pytest.fixture
def mixed(workspace: Workspace) -> Workspace:
    """A run whose training rows are of two sources, with quotas in its recipe."""
    job = workspace.folder / "tokenizer"
    table = pa.ipc.open_file((job / "train-0.arrow").read_bytes()).read_all()
    runs = [Run(0, "books", 5), Run(0, "pages", len(table) - 5)]
    table = table.replace_schema_metadata({"runs": json.dumps(runs)})
    with pa.OSFile(str(job / "train-0.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    listed = asdict(output_file(job, "train-0.arrow", len(table)))
    rewrite_manifest(workspace, lambda value: value["files"].update(train=[listed]))
    workspace.recipe_file.write_text(workspace.recipe_file.read_text() + SOURCES)
    return workspace


def test_a_run_deals_rows_by_the_quotas_of_its_recipe(mixed: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    dealt: list[list[int]] = []
    usual = Loader.row_ids

    def row_ids(self: Loader, rows_seen: int) -> np.ndarray:
        dealt.append(usual(self, rows_seen).tolist())
        return np.array(dealt[-1])

    monkeypatch.setattr(Loader, "row_ids", row_ids)
    mixed.pretrain("pretrain.steps=8")
    assert [sum(row < 5 for row in step) for step in dealt[:8]] == [2] * 5 + [0] * 3


def test_checkpoints_of_other_quotas_are_refused(mixed: Workspace) -> None:
    mixed.pretrain()
    recipe = mixed.recipe_file.read_text()
    mixed.recipe_file.write_text(recipe.replace("from_step = 5", "from_step = 6"))
    with pytest.raises(GristmillError, match=r"made with pretrain\.quotas = .*'from_step': 5.* the recipe says .*: 6"):
        mixed.pretrain()


def test_a_quota_of_a_source_that_is_not_there_ends_the_run_before_it_changes_anything(mixed: Workspace) -> None:
    recipe = mixed.recipe_file.read_text()
    mixed.recipe_file.write_text(recipe.replace("pages = 1.0", "web = 1.0"))
    with pytest.raises(GristmillError, match=r"pretrain\.quotas: there are no rows of 'web'; there are: books, pages"):
        mixed.pretrain()
    assert not mixed.checkpoints.exists()


def test_small_models_see_all_rows(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"ablate\.pretrain: quotas means nothing for models that see all rows"):
        workspace.recipe("ablate.pretrain.quotas=[{weights = {books = 1.0}}]")
