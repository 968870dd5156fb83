"""Parquet: columns, kinds, batches, damage."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.document import Record, Refusal
from stages.errors import GristmillError
from stages.recipe import Reading, Source
from stages.sources import Span, parquet, read_records, spans

TABLE = Source(
    name="table",
    format="parquet",
    paths=("*",),
    text_column="body",
    id_column="key",
    url_column="link",
    date_column="day",
)


def read(path: Path, start: int = 0, stop: int = 1 << 60) -> list[Record]:
    return list(read_records(TABLE, Span(str(path), start, stop), Reading()))


def write(path: Path, count: int = 10, **changes: pa.Array) -> None:
    columns = {
        "body": pa.array([f"text {number}" for number in range(count)]),
        "key": pa.array(range(count)),
        "link": pa.array([f"http://example.com/{number}" for number in range(count)]),
        "day": pa.array([datetime.date(2024, 1, 1)] * count),
        "unread": pa.array([b"\x00" * 100] * count),
        **changes,
    }
    pq.write_table(pa.table(columns), path, row_group_size=4)


def test_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 3)
    path = tmp_path / "table.parquet"
    write(path)
    found = read(path)
    assert [record.content for record in found] == [f"text {number}" for number in range(10)]
    assert found[7] == Record(
        identity="table:7",
        media="text",
        content="text 7",
        file=str(path),
        offset=7,
        url="http://example.com/7",
        date="2024-01-01",
    )
    size = path.stat().st_size
    assert read(path, 0, size // 2) + read(path, size // 2, size) == found


def test_only_the_named_columns_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    iter_batches = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *arguments: object, **named: object) -> object:
        asked.append(list(named["columns"]))  # type: ignore[call-overload]
        return iter_batches(self, *arguments, **named)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    path = tmp_path / "table.parquet"
    write(path)
    read(path)
    assert asked == [["body", "key", "link", "day"]] * 3


def test_a_row_without_a_text(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 2, body=pa.array(["text", None]), key=pa.array([1, None]))
    found = read(path)[1]
    assert found.refusal == Refusal("missing_text", detail="body holds nothing")
    assert found.identity.startswith("row:")


def test_a_missing_column_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": ["x"], "key": [1]}), path)
    with pytest.raises(GristmillError, match=r"table\.parquet: has no column 'body', only text, key"):
        read(path)


def test_a_column_of_another_kind_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 2, body=pa.array([1, 2]))
    with pytest.raises(GristmillError, match=r"table\.parquet: column 'body' holds int64, not strings"):
        read(path)


def test_every_cut_gives_every_row_once(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 20)
    size = path.stat().st_size
    whole = read(path)
    assert [record.offset for record in whole] == list(range(20))
    counts = set()
    for cut in range(1, size, 17):
        parts = read(path, 0, cut), read(path, cut, size)
        assert parts[0] + parts[1] == whole
        counts.add(len(parts[0]))
    assert counts == {0, 4, 8, 12, 16, 20}
    pieces = [one for span in spans("parquet", str(path), size, 100) for one in read(path, span.start, span.stop)]
    assert pieces == whole


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=["large", "view", "dict"]
)
def test_kinds_of_strings(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "table.parquet"
    write(path, 2, body=pa.array(["long", "short"]).cast(kind))
    assert [record.content for record in read(path)] == ["long", "short"]


def test_a_text_over_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 3, body=pa.array(["ü" * 50, "ü" * 51, "x"]))
    found = list(read_records(TABLE, Span(str(path), 0, 1 << 60), Reading(maximum_record_bytes=100)))
    assert [record.refusal for record in found] == [None, Refusal("record_bytes", 102.0, 100.0), None]


def test_columns_of_structures(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 1, meta=pa.array([{"source": "web", "tags": ["a"]}]), more=pa.array([[{"x": 1}]]))
    assert read(path)[0].content == "text 0"


@pytest.mark.parametrize("broken", ["no end", "a beginning", "other", "a damaged footer"])
def test_a_damaged_file_is_one_damaged_record(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "table.parquet"
    write(path)
    data = path.read_bytes()
    footer = data[:-200] + bytes(100) + data[-100:]
    path.write_bytes(
        {"no end": data[:-10], "a beginning": data[:100], "other": b"not parquet", "a damaged footer": footer}[broken]
    )
    (found,) = read(path)
    assert found.refusal is not None
    assert found.refusal.rule == "damaged_record"
    assert "\n" not in str(found.refusal.detail)
    assert found.offset == 0
    size = path.stat().st_size
    assert read(path, 0, 5) + read(path, 5, size) == [found]


def test_a_damaged_row_group_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 12)
    metadata = pq.read_metadata(path)
    column = metadata.row_group(1).column(0)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset
    data[start : start + column.total_compressed_size] = bytes(column.total_compressed_size)
    path.write_bytes(data)
    found = read(path)
    damage = found[4]
    assert [record.offset for record in found] == [0, 1, 2, 3, 4, 8, 9, 10, 11]
    assert damage.refusal is not None
    assert damage.refusal.rule == "damaged_record"
    assert str(damage.refusal.detail).startswith("row group 1 from row 4: ")
    for cut in range(1, len(data), 50):
        assert read(path, 0, cut) + read(path, cut, len(data)) == found


def test_a_row_that_is_not_utf8_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    body = pa.array([b"a", b"\xff\xfe", b"c"], pa.binary()).view(pa.string())
    write(path, 3, body=body)
    found = read(path)
    assert [record.content for record in found] == ["a", "", "c"]
    assert found[1].refusal == Refusal("damaged_record", detail="not UTF-8")
    assert [record.offset for record in found] == [0, 1, 2]


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(b"")
    assert read(path) == []
    write(path, 0)
    assert read(path) == []


def odd(kind: pa.DataType, *numbers: int) -> pa.Array:
    storage = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    return pa.array(numbers, storage).cast(kind)


@pytest.mark.parametrize(
    ("kind", "numbers", "dates"),
    [
        (pa.date32(), (19723, 10**7), ["2024-01-01", "29349-01-26"]),
        (pa.timestamp("us"), (5, 0), ["1970-01-01T00:00:00.000005", "1970-01-01T00:00:00"]),
        (pa.timestamp("ms"), (0, 10**15), ["1970-01-01T00:00:00", "1000000000000000"]),
        (pa.timestamp("us", "UTC"), (0, 1), ["1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.000001+00:00"]),
        (pa.timestamp("us", "Mars/Phobos"), (0, 1), ["1970-01-01T00:00:00+00:00", "1970-01-01T00:00:00.000001+00:00"]),
    ],
    ids=str,
)
def test_dates_that_python_does_not_have_cost_no_row(
    tmp_path: Path, kind: pa.DataType, numbers: tuple[int, ...], dates: list[str]
) -> None:
    path = tmp_path / "table.parquet"
    write(path, 2, day=odd(kind, *numbers))
    found = read(path)
    assert [record.date for record in found] == dates
    assert [record.content for record in found] == ["text 0", "text 1"]


def test_an_odd_value_inside_of_another_costs_only_its_row(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    days = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), odd(pa.date32(), 19723, 10**7))
    write(path, 2, day=days)
    found = read(path)
    assert [record.content for record in found] == ["text 0", ""]
    assert found[1].refusal == Refusal("damaged_record", detail="date value out of range")


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc of size 1 failed")], ids=["own", "arrow"])
def test_memory_that_does_not_suffice_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise error

    path = tmp_path / "table.parquet"
    write(path, 2)
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", fail)
    with pytest.raises(GristmillError, match=r"table\.parquet: too little memory .* fewer WORKERS"):
        read(path)


@pytest.mark.parametrize("encoding", ["dictionary", "delta"])
def test_a_long_string_that_is_stored_once_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(parquet, "BATCH_BYTES", 4_000_000)
    path = tmp_path / "table.parquet"
    columns = pa.table({"body": ["x" * 300_000] * 200, "key": range(200), "link": ["u"] * 200, "day": ["d"] * 200})
    delta = {"use_dictionary": False, "column_encoding": {"body": "DELTA_BYTE_ARRAY"}} if encoding == "delta" else {}
    pq.write_table(columns, path, compression="zstd", **delta)
    del columns
    before, most = pa.total_allocated_bytes(), 0
    for record in read_records(TABLE, Span(str(path), 0, 1 << 60), Reading(maximum_record_bytes=1_000)):
        assert record.refusal == Refusal("record_bytes", 300_000.0, 1_000.0)
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 12_000_000


def test_ordinary_rows_are_read_in_whole_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[object] = []
    iter_batches = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, rows: int, **named: object) -> object:
        sizes.append(rows)
        return iter_batches(self, rows, **named)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    path = tmp_path / "table.parquet"
    write(path, 4)
    read(path)
    assert sizes == [parquet.BATCH_ROWS]


def test_two_columns_of_one_name_are_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    columns = [pa.array(["x"])] * 5
    pq.write_table(pa.Table.from_arrays(columns, ["body", "body", "key", "link", "day"]), path)
    with pytest.raises(GristmillError, match=r"table\.parquet: has two columns 'body'"):
        read(path)


def test_an_empty_id_is_none(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 3, key=pa.array(["", "", "0"]), body=pa.array(["a", None, "c"]))
    found = read(path)
    assert [record.identity[:4] for record in found] == ["", "row:", "tabl"]
