"""Plain text files."""

import bz2
import gzip
import lzma
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from stages.document import Record, Refusal, identifier
from stages.errors import GristmillError
from stages.recipe import Reading, Source
from stages.sources import Span, read_records

BOOKS = Source(name="books", format="text", paths=("*",))


def read(path: Path, start: int = 0, stop: int = 1 << 60) -> list[Record]:
    return list(read_records(BOOKS, Span(str(path), start, stop), Reading()))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_one_file_is_one_record(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "book.txt"
    text = "Die Mühle\r\nam Bach\n" * 5000
    path.write_bytes(compress(text.encode()))
    (found,) = read(path)
    assert found == Record("", "text", text, str(path), 0)
    assert found.id == identifier(text)
    size = path.stat().st_size
    assert read(path, 0, size // 2) + read(path, size // 2, size) == [found]


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy. " * 20
    path.write_bytes(text.encode("cp1250"))
    assert read(path)[0].content == text
    path.write_bytes(text.encode("utf-16"))
    assert read(path)[0].content == text


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "book.txt.gz"
    path.write_bytes(gzip.compress(b"text " * 10_000)[:-20])
    (found,) = read(path)
    assert found.refusal == Refusal("damaged_record", detail="truncated")
    assert found.content == ""


def test_empty_and_missing_files(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    assert read(path) == []
    path.write_bytes(gzip.compress(b""))
    assert read(path) == []
    with pytest.raises(GristmillError, match=r"missing\.txt"):
        read(tmp_path / "missing.txt")


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_a_file_over_the_bound_is_refused_unread(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "book.txt"
    reading = Reading(maximum_record_bytes=100_000)
    span = Span(str(path), 0, 1 << 60)
    path.write_bytes(compress(b"x" * 100_000))
    (exact,) = read_records(BOOKS, span, reading)
    assert exact.refusal is None
    path.write_bytes(compress(b"x" * 9_000_000))
    tracemalloc.start()
    (found,) = read_records(BOOKS, span, reading)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = 9_000_000.0 if compress is bytes else 100_001.0
    assert found.refusal == Refusal("record_bytes", size, 100_000.0)
    assert found.content == ""
    assert peak < 14_000_000
