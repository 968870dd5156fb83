"""Bombs, records that are too long and lengths that are lies: each is refused, and nothing else is lost."""

import gzip
import random
import re
import tracemalloc
from pathlib import Path

import pytest

from stages.document import Refusal
from stages.recipe import Reading
from tests.stages.sources.warc_builder import (
    http,
    pages,
    read,
    refusals,
    warc_record,
)


def test_a_bomb_is_refused_and_costs_nothing_else(tmp_path: Path) -> None:
    records = pages(3)
    records[1] = warc_record(http(bytes(20 << 20)), 1)
    path = tmp_path / "bomb.warc.gz"
    members = list(map(gzip.compress, records))
    reading = Reading(maximum_record_bytes=1 << 20)
    path.write_bytes(b"".join(members))
    tracemalloc.start()
    found = read(path, reading=reading)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 << 20
    first, refusal, last = refusals(found)
    assert first is last is None
    assert refusal is not None
    assert (refusal.rule, refusal.threshold) == ("expansion", 100)
    assert refusal.value == pytest.approx(len(records[1]) / len(members[1]), rel=0.01)
    path.write_bytes(gzip.compress(b"".join(records)))
    assert [bool(record.refusal) for record in read(path, reading=reading)] == [False, True, False]


def test_a_record_that_is_too_long_is_refused_and_costs_nothing_else(tmp_path: Path) -> None:
    records = pages(3)
    body = random.Random(1).randbytes(2 << 20)
    records[1] = warc_record(http(body), 1)
    path = tmp_path / "long.warc.gz"
    reading = Reading(maximum_record_bytes=1 << 20)
    for data in (b"".join(map(gzip.compress, records)), gzip.compress(b"".join(records)), b"".join(records)):
        path.write_bytes(data)
        found = read(path, reading=reading)
        expected = Refusal("record_bytes", value=len(http(body)), threshold=1 << 20)
        assert refusals(found) == [None, expected, None]
        assert len({record.id for record in found}) == 3


def test_a_length_of_terabytes_costs_one_record_and_no_memory(tmp_path: Path) -> None:
    records = pages(5)
    path = tmp_path / "terabytes.warc.gz"
    for index in (0, 2, 4):
        changed = list(records)
        changed[index] = re.sub(rb"Content-Length: \d+", b"Content-Length: 9000000000000", records[index], count=1)
        for data in (b"".join(map(gzip.compress, changed)), gzip.compress(b"".join(changed)), b"".join(changed)):
            path.write_bytes(data)
            tracemalloc.start()
            found = read(path)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < 5 << 20
            assert [number for number, record in enumerate(found) if record.refusal] == [index]
            assert found[index].refusal == Refusal("damaged_record", detail="truncated")
            assert len({record.id for record in found}) == 5
