"""ARC files of both versions, compressed or not: their fields, any cut, damage."""

import gzip
import re
from pathlib import Path

import pytest

from stages.document import Record, Refusal
from tests.stages.sources.warc_builder import (
    arc_record,
    arc_records,
    arc_version_block,
    damaged,
    http,
    misleading_bodies,
    page,
    read,
    read_cut,
    refusals,
    starts_of,
    stored,
)


def packed(records: list[bytes]) -> list[bytes]:
    return [stored(record) if number % 2 else gzip.compress(record, mtime=0) for number, record in enumerate(records)]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("compressed", [True, False])
def test_the_fields_of_a_page(tmp_path: Path, version: int, compressed: bool) -> None:
    records = arc_records([http(page(5), content_type="text/html; charset=koi8-r")], version)
    parts = packed(records) if compressed else records
    path = tmp_path / "old.arc"
    path.write_bytes(b"".join(parts))
    description, found = read(path)
    assert description.refusal == Refusal("not_a_response", detail="filedesc")
    assert found == Record(
        identity="arc:20070102030405/http://example.com/0",
        media="html",
        content=page(5),
        file=str(path),
        offset=len(parts[0]),
        url="http://example.com/0",
        date="2007-01-02T03:04:05Z",
        charset="koi8-r",
    )


def test_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.arc"
    records = [
        arc_version_block(),
        arc_record(http(b"gone", "404 Not Found"), "http://example.com/a"),
        arc_record(http(b"GIF89a", content_type="image/gif"), "http://example.com/b", "image/gif"),
        arc_record(b"20070102 example.com A 1.2.3.4", "dns:example.com", "text/dns"),
        arc_record(b"<html>as HTTP/0.9 sent it", "http://example.com/c"),
        arc_record(http(b"%PDF", content_type=None), "http://example.com/d", "application/pdf"),
        arc_record(http(page(1), content_type=None), "http://example.com/with a space", "no-type"),
    ]
    path.write_bytes(b"".join(records))
    found = read(path)
    assert refusals(found) == [
        Refusal("not_a_response", detail="filedesc"),
        Refusal("http_status", value=404, threshold=200),
        Refusal("content_type", detail="image/gif"),
        Refusal("content_type", detail="text/dns"),
        Refusal("http_status", threshold=200, detail="no status line"),
        Refusal("content_type", detail="application/pdf"),
        None,
    ]
    assert found[-1].url == "http://example.com/with a space"


@pytest.mark.parametrize("compressed", [True, False])
def test_every_cut_gives_every_record_once(tmp_path: Path, compressed: bool) -> None:
    """The payloads hold whole WARC and ARC files, compressed and not."""
    inner = arc_records(map(http, map(page, range(8))))
    records = arc_records([http(body) for body in [*misleading_bodies(12), b"\n" + b"".join(inner)]], 2)
    parts = packed(records) if compressed else records
    data = b"".join(parts)
    path = tmp_path / "misleading.arc.gz"
    path.write_bytes(data)
    whole = read(path)
    assert [record.offset for record in whole] == starts_of(parts)[:-1]
    assert [record.refusal is None for record in whole] == [False] + [True] * 13
    near = [match.start() + 1 for match in re.finditer(rb"\x1f\x8b\x08|\nhttp:|WARC/", data)]
    cuts = {start + shift for start in starts_of(parts) for shift in (-1, 0, 1, 5)} | set(near)
    assert len(cuts) > 90
    assert read_cut(path, len(data), cuts) == whole


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("index", [0, 3, 6])
def test_a_damaged_record_costs_one_record(tmp_path: Path, compressed: bool, index: int) -> None:
    records = arc_records(map(http, map(page, range(6))))
    records[index] = records[index].replace(b" 20070102030405 ", b" 2007x ", 1)
    parts = packed(records) if compressed else records
    path = tmp_path / "damaged.arc"
    path.write_bytes(b"".join(parts))
    found = read(path)
    assert [record.offset for record in found] == starts_of(parts)[:-1]
    assert [record.offset for record in damaged(found)] == [starts_of(parts)[index]]
    assert read_cut(path, path.stat().st_size, range(0, path.stat().st_size, 100)) == found


def test_truncation_is_told(tmp_path: Path) -> None:
    records = arc_records(map(http, map(page, range(4))))
    path = tmp_path / "short.arc"
    path.write_bytes(b"".join(records)[:-300])
    found = read(path)
    assert found[-1].refusal == Refusal("damaged_record", detail="truncated")
    assert found[-1].offset == starts_of(records)[-2]
    assert not any(record.refusal for record in found[1:-1])
