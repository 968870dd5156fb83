"""Parquet: columns, kinds, batches, damage."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.document import Record, Refusal
from stages.errors import GristmillError
from stages.recipe import Source
from stages.sources import Span, parquet, read_records

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
    return list(read_records(TABLE, Span(str(path), start, stop)))


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

    def watched(self: pq.ParquetFile, **arguments: object) -> object:
        asked.append(list(arguments["columns"]))  # type: ignore[call-overload]
        return iter_batches(self, **arguments)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    path = tmp_path / "table.parquet"
    write(path)
    read(path)
    assert asked == [["body", "key", "link", "day"]]


def test_a_row_without_a_text(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 2, body=pa.array(["text", None]), key=pa.array([1, None]))
    found = read(path)[1]
    assert found.refusal == Refusal("missing_text", detail="body holds nothing")
    assert found.identity.startswith("row:")


def test_large_strings(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, 1, body=pa.array(["long"], pa.large_string()))
    assert read(path)[0].content == "long"


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


def test_damaged_and_empty_files(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path)
    data = path.read_bytes()
    for broken in (data[:-10], data[:100], b"not parquet at all", data[:200] + bytes(100) + data[300:]):
        path.write_bytes(broken)
        with pytest.raises(GristmillError, match=r"table\.parquet: cannot be read as Parquet: .+") as caught:
            read(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(b"")
    assert read(path) == []
