"""HTML files: one file, one page, as it is stored."""

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from stages.document import Record, Refusal, identifier
from stages.recipe import Reading, Source
from stages.sources import Span, read_records

SITE = Source(name="site", format="html", paths=("*",))


def read(path: Path, start: int = 0, stop: int = 1 << 60, reading: Reading | None = None) -> list[Record]:
    return list(read_records(SITE, Span(str(path), start, stop), reading or Reading()))


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, zstandard.compress])
def test_one_file_is_one_page(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "page.html"
    page = "<html><meta charset=iso-8859-1><p>Mühle".encode("latin-1")
    path.write_bytes(compress(page))
    (found,) = read(path)
    assert found == Record("", "html", page, str(path), 0)
    assert (found.url, found.charset) == (None, None)
    assert found.id == identifier(page)
    assert read(path, 0, 9) + read(path, 9, 1000) == [found]


def test_a_page_over_the_bound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(b"<p>" * 100)
    (found,) = read(path, reading=Reading(maximum_record_bytes=299))
    assert found.refusal == Refusal("record_bytes", 300.0, 299.0)
    assert found.content == b""


def test_damaged_and_empty_files(tmp_path: Path) -> None:
    path = tmp_path / "page.html.gz"
    path.write_bytes(gzip.compress(b"<p>text" * 1000)[:-20])
    (found,) = read(path)
    assert found.refusal == Refusal("damaged_record", detail="truncated")
    assert (found.media, found.content) == ("html", b"")
    path.write_bytes(b"")
    assert read(path) == []
