"""JSON Lines: cuts, compression, damage, and the columns of a row."""

import bz2
import gzip
import json
import lzma
import tracemalloc
from collections.abc import Callable
from itertools import chain, pairwise
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Record, Refusal, identifier
from stages.errors import GristmillError
from stages.recipe import Reading, Source
from stages.sources import Span, read_records, spans

LINES = Source(name="notes", format="jsonl", paths=("*",))
NAMED = Source(
    name="notes",
    format="jsonl",
    paths=("*",),
    text_column="body",
    id_column="key",
    url_column="link",
    title_column="head",
    date_column="day",
)
COMPRESSIONS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress]


def read(path: Path, start: int = 0, stop: int = 1 << 60, source: Source = LINES) -> list[Record]:
    return list(read_records(source, Span(str(path), start, stop), Reading()))


def lines(count: int) -> bytes:
    return b"".join(json.dumps({"text": f"line {number} " * (number % 7)}).encode() + b"\n" for number in range(count))


def refusals(records: list[Record]) -> list[Refusal | None]:
    return [record.refusal for record in records]


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(1, 9), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_cut_gives_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], step: int, ends_in_newline: bool
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "notes.jsonl"
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    path.write_bytes(("\n".join(rows) + "\n" * ends_in_newline).encode("utf-8", "surrogatepass"))
    whole = read(path)
    assert [record.content for record in whole if not record.refusal] == texts
    parts = [read(path, start, start + step) for start in range(0, path.stat().st_size, step)]
    assert list(chain.from_iterable(parts)) == whole


