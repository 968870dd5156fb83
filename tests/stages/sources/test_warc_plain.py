"""Uncompressed WARC files: any cut, and damage that costs one record."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from stages.sources import spans
from tests.stages.sources.warc_builder import (
    WARC,
    damaged,
    http,
    identities,
    misleading_records,
    page,
    pages,
    read,
    read_cut,
    starts_of,
    warc_record,
)


def test_every_cut_gives_every_record_once(tmp_path: Path) -> None:
    records = misleading_records(18)
    starts = starts_of(records)
    path = tmp_path / "misleading.warc"
    data = b"".join(records)
    path.write_bytes(data)
    whole = read(path)
    assert identities(whole) == [f"urn:uuid:{number}" for number in range(18)]
    assert [record.offset for record in whole] == starts[:-1]
    embedded = [match.start() for match in re.finditer(rb"WARC/1", data)]
    cuts = {start + shift for start in [*starts, *embedded[::9]] for shift in (-1, 0, 1, 4)}
    assert read_cut(path, len(data), cuts) == whole


def test_only_local_files_are_cut() -> None:
    assert len(spans(WARC.format, "/data/crawl.warc", 1000, 100)) == 10
    assert len(spans(WARC.format, "gs://bucket/crawl.warc", 1000, 100)) == 1
    assert len(spans(WARC.format, "gs://bucket/crawl.warc.gz", 1000, 100)) == 10


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        (b"WARC/1.0", b"WBRC/1.0", "not a WARC record"),
        (b"Content-Length: ", b"Content-Lenght: ", "WARC record without a Content-Length"),
        (b"msgtype=response\r\nContent-Length: ", b"msgtype=response\r\nContent-Length: 9", "truncated"),
        (b"msgtype=response\r\nContent-Length: ", b"msgtype=response\r\nContent-Length: 1", "goes on after"),
    ],
)
def test_a_damaged_header_costs_one_record(tmp_path: Path, old: bytes, new: bytes, detail: str) -> None:
    for index in (0, 4, 7):
        records = pages(8)
        length = re.search(rb"Content-Length: (\d+)", records[index])
        assert length is not None
        broken = records[index].replace(old, new, 1)
        if new.endswith(b"1"):
            broken = records[index].replace(length[0], b"Content-Length: 100")
        records[index] = broken
        path = tmp_path / "damaged.warc"
        path.write_bytes(b"".join(records))
        found = read(path)
        assert [record.offset for record in found] == starts_of(records)[:-1]
        assert [record.offset for record in damaged(found)] == [starts_of(records)[index]]
        assert found[index].refusal is not None
        assert detail in str(found[index].refusal.detail)
        half = starts_of(records)[index] + 1
        assert read(path, 0, half) + read(path, half) == found


def test_truncation_is_told_and_costs_the_last_record(tmp_path: Path) -> None:
    records = pages(6)
    starts = starts_of(records)
    path = tmp_path / "short.warc"
    for length in (3, 100, starts[1] - 5, starts[3] + 20, starts[5] + 400, starts[6] - 5):
        path.write_bytes(b"".join(records)[:length])
        complete = [start for start, end in pairwise(starts) if end - 4 <= length]
        found = read(path)
        assert [record.offset for record in found if not record.refusal] == complete
        (cut,) = damaged(found)
        assert cut.refusal is not None
        assert cut.refusal.detail == ("truncated" if length > 10 else "not a WARC record")


def test_what_writers_do_besides_the_standard(tmp_path: Path) -> None:
    path = tmp_path / "odd.warc"
    bare = [record.removesuffix(b"\r\n\r\n") for record in pages(3)]
    path.write_bytes(bare[0] + b"\n\n\n" + bare[1] + bare[2])
    assert identities(read(path)) == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]
    path.write_bytes(warc_record(http(page(1)), 1).replace(b"WARC/1.0", b"WARC/1.1") + b"\r\n\r\n")
    assert identities(read(path)) == ["urn:uuid:1"]
