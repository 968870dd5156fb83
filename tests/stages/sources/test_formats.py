"""What a file is, by its bytes or its name, and which files of a folder are data."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest
import zstandard

from stages.errors import GristmillError
from stages.sources.formats import HEAD_BYTES, detect_format, is_data
from tests.stages.sources.misbehaving_server import quick, serving

HTTP = quick()
WARC = b"WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n"
ARC = b"filedesc://crawl.arc 0.0.0.0 20080101000000 text/plain 76\n"
WIKI = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def detect(folder: Path, data: bytes, name: str = "file") -> str:
    path = folder / name
    path.write_bytes(data)
    return detect_format(str(path), HTTP)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (WARC, "warc"),
        (b"\r\n" + WARC, "warc"),
        (ARC, "warc"),
        (WIKI.encode(), "mediawiki"),
        (f'<?xml version="1.0"?>\n<!-- a dump -->\n{WIKI}'.encode(), "mediawiki"),
        (WIKI.encode("utf-16"), "mediawiki"),
        (WIKI.encode("utf-16-be"), "mediawiki"),
        (b"PAR1\x15\x04", "parquet"),
        (b'{"text": "one"}\n', "jsonl"),
        (b'\xef\xbb\xbf  {"text": "one"}\n', "jsonl"),
        (b"{}\n", "jsonl"),
        (b"<!DOCTYPE html>\n<title>", "html"),
        (b"\xef\xbb\xbf\n <!-- saved from a page -->\n<?xml version='1.0'?><!doctype HTML PUBLIC", "html"),
        ("<html lang='fr'>".encode("utf-16"), "html"),
        (b"<HTML>", "html"),
        (b"Call me Ishmael.", "text"),
        ("Ναι, το ξέρω".encode(), "text"),
        ("Ναι, το ξέρω".encode("iso8859-7"), "text"),
        ("これは日本語です".encode("iso2022-jp"), "text"),
        ("これは日本語です".encode("shift-jis"), "text"),
        (b"{{Infobox}} is wikitext", "text"),
        (b"<htmlish> is no tag", "text"),
        (b"the word WARC/1.0 comes later", "text"),
        (("é" * HEAD_BYTES).encode()[1:], "text"),
        (b"", "text"),
    ],
)
def test_the_first_bytes_tell_the_format(tmp_path: Path, data: bytes, found: str) -> None:
    assert detect(tmp_path, data) == found
    for pack in (gzip.compress, bz2.compress, lzma.compress, zstandard.compress):
        assert found == "parquet" or detect(tmp_path, pack(data)) == found


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("a.txt", WARC, "warc"),
        ("a.json", b"Call me Ishmael.", "jsonl"),
        ("page.HTM", b"<div>a fragment</div>", "html"),
        ("notes.md", b"# Notes", "text"),
        ("a.parquet", b"", "parquet"),
    ],
)
def test_the_name_tells_only_what_the_bytes_do_not(tmp_path: Path, name: str, data: bytes, found: str) -> None:
    assert detect(tmp_path, data, name) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.warc.gz", "warc"),
        ("a.arc.gz", "warc"),
        ("a.warc.wet.gz", "warc"),
        ("a.xml.bz2", "mediawiki"),
        ("a.jsonl", "jsonl"),
        ("a.jsonl.zst", "jsonl"),
        ("a.html", "html"),
        ("a.txt.gz", "text"),
        ("a.parquet", "parquet"),
    ],
)
def test_a_damaged_beginning_leaves_the_name(tmp_path: Path, name: str, found: str) -> None:
    damaged = {"gz": b"\x1f\x8b\x08\0" + b"\xff" * 40, "bz2": b"BZh9" + b"\xff" * 40, "zst": zstandard.FRAME_HEADER}
    assert detect(tmp_path, damaged.get(name.rpartition(".")[2], b"\0\0\0\0"), name) == found


def test_a_dump_that_is_cut_off_in_its_first_line_is_still_one(tmp_path: Path) -> None:
    cut = gzip.compress(b'<?xml version="1.0"?>', compresslevel=0)[:-16]
    assert detect(tmp_path, cut, "dump.xml.gz") == "mediawiki"


def test_bytes_before_the_damage_still_tell(tmp_path: Path) -> None:
    assert detect(tmp_path, gzip.compress(WARC * 1000, compresslevel=0)[:-100]) == "warc"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("logo", PNG, r'of no known format; set format = "warc" or "mediawiki" or .* or leave the file out'),
        ("logo.gz", gzip.compress(PNG, mtime=0), "of no known format"),
        ("cut.gz", gzip.compress(b"text", mtime=0)[:-2] + b"\xff", "of no known format"),
        ("archive.zip", b"PK\x03\x04\x14\0", "of no known format"),
        ("feed.xml", b'<?xml version="1.0"?><rss>', "XML, but not of MediaWiki"),
        ("list.json", b'[\n {"text": "one"}]', "one JSON list"),
        ("words.json", b'["a", "b"]', "one JSON list"),
        ("numbers.json", b"[[-1, 2], null]", "one JSON list"),
        ("paper", b"%PDF-1.4\n1 0 obj\n" + b"text " * 20_000, "of no known format"),
        ("paper.txt", b"%PDF-1.4\n", "of no known format"),
        ("table.json", b"\x7fELF\2\1\1", "of no known format"),
        ("photo.html", b"\xff\xd8\xff\xe0\0\x10JFIF", "of no known format"),
        ("animation", b"GIF89a  ", "of no known format"),
        ("logo.xml", PNG, "of no known format"),
    ],
)
def test_what_no_reader_knows_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    with pytest.raises(GristmillError, match=rf"/{name}: {message}") as caught:
        detect(tmp_path, data, name)
    assert "\n" not in str(caught.value)


def test_files_on_servers_are_looked_at_too() -> None:
    with serving({"/a.txt?b=c.warc": gzip.compress(WARC), "/d.html?b=/c.warc": b"<p>"}) as site:
        assert detect_format(f"{site.address}/a.txt?b=c.warc", HTTP) == "warc"
        assert detect_format(f"{site.address}/d.html?b=/c.warc", HTTP) == "html"


@pytest.mark.parametrize(
    ("source_format", "taken", "left"),
    [
        (
            "parquet",
            ["data/train-00000-of-00010.parquet", "part-0.snappy.PARQUET"],
            ["README.md", "dataset_infos.json", ".gitattributes", "_SUCCESS", ".cache/a.parquet", "_delta/a.parquet"],
        ),
        ("html", ["a.html", "b/c.htm", "d.xhtml", "a.html.gz"], ["style.css", "a.html.png", "image.gif"]),
        ("text", ["a.txt", "b.md", "c.text.zst", "README.md"], ["a.jpg", "text"]),
        ("warc", ["CC-MAIN.warc.gz", "part-0001"], ["CC-MAIN.cdx.gz", "index.cdxj", ".x.warc"]),
        ("mediawiki", ["w-pages-articles1.xml-p1p2.bz2"], ["w-pages-articles-multistream-index1.txt-p1p2.bz2"]),
        (
            "auto",
            ["a.warc.gz", "b.json", "notes.txt", "part-0001", "readmes.txt"],
            ["README", "readme.md", "LICENSE-MIT", "licence.txt", "dataset_info.json", "state.json", "SHA256SUMS"],
        ),
        ("jsonl", ["train.json", "a.jsonl.zst"], ["dataset_infos.json", "a.jsonl.md5", "enwiki-2025-sha1sums.txt"]),
    ],
)
def test_of_a_folder_only_data_is_taken(source_format: str, taken: list[str], left: list[str]) -> None:
    assert [name for name in taken + left if is_data(source_format, name)] == taken  # type: ignore[arg-type]
