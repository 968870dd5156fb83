"""Shards: rows come back as they were packed, from several files, and damage is named."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.shards import PackedRow, PackedRows, shard_schema, write_shard

WIDTH = 9
PADDING = 3


def make_row(lengths: list[int], first: int) -> PackedRow:
    ends = np.cumsum(lengths).tolist()
    return PackedRow(np.arange(first, first + ends[-1]) % 500, ends, [first + 7 * one for one in range(len(lengths))])


def write(path: Path, rows: list[PackedRow], vocabulary_size: int = 500, **metadata: str) -> str:
    schema = shard_schema(WIDTH - 1, vocabulary_size, {"rows": str(len(rows)), **metadata})
    assert write_shard(path, schema, rows, PADDING) == len(rows)
    return str(path)


row_lengths = st.lists(st.integers(1, 4), min_size=1, max_size=4).filter(lambda lengths: sum(lengths) <= WIDTH)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(row_lengths, min_size=1, max_size=8), cut=st.integers(0, 8))
def test_rows_come_back_as_they_were_packed(tmp_path: Path, lengths: list[list[int]], cut: int) -> None:
    rows = [make_row(one, 11 * place) for place, one in enumerate(lengths)]
    paths = [write(tmp_path / f"{place}.arrow", part) for place, part in enumerate((rows[:cut], rows[cut:])) if part]
    packed = PackedRows(paths)
    assert len(packed) == len(rows)
    batch = packed.take(np.arange(len(rows))[::-1].copy())
    for place, row in enumerate(reversed(rows)):
        again = packed.row(len(rows) - 1 - place)
        assert again.tokens.tolist() == row.tokens.tolist()
        assert (again.doc_ends, again.doc_ids) == (row.doc_ends, row.doc_ids)
        length = len(row.tokens)
        assert batch.lengths[place] == length
        assert batch.tokens[place].tolist() == [*row.tokens.tolist(), *[PADDING] * (WIDTH - length)]
        starts = [0, *row.doc_ends]
        sizes = np.diff([*starts, WIDTH])
        assert batch.positions[place].tolist() == [position for size in sizes for position in range(size)]


def test_a_large_vocabulary_takes_wider_tokens(tmp_path: Path) -> None:
    row = PackedRow(np.array([70_000, 1]), [2], [1])
    packed = PackedRows([write(tmp_path / "wide.arrow", [row], vocabulary_size=80_000)])
    assert packed.take(np.array([0])).tokens[0, 0] == 70_000


def test_metadata_travels_with_the_shard(tmp_path: Path) -> None:
    packed = PackedRows([write(tmp_path / "a.arrow", [make_row([2], 0)])])
    assert packed.metadata == [{"rows": "1"}]


def test_rows_without_stages_are_one_stage(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{count}.arrow", [make_row([2], 0)] * count) for count in (2, 3)]
    assert PackedRows(paths).stage_runs == ((0, 2), (0, 3))
    assert PackedRows([]).stage_runs == ()


def test_the_stages_of_all_shards_can_be_told(tmp_path: Path) -> None:
    rows = [make_row([2], 0)] * 3
    paths = [write(tmp_path / f"{place}.arrow", rows, stage_rows=text) for place, text in enumerate(("1,2", "3,0"))]
    assert PackedRows(paths).stage_runs == ((0, 1), (1, 2), (0, 3), (1, 0))


def test_a_shard_whose_stages_do_not_add_up_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged \(rows of its stages are missing\)"):
        PackedRows([write(tmp_path / "a.arrow", [make_row([2], 0)], stage_rows="1,2")])


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"none\.arrow: the shard is missing; run `make tokenizer` again"):
        PackedRows([str(tmp_path / "none.arrow")])


@pytest.mark.parametrize("keep", [0, 10, 400])
def test_a_cut_shard_is_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.arrow"
    write(path, [make_row([2], 0)])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged"):
        PackedRows([str(path)])
