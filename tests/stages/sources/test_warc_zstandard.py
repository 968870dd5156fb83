"""Zstandard WARC files: one frame a record, with and without a dictionary, any cut, damage."""

import random
import re
from pathlib import Path

import pytest
import zstandard

from stages.document import Refusal
from stages.recipe import Reading
from tests.stages.sources.warc_builder import (
    damaged,
    http,
    identities,
    misleading_records,
    pages,
    read,
    read_cut,
    refusals,
    starts_of,
    warc_record,
)


def skippable(data: bytes, kind: int = 0x5D) -> bytes:
    return bytes([kind]) + b"\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def framed(records: list[bytes], dictionary: zstandard.ZstdCompressionDict | None = None) -> list[bytes]:
    compressor = zstandard.ZstdCompressor(dict_data=dictionary, write_checksum=True)
    return [compressor.compress(record) for record in records]


@pytest.mark.parametrize("kind", ["none", "plain", "compressed"])
def test_files_with_and_without_a_dictionary(tmp_path: Path, kind: str) -> None:
    records = pages(30)
    dictionary = None if kind == "none" else zstandard.train_dictionary(4000, records)
    head = dictionary.as_bytes() if dictionary else b""
    parts = framed(records, dictionary)
    start = b"" if kind == "none" else skippable(zstandard.compress(head) if kind == "compressed" else head)
    path = tmp_path / "crawl.warc.zst"
    path.write_bytes(start + b"".join(parts) + skippable(b"an index", 0x50))
    found = read(path)
    assert identities(found) == [f"urn:uuid:{number}" for number in range(30)]
    assert not any(refusals(found))
    assert [record.offset - len(start) for record in found] == starts_of(parts)[:-1]


def test_every_cut_gives_every_record_once(tmp_path: Path) -> None:
    inner = b"".join(framed(pages(12)))
    records = [*misleading_records(12), warc_record(http(random.Random(2).randbytes(500) + inner), 12)]
    parts = framed(records)
    data = b"".join(parts)
    path = tmp_path / "misleading"
    path.write_bytes(data)
    whole = read(path)
    assert [record.offset for record in whole] == starts_of(parts)[:-1]
    near = [match.start() + 1 for match in re.finditer(re.escape(zstandard.FRAME_HEADER), data)]
    cuts = {start + shift for start in starts_of(parts) for shift in (-1, 0, 1, 5)} | set(near)
    assert read_cut(path, len(data), cuts) == whole


@pytest.mark.parametrize("place", ["magic", "header", "block", "middle", "check_sum"])
def test_a_damaged_frame_costs_one_record(tmp_path: Path, place: str) -> None:
    parts = framed(pages(12))
    starts = starts_of(parts)
    path = tmp_path / "damaged.warc.zst"
    for indices in [(0,), (5,), (11,), (4, 5), (2, 5, 6, 7)]:
        broken = bytearray(b"".join(parts))
        for index in indices:
            size = len(parts[index])
            shift = {"magic": 1, "header": 4, "block": 8, "middle": size // 2, "check_sum": size - 2}[place]
            broken[starts[index] + shift] ^= 0xFF
        path.write_bytes(broken)
        found = read(path)
        whole = [start for number, start in enumerate(starts[:-1]) if number not in indices]
        assert [record.offset for record in found if not record.refusal] == whole
        if place in ("middle", "check_sum") or len(indices) == 1:
            assert [record.offset for record in damaged(found)] == [starts[index] for index in indices]
        assert read_cut(path, len(broken), starts) == found


def test_truncation_is_told_and_costs_the_last_record(tmp_path: Path) -> None:
    parts = framed(pages(6))
    starts = starts_of(parts)
    path = tmp_path / "short.warc.zst"
    for length in [starts[1] - 1, starts[3] + 1, starts[3] + 40, starts[5] - 1, starts[6] - 3]:
        path.write_bytes(b"".join(parts)[:length])
        found = read(path)
        assert [record.offset for record in found if not record.refusal] == [end for end in starts if end <= length][
            :-1
        ]
        assert [record.refusal and record.refusal.detail for record in damaged(found)] == ["truncated"]


def test_one_frame_for_all_records(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.zst"
    path.write_bytes(zstandard.compress(b"".join(pages(20))))
    assert identities(read(path)) == [f"urn:uuid:{number}" for number in range(20)]


def test_bombs_and_records_that_are_too_long(tmp_path: Path) -> None:
    records = pages(4)
    records[1] = warc_record(http(bytes(20 << 20)), 1)
    body = random.Random(1).randbytes(2 << 20)
    records[2] = warc_record(http(body), 2)
    path = tmp_path / "bomb.warc.zst"
    path.write_bytes(b"".join(framed(records)))
    first, bomb, long, last = refusals(read(path, reading=Reading(maximum_record_bytes=1 << 20)))
    assert first is last is None
    assert bomb is not None
    assert (bomb.rule, bomb.threshold) == ("expansion", 100)
    assert long == Refusal("record_bytes", value=len(http(body)), threshold=1 << 20)


def test_a_damaged_dictionary_is_told(tmp_path: Path) -> None:
    records = pages(30)
    dictionary = zstandard.train_dictionary(4000, records)
    path = tmp_path / "crawl.warc.zst"
    path.write_bytes(skippable(bytes(len(dictionary.as_bytes()))) + b"".join(framed(records, dictionary)))
    assert all(record.refusal and record.refusal.rule == "damaged_record" for record in read(path))
    assert read(path)
