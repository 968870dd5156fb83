"""Shards: rows come back as they were packed, from several files, and damage is named."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.packing import PackedPieces, best_fit, concatenate
from stages.shards import (
    DOCUMENTS_SCHEMA,
    Origin,
    PackedRows,
    Run,
    TokenizedDocuments,
    read_origins,
    shard_schema,
    write_shard,
)

WIDTH = 9
PADDING = 3
in_folder = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def documents_of(lengths: list[int], first: int = 0) -> TokenizedDocuments:
    """Documents whose tokens count from `first` on, with ids that tell them apart."""
    ends = np.cumsum(lengths, dtype=np.int64)
    ids = np.arange(len(lengths), dtype=np.uint64) * np.uint64(7) + np.uint64(first)
    return TokenizedDocuments(ids, (first + np.arange(sum(lengths))) % 500, ends - lengths)


def write(
    path: Path,
    lengths: list[int],
    first: int = 0,
    packed: PackedPieces | None = None,
    vocabulary_size: int = 500,
    runs: tuple[Run, ...] = (),
    width: int = WIDTH,
) -> str:
    rows = packed or best_fit(np.array(lengths, np.int64), width)
    schema = shard_schema(width - 1, vocabulary_size, {"rows": str(rows.rows)}, runs)
    assert write_shard(path, schema, rows, documents_of(lengths, first), PADDING) == rows.rows
    return str(path)


def expected_rows(packed: PackedPieces, documents: TokenizedDocuments) -> list[tuple[list[int], ...]]:
    """Tokens, ends, offsets and ids of each row, one piece at a time."""
    found = []
    for first, last in zip(packed.row_starts[:-1].tolist(), packed.row_starts[1:].tolist(), strict=True):
        tokens: list[int] = []
        ends, offsets, ids = [], [], []
        for piece in range(first, last):
            number = packed.documents[piece]
            start = documents.starts[number]
            tokens += documents.tokens[start + packed.starts[piece] : start + packed.stops[piece]].tolist()
            ends.append(len(tokens))
            offsets.append(int(packed.starts[piece]))
            ids.append(int(documents.ids[number]))
        found.append((tokens, ends, offsets, ids))
    return found


@in_folder
@given(
    shards=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), min_size=1, max_size=4),
    rows_per_batch=st.sampled_from([1, 2, 1024]),
    vocabulary_size=st.sampled_from([500, 80_000]),
    seed=st.integers(0, 9),
)
def test_rows_come_back_as_they_were_packed(
    tmp_path: Path, shards: list[list[int]], rows_per_batch: int, vocabulary_size: int, seed: int
) -> None:
    paths, expected = [], []
    for place, lengths in enumerate(shards):
        packed = concatenate(np.array(lengths, np.int64), WIDTH)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("stages.shards.ROWS_PER_BATCH", rows_per_batch)
            path = tmp_path / f"{place}.arrow"
            paths.append(write(path, lengths, 11 * place, packed, vocabulary_size))
        expected += expected_rows(packed, documents_of(lengths, 11 * place))
    rows = PackedRows(paths)
    assert len(rows) == len(expected)
    order = np.random.default_rng(seed).permutation(len(rows))
    batch = rows.take(order)
    starts = []
    for place, index in enumerate(order.tolist()):
        tokens, ends, offsets, ids = expected[index]
        row = rows.row(index)
        assert row.tokens.tolist() == tokens
        assert (row.doc_ends, row.doc_offsets, row.doc_ids) == (ends, offsets, ids)
        assert batch.lengths[place] == len(tokens)
        assert batch.tokens[place].tolist() == [*tokens, *[PADDING] * (WIDTH - len(tokens))]
        sizes = np.diff([0, *ends, WIDTH])
        assert batch.positions[place].tolist() == [position for size in sizes for position in range(size)]
        starts += [place * WIDTH + start for start in [0, *ends]]
        assert rows.label_tokens(np.array([index])) == len(tokens) - len(ends)
    assert batch.starts.tolist() == starts
    assert rows.take_tokens(order).tolist() == batch.tokens.tolist()
    assert rows.label_tokens(order) == sum(len(tokens) - len(ends) for tokens, ends, *_ in expected)


def test_a_copy_of_rows_may_be_written_to(tmp_path: Path) -> None:
    rows = PackedRows([write(tmp_path / "a.arrow", [5])])
    rows.take_tokens(np.array([0]))[:] = 0
    assert rows.row(0).tokens.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="read-only"):
        rows.row(0).tokens[0] = 1


def test_rows_that_are_not_there_are_not_read(tmp_path: Path) -> None:
    rows = PackedRows([write(tmp_path / "a.arrow", [9, 9, 9])])
    for index in (3, -4, 10**9):
        with pytest.raises(IndexError):
            rows.take_tokens(np.array([0, index]))


def test_a_small_vocabulary_takes_two_bytes_a_token_and_a_large_one_four(tmp_path: Path) -> None:
    small = PackedRows([write(tmp_path / "small.arrow", [2], vocabulary_size=1 << 16)])
    large = PackedRows([write(tmp_path / "large.arrow", [2], vocabulary_size=(1 << 16) + 1)])
    types = [rows.take_tokens(np.array([0])).dtype for rows in (small, large)]
    assert types == [np.uint16, np.uint32]


def test_a_row_may_be_longer_than_two_bytes_count(tmp_path: Path) -> None:
    rows = PackedRows([write(tmp_path / "long.arrow", [70_000, 5], width=70_006)])
    assert rows.row(0).doc_ends == [70_000, 70_005]
    assert rows.take(np.array([0])).positions[0, [69_999, 70_000, 70_004, 70_005]].tolist() == [69_999, 0, 4, 0]


def test_a_batch_of_the_writer_holds_few_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.shards.TOKENS_PER_BATCH", 2 * WIDTH)
    rows = PackedRows([write(tmp_path / "a.arrow", [9] * 5)])
    assert [len(batch.tokens) for batch in rows.batches()] == [2, 2, 1]
    assert rows.take_tokens(np.arange(5)).ravel().tolist() == list(range(45))


def test_shards_without_rows_change_nothing(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{place}.arrow", lengths) for place, lengths in enumerate(([], [4], []))]
    rows = PackedRows(paths)
    assert (len(rows), rows.width, rows.runs) == (1, WIDTH, (Run(0, "", 1),))
    empty = PackedRows(paths[:1])
    assert (len(empty), empty.width, len(empty.take(np.empty(0, np.int64)).tokens)) == (0, WIDTH, 0)
    assert (len(PackedRows([])), PackedRows([]).runs) == (0, ())


def test_metadata_travels_with_the_shard(tmp_path: Path) -> None:
    runs = (Run(0, "books, old", 1),)
    rows = PackedRows([write(tmp_path / "a.arrow", [2], runs=runs)])
    assert rows.metadata == [{"rows": "1", "runs": json.dumps(runs)}]


def test_rows_without_runs_are_one_stage_and_any_part(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{count}.arrow", [WIDTH] * count) for count in (2, 3)]
    assert PackedRows(paths).runs == (Run(0, "", 2), Run(0, "", 3))


def test_the_runs_of_all_shards_can_be_told(tmp_path: Path) -> None:
    runs = ((Run(0, "a", 1), Run(1, "b", 2)), (Run(0, "b", 3),))
    paths = [write(tmp_path / f"{place}.arrow", [WIDTH] * 3, runs=one) for place, one in enumerate(runs)]
    assert PackedRows(paths).runs == runs[0] + runs[1]


def test_a_shard_whose_runs_do_not_add_up_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged \(rows of its runs are missing\)"):
        PackedRows([write(tmp_path / "a.arrow", [2], runs=(Run(0, "", 2),))])


@pytest.mark.parametrize("runs", ["{", "7", '[[0, "a"]]', '[[0, "a", "1"]]', '[[0, "a", -1], [0, "b", 2]]'])
def test_runs_that_make_no_sense_are_named(tmp_path: Path, runs: str) -> None:
    path = str(tmp_path / "a.arrow")
    schema = shard_schema(WIDTH - 1, 500, {"runs": runs})
    write_shard(Path(path), schema, best_fit(np.array([2]), WIDTH), documents_of([2]), PADDING)
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged \((rows of )?its runs"):
        PackedRows([path])


@pytest.mark.parametrize(
    ("ends", "offsets", "ids"),
    [
        ([[3, 3]], [[0, 0]], [[1, 2]]),
        ([[5, 3]], [[0, 0]], [[1, 2]]),
        ([[0]], [[0]], [[1]]),
        ([[WIDTH + 1]], [[0]], [[1]]),
        ([[]], [[]], [[]]),
        ([[3, 5]], [[0]], [[1, 2]]),
        ([[3], [3]], [[0], [0]], [[], [1, 2]]),
    ],
    ids=["empty", "falling", "no token", "too long", "no document", "no offset", "other rows"],
)
def test_documents_that_cannot_be_told_apart_are_named(
    tmp_path: Path, ends: list[list[int]], offsets: list[list[int]], ids: list[list[int]]
) -> None:
    path, schema = str(tmp_path / "a.arrow"), shard_schema(WIDTH - 1, 500, {})
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, schema) as writer:
        columns = [[list(range(WIDTH))] * len(ends), ends, offsets, ids]
        arrays = [pa.array(values, type_) for values, type_ in zip(columns, schema.types, strict=True)]
        writer.write_batch(pa.record_batch(arrays, schema=schema))
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged \(its rows are not whole\)"):
        PackedRows([path])


def test_a_flipped_bit_is_named_or_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    write(path, [5, 20, 3, 8, 1], runs=(Run(0, "", 5),))
    whole = path.read_bytes()
    generator = np.random.default_rng(1)
    named = 0
    for bit in generator.choice(8 * len(whole), 600, replace=False).tolist():
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.unlink()
        path.write_bytes(data)
        try:
            rows = PackedRows([str(path)])
        except GristmillError:
            named += 1
            continue
        rows.take(np.arange(len(rows)))
        assert all(rows.row(number).doc_ends for number in range(len(rows)))
    assert 100 < named < 500


@pytest.mark.parametrize("other", [{"width": WIDTH + 1}, {"vocabulary_size": 80_000}])
def test_shards_of_other_rows_are_not_read_together(tmp_path: Path, other: dict[str, int]) -> None:
    paths = [write(tmp_path / "a.arrow", [2]), write(tmp_path / "b.arrow", [2], **other)]
    with pytest.raises(GristmillError, match=r"b\.arrow: its rows are .*, those of .*a\.arrow are .*; run `make tok"):
        PackedRows(paths)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"none\.arrow: the shard is missing; run `make tokenizer` again"):
        PackedRows([str(tmp_path / "none.arrow")])


@pytest.mark.parametrize("keep", [0, 10, 400])
def test_a_cut_shard_is_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.arrow"
    write(path, [2])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(GristmillError, match=r"a\.arrow: the shard is damaged"):
        PackedRows([str(path)])


def test_a_shard_of_another_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "old.arrow"
    schema = pa.schema([("tokens", pa.list_(pa.uint16(), WIDTH)), ("doc_ends", pa.list_(pa.uint16()))])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        writer.write_batch(pa.record_batch([[list(range(WIDTH))], [[9]]], schema=schema))
    with pytest.raises(GristmillError, match=r"old\.arrow: no shard of this version \(tokens, doc_ends\); run `make"):
        PackedRows([str(path)])


def test_origins_are_read_from_all_tables(tmp_path: Path) -> None:
    paths = []
    for number in range(2):
        columns = [
            pa.array([number, 1 << 63 | number], pa.uint64()),
            ["web", "wiki"],
            ["en", "de"],
            [None, "https://a"],
        ]
        paths.append(str(tmp_path / f"{number}.parquet"))
        pq.write_table(pa.table(columns, schema=DOCUMENTS_SCHEMA), paths[-1])
    web, wiki = Origin("web", "en", None), Origin("wiki", "de", "https://a")
    assert read_origins(paths) == {0: web, 1 << 63: wiki, 1: web, 1 << 63 | 1: wiki}
    assert read_origins([]) == {}


def test_a_table_of_origins_that_is_no_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    for one in (path, tmp_path / "none.parquet"):
        with pytest.raises(GristmillError, match=rf"{one.name}: the table cannot be read .*; run `make tok"):
            read_origins([str(one)])
