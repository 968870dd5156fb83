"""Compressed WARC files: any cut, any damage, every record exactly once."""

import gzip
import io
import random
import re
from itertools import chain, pairwise
from pathlib import Path

import pytest
import zstandard

from stages.document import Refusal
from stages.errors import GristmillError
from stages.recipe import Reading
from stages.sources import Span, gzip_members, read_records, spans
from stages.sources.gzip_members import GzipMember
from stages.sources.window import Window
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
    stored,
    warc_record,
)


def members_of(records: list[bytes]) -> list[bytes]:
    """Incompressible records are stored, as a crawler's compressor does with images and archives."""
    return [
        stored(record) if number % 2 else gzip.compress(record, 6, mtime=0) for number, record in enumerate(records)
    ]


@pytest.fixture(scope="module")
def misleading(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    members = members_of(misleading_records(24))
    path = tmp_path_factory.mktemp("warc") / "misleading.warc.gz"
    path.write_bytes(b"".join(members))
    return path, members


@pytest.fixture(params=[600, 20_000, 1 << 20])
def anchor_window(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far before a span an anchor is looked for: small files would otherwise always be walked from the start."""
    monkeypatch.setattr(gzip_members, "_ANCHOR_WINDOW", request.param)


def test_the_misleading_file_misleads(misleading: tuple[Path, list[bytes]]) -> None:
    path, members = misleading
    with path.open("rb") as file:
        window = Window(file)
        likely = {
            match.start()
            for match in re.finditer(rb"\x1f\x8b\x08", path.read_bytes())
            if gzip_members._begins_record(window, match.start())
        }
    assert len(likely - set(starts_of(members))) > 100


def adversarial_cuts(data: bytes, starts: list[int], step: int) -> set[int]:
    """Around every record, into everything that looks like one, and regularly."""
    near_starts = {start + shift for start in starts for shift in (-1, 0, 1, 3, 10)}
    near_magic = [match.start() + 1 for match in re.finditer(rb"\x1f\x8b\x08", data)]
    return near_starts | set(near_magic[::step]) | set(range(0, len(data), 1429 * step))


def test_every_cut_gives_every_record_once(misleading: tuple[Path, list[bytes]], anchor_window: None) -> None:
    path, members = misleading
    data = path.read_bytes()
    whole = read(path)
    assert identities(whole) == [f"urn:uuid:{number}" for number in range(24)]
    assert [record.offset for record in whole] == starts_of(members)[:-1]
    cuts = adversarial_cuts(data, starts_of(members), 2)
    assert len(cuts) > 350
    assert read_cut(path, len(data), cuts) == whole


@pytest.mark.parametrize("seed", range(4))
def test_every_cut_of_a_damaged_file_gives_every_record_once(
    misleading: tuple[Path, list[bytes]], anchor_window: None, seed: int
) -> None:
    path, members = misleading
    check_damaged_cuts(path, members, seed, step=40)


def check_damaged_cuts(path: Path, members: list[bytes], seed: int, step: int) -> None:
    chance = random.Random(seed)
    broken = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 6)):
        start, count = chance.randrange(len(broken) - 600), chance.choice((1, 1, 30, 600))
        broken[start : start + count] = chance.randbytes(chance.choice((count, 1)))
    broken = broken[: chance.choice((len(broken), chance.randrange(len(broken) // 2, len(broken))))]
    other = path.with_name(f"damaged-{seed}.warc.gz")
    other.write_bytes(broken)
    cuts = adversarial_cuts(bytes(broken), [start for start in starts_of(members) if start < len(broken)], step)
    assert read_cut(other, len(broken), cuts) == read(other)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_many_cuts_of_many_damaged_files(misleading: tuple[Path, list[bytes]], anchor_window: None, seed: int) -> None:
    path, members = misleading
    check_damaged_cuts(path, members, seed + 100, step=2)


def test_candidates_across_the_edges_of_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzip_members, "_SCAN", 16)
    data = b"".join(bytes(number) + b"\x1f\x8b\x08\x00" for number in range(40))
    starts = [match.start() for match in re.finditer(rb"\x1f\x8b", data)]
    window = Window(io.BytesIO(data))
    assert list(gzip_members._candidates(window, 0, len(data))) == starts
    assert list(gzip_members._candidates(window, 1, starts[-1])) == starts[1:-1]


def test_spans_partition_the_file(misleading: tuple[Path, list[bytes]]) -> None:
    path, _ = misleading
    size = path.stat().st_size
    cut = spans(WARC.format, str(path), size, 50_000)
    assert [cut[0].start, cut[-1].stop] == [0, size]
    assert all(left.stop == right.start for left, right in pairwise(cut))
    assert all(span.stop - span.start <= 50_000 for span in cut)
    assert [record for span in cut for record in read_records(WARC, span, Reading())] == read(path)


@pytest.mark.parametrize("place", ["magic", "flags", "early", "middle", "late", "check_sum", "size"])
def test_a_damaged_member_costs_one_record(tmp_path: Path, place: str) -> None:
    members = [gzip.compress(record) for record in pages(12)]
    starts = starts_of(members)
    path = tmp_path / "damaged.warc.gz"
    for index, member in enumerate(members):
        shift = {
            "magic": 0,
            "flags": 3,
            "early": 30,
            "middle": len(member) // 2,
            "late": len(member) - 12,
            "check_sum": len(member) - 6,
            "size": len(member) - 2,
        }[place]
        broken = bytearray(b"".join(members))
        broken[starts[index] + shift] ^= 0xFF
        path.write_bytes(broken)
        records = read(path)
        assert [record.offset for record in records] == starts[:-1]
        assert [record.offset for record in damaged(records)] == [starts[index]]
        for cut in (starts[index] - 1, starts[index], starts[index] + 1, starts[index + 1]):
            assert read(path, 0, max(cut, 0)) + read(path, max(cut, 0)) == records


@pytest.mark.parametrize("indices", [(3, 4), (2, 4, 6), (0, 11), (1, 2, 3, 4, 5), tuple(range(12))])
def test_many_damaged_members_cost_as_many_records(
    tmp_path: Path, indices: tuple[int, ...], anchor_window: None
) -> None:
    members = [gzip.compress(record) for record in pages(12)]
    starts = starts_of(members)
    broken = bytearray(b"".join(members))
    for index in indices:
        broken[starts[index] + len(members[index]) // 2] ^= 0xFF
    path = tmp_path / "damaged.warc.gz"
    path.write_bytes(broken)
    records = read(path)
    assert [record.offset for record in records] == starts[:-1]
    assert [record.offset for record in damaged(records)] == [starts[index] for index in indices]
    assert len(set(identities(records))) == 12
    edges = range(0, len(broken) + 100, 100)
    parts = [read(path, start, stop) for start, stop in pairwise(edges)]
    assert list(chain.from_iterable(parts)) == records


@pytest.mark.parametrize("place", ["magic", "middle", "check_sum"])
def test_damage_in_a_misleading_member_frees_nothing_that_it_holds(
    misleading: tuple[Path, list[bytes]], place: str
) -> None:
    path, members = misleading
    starts = starts_of(members)
    for index in range(len(members)):
        broken = bytearray(path.read_bytes())
        shift = {"magic": 0, "middle": len(members[index]) // 2, "check_sum": len(members[index]) - 6}[place]
        broken[starts[index] + shift] ^= 0xFF
        other = path.with_name("broken.warc.gz")
        other.write_bytes(broken)
        records = read(other)
        assert [record.offset for record in records] == starts[:-1]
        assert [record.offset for record in damaged(records)] == [starts[index]]


def test_damage_far_inside_of_a_long_member(tmp_path: Path) -> None:
    """A span after it must not take it for one that goes on past the span."""
    chance = random.Random(3)
    long = bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=180_000))
    members = [gzip.compress(record) for record in [warc_record(http(long), 99), *pages(8)]]
    starts = starts_of(members)
    broken = bytearray(b"".join(members))
    assert starts[1] > 100_000
    broken[starts[1] - 3000] ^= 0xFF
    path = tmp_path / "long.warc.gz"
    path.write_bytes(broken)
    whole = read(path)
    assert [record.offset for record in whole] == starts[:-1]
    parts = [read(path, start, start + 50) for start in range(0, len(broken), 50) if start > starts[1] - 5000]
    assert list(chain.from_iterable(parts)) == whole[1:]


@pytest.mark.parametrize("seed", range(5))
def test_a_zeroed_block_costs_what_it_covers(tmp_path: Path, seed: int) -> None:
    members = [gzip.compress(record) for record in pages(30)]
    starts = starts_of(members)
    broken = bytearray(b"".join(members))
    start = random.Random(seed).randrange(len(broken) - 1500)
    broken[start : start + 1500] = bytes(1500)
    path = tmp_path / "zeroed.warc.gz"
    path.write_bytes(broken)
    records = read(path)
    untouched = [number for number in range(30) if starts[number + 1] <= start or starts[number] >= start + 1500]
    assert identities([record for record in records if not record.refusal]) == [
        f"urn:uuid:{number}" for number in untouched
    ]
    assert damaged(records)


def test_truncation_is_told_and_costs_the_last_record(misleading: tuple[Path, list[bytes]]) -> None:
    path, members = misleading
    data, starts = path.read_bytes(), starts_of(members)
    inside = [match.start() for match in re.finditer(rb"\x1f\x8b\x08", data)]
    short = path.with_name("short.warc.gz")
    for length in [*range(1, 200, 40), *inside[1::40], *(start - 1 for start in starts[1:]), *starts[1:]]:
        short.write_bytes(data[:length])
        complete = [start for start, end in pairwise(starts) if end <= length]
        records = read(short)
        assert [record.offset for record in records if not record.refusal] == complete
        cut = damaged(records)
        assert len(cut) == (0 if length in starts else 1)
        assert all(record.refusal and record.refusal.detail == "truncated" for record in cut)


@pytest.mark.parametrize("index", [0, 1, 10])
@pytest.mark.parametrize("shifts", [(15, 15), (12, 40), (11, 11, 11, 14)])
def test_adjacent_damaged_members_with_whole_headers_are_told_apart(
    tmp_path: Path, index: int, shifts: tuple[int, ...]
) -> None:
    """The first bytes of their deflate streams are destroyed: nothing of them inflates to a record."""
    members = [gzip.compress(record, mtime=0) for record in pages(12 + len(shifts))]
    starts = starts_of(members)
    broken = bytearray(b"".join(members))
    for number, shift in enumerate(shifts):
        place = starts[index + number] + shift
        broken[place : place + 3] = b"\xff\xff\xff"
    path = tmp_path / "adjacent.warc.gz"
    path.write_bytes(broken)
    records = read(path)
    assert [record.offset for record in records] == starts[:-1]
    assert [record.offset for record in damaged(records)] == starts[index : index + len(shifts)]
    assert read_cut(path, len(broken), range(0, len(broken), 50)) == records


@pytest.mark.parametrize("seed", range(8))
def test_random_damage_costs_the_members_that_it_hits(tmp_path: Path, seed: int) -> None:
    """But for their headers and the sizes at their ends, without which adjacent ones cannot be told apart."""
    chance = random.Random(seed)
    members = [gzip.compress(record, mtime=0) for record in pages(20)]
    starts = starts_of(members)
    hit = sorted(chance.sample(range(20), chance.randint(2, 20)))
    broken = bytearray(b"".join(members))
    for index in hit:
        place = starts[index] + chance.randrange(10, len(members[index]) - 8)
        broken[place] ^= chance.randrange(1, 256)
    path = tmp_path / "hit.warc.gz"
    path.write_bytes(broken)
    records = read(path)
    assert [record.offset for record in records] == starts[:-1]
    assert [record.offset for record in damaged(records)] == [starts[index] for index in hit]
    assert len(set(identities(records))) == 20


def test_members_in_one_piece_and_as_streams_give_the_same(
    misleading: tuple[Path, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = misleading
    whole = read(path)
    monkeypatch.setattr(GzipMember, "whole", lambda member: None)
    assert read(path) == whole


def test_one_stream_for_all_records(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(pages(50)))
    path = tmp_path / "one.warc.gz"
    path.write_bytes(data)
    whole = read(path)
    assert identities(whole) == [f"urn:uuid:{number}" for number in range(50)]
    parts = [read(path, start, start + 1000) for start in range(0, len(data), 1000)]
    assert list(chain.from_iterable(parts)) == whole
    path.write_bytes(data[: len(data) // 2])
    cut = read(path)
    assert identities(cut[:-1]) == identities(whole)[: len(cut) - 1]
    assert len(cut) > 10
    assert cut[-1].refusal is not None
    assert cut[-1].refusal.detail == "truncated"


def test_a_member_that_holds_no_record(tmp_path: Path) -> None:
    members = [gzip.compress(record) for record in pages(2)]
    path = tmp_path / "odd.warc.gz"
    path.write_bytes(members[0] + gzip.compress(b"something else") + gzip.compress(b"") + members[1])
    found = read(path)
    assert [record.refusal.detail if record.refusal else None for record in found] == [None, "not a WARC record", None]


@pytest.mark.parametrize("bit", range(80))
def test_damaged_headers_are_judged_alike_in_one_piece_and_as_streams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bit: int
) -> None:
    broken = bytearray(b"".join(gzip.compress(record, mtime=0) for record in pages(3)))
    broken[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "header.warc.gz"
    path.write_bytes(broken)
    found = read(path)
    assert len(found) == 3
    monkeypatch.setattr(GzipMember, "whole", lambda member: None)
    assert read(path) == found


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.warc.gz"
    path.write_bytes(b"")
    assert read(path) == []
    assert [
        record for span in spans(WARC.format, str(path), 0, 100) for record in read_records(WARC, span, Reading())
    ] == []


@pytest.mark.parametrize(
    "content",
    [
        b"<html>not here</html>",
        b'{"text": "x"}\n' * 100,
        gzip.compress(b'{"a": 1}\n', mtime=0) * 3,
        b"\x1f",
        bytes(100),
        zstandard.compress(b'{"a": 1}\n'),
    ],
)
@pytest.mark.parametrize("name", ["wrong.warc.gz", "wrong.warc", "wrong.warc.zst"])
def test_another_kind_of_file_is_one_damaged_record(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    (found,) = read(path)
    assert (found.identity, found.offset) == (f"{path}:0", 0)
    detail = "truncated" if len(content) == 1 else "not a WARC file"
    assert found.refusal == Refusal("damaged_record", detail=detail)
    assert read_cut(path, len(content), range(0, 100, 7)) == [found]


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"missing\.warc\.gz"):
        read(tmp_path / "missing.warc.gz")


def test_names_do_not_decide_how_a_file_is_read(tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.warc.gz", tmp_path / "packed.warc"
    plain.write_bytes(b"".join(pages(3)))
    packed.write_bytes(b"".join(map(gzip.compress, pages(3))))
    assert identities(read(plain)) == identities(read(packed)) == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:2"]
    assert Span(str(plain), 0, 1) != Span(str(packed), 0, 1)
    assert page(1) in read(plain)[1].content