def test_spans_of_an_uncompressed_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(lines(500))
    cut = spans(LINES.format, str(path), path.stat().st_size, 1000)
    assert len(cut) > 10
    assert [record for span in cut for record in read_records(LINES, span, Reading())] == read(path)
    assert [record.offset for record in read(path)][:2] == [0, len(b'{"text": ""}\n')]


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_compressed_files_are_one_span_and_hold_the_same(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "notes.jsonl.gz"
    data = lines(300)
    path.write_bytes(compress(data[:5000]) + compress(data[5000:]))
    size = path.stat().st_size
    assert spans(LINES.format, str(path), size, 100) == [Span(str(path), 0, size)]
    texts = [json.loads(line)["text"] for line in data.splitlines()]
    parts = [read(path, start, stop) for start, stop in pairwise([0, size // 3, size // 2, size])]
    assert [record.content for part in parts for record in part] == texts


@pytest.mark.parametrize("compress", COMPRESSIONS[1:])
def test_a_truncated_file_keeps_what_comes_before(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "notes.jsonl.gz"
    data = lines(20_000)
    half = len(data) // 2
    path.write_bytes((compress(data[:half]) + compress(data[half:]))[:-40])
    *complete, last = read(path)
    assert len(complete) > 9_000
    assert not any(refusals(complete))
    assert last.refusal == Refusal("damaged_record", detail="truncated")
    assert last.offset == complete[-1].offset + len(json.dumps({"text": complete[-1].content})) + 1


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_a_damaged_file_is_told(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "notes.jsonl.gz"
    broken = bytearray(compress(lines(20_000)))
    broken[len(broken) // 2] ^= 0xFF
    path.write_bytes(broken)
    last = read(path)[-1]
    assert last.refusal is not None
    assert last.refusal.rule == "damaged_record"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"{not json}", "damaged_record"),
        (b"[1, 2]", "damaged_record"),
        (b'"text"', "damaged_record"),
        (b'{"text": "\xff"}', "damaged_record"),
        (b"[" * 100_000, "damaged_record"),
        (b'{"text": null}', "missing_text"),
        (b'{"other": "x"}', "missing_text"),
        (b'{"text": ["x"]}', "missing_text"),
        (b'{"text": 5}', "missing_text"),
    ],
)
def test_lines_that_hold_no_text(tmp_path: Path, line: bytes, rule: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b'{"text": "a"}\n' + line + b'\n\n  \n{"text": "b"}')
    first, wrong, last = read(path)
    assert (first.content, last.content) == ("a", "b")
    assert wrong.refusal is not None
    assert wrong.refusal.rule == rule
    assert wrong.content == ""
    assert wrong.identity
    assert wrong.offset == 14


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_a_line_over_the_bound_is_refused(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "notes.jsonl"
    longest = b'{"text": "' + b"y" * 88 + b'"}'
    path.write_bytes(compress(b'{"text": "a"}\n{"text": "' + b"x" * 1000 + b'"}\n' + longest + b"\n" + longest + b" "))
    reading = Reading(maximum_record_bytes=100)
    size = path.stat().st_size
    first, long, exact, last = read_records(LINES, Span(str(path), 0, size), reading)
    assert long.refusal == Refusal("record_bytes", 1013.0, 100.0)
    assert (first.content, exact.content, long.content) == ("a", "y" * 88, "")
    assert last.refusal == Refusal("record_bytes", 101.0, 100.0)
    for cut in range(1, size, 7):
        parts = [list(read_records(LINES, Span(str(path), *edges), reading)) for edges in ((0, cut), (cut, size))]
        assert [*parts[0], *parts[1]] == [first, long, exact, last]


def test_a_long_line_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b"x" * 20_000_000)
    tracemalloc.start()
    (found,) = read_records(LINES, Span(str(path), 0, 1 << 60), Reading(maximum_record_bytes=100))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.refusal == Refusal("record_bytes", 20_000_000.0, 100.0)
    assert peak < 4_000_000


def test_damage_in_the_middle_is_told_once_and_ends_the_file(tmp_path: Path) -> None:
    """The lines of later gzip members are not read: nobody knows where the first of them begins."""
    path = tmp_path / "notes.jsonl.gz"
    members = [gzip.compress(lines(3000), mtime=0) for _ in range(3)]
    path.write_bytes(members[0] + b"\x00" * 10 + bytes(range(200)) + members[2])
    *complete, last = read(path)
    assert len(complete) == 3000
    assert not any(refusals(complete))
    assert last.refusal is not None
    assert last.refusal.rule == "damaged_record"
    assert last.offset == len(lines(3000))


def test_frames_with_a_long_window_and_frames_to_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl.zst"
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = frame.compress(lines(100)) + frame.flush()
    path.write_bytes(b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + data)
    assert len(read(path)) == 100
    assert not any(refusals(read(path)))


def test_columns(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    row = {"body": "text", "key": 17, "link": "http://example.com", "head": "Title", "day": "2024-01-02"}
    path.write_text(json.dumps(row) + "\n" + json.dumps({"body": "text"}))
    first, second = read(path, source=NAMED)
    assert first == Record(
        identity="notes:17",
        media="text",
        content="text",
        file=str(path),
        offset=0,
        url="http://example.com",
        date="2024-01-02",
        title="Title",
    )
    assert second.identity == ""
    assert second.id == identifier("text")


def test_fields_hold_no_lone_surrogates(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"body": "x", "head": "a\\ud800b"}')
    (found,) = read(path, source=NAMED)
    assert found.title == "a?b"


def test_a_byte_order_mark_and_windows_newlines(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a"}\r\n{"text": "b"}\r\n')
    assert [record.content for record in read(path)] == ["a", "b"]


def test_empty_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"")
    assert read(path) == []
    with pytest.raises(GristmillError, match=r"missing\.jsonl"):
        read(tmp_path / "missing.jsonl")
    with pytest.raises(GristmillError, match=str(tmp_path)):
        read(tmp_path)


def nested(depth: int, text: str = "text") -> bytes:
    return json.dumps({"text": text, "more": "\\"}).encode()[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}\n"


def test_the_depth_of_a_line_is_bounded_whatever_the_stack_of_the_caller(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    brackets = '["{\\' * 300
    shallow = b'{"text": "text", "deep": [' + b"[], " * 500 + b"{}]}\n"
    path.write_bytes(nested(199) + nested(200) + nested(5_000) + nested(1, brackets) + shallow)
    too_deep = Refusal("damaged_record", detail="lists and objects more than 200 deep")

    def below(frames: int) -> list[Record]:
        return below(frames - 1) if frames else read(path)

    found = below(400)
    assert refusals(found) == [None, too_deep, too_deep, None, None]
    assert found[3].content == brackets
    assert found == read(path)


def test_looking_for_depth_takes_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b"{" * 150 + b'"' + b'["\\"' * 300_000 + b"[" * 60)
    (found,) = read(path)
    assert found.refusal is not None


def test_a_line_of_only_a_byte_order_mark_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\n{"text": "one"}\n')
    assert [record.content for record in read(path)] == ["one"]


@pytest.mark.parametrize("key", ["", None])
def test_an_empty_id_is_none(tmp_path: Path, key: str | None) -> None:
    path = tmp_path / "notes.jsonl"
    rows = [{"body": "one", "key": key}, {"key": key, "n": 1}, {"key": key, "n": 2}, {"body": "x", "key": 0}]
    path.write_text("\n".join(map(json.dumps, rows)))
    found = read(path, source=NAMED)
    assert found[0].identity == ""
    assert len({record.id for record in found}) == 4
    assert found[3].identity == "notes:0"
