"""What becomes of a WARC record: its fields, the rules that refuse it, the codings of its body."""

import gzip
import time
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard

from stages.document import Record, Refusal, identifier
from stages.recipe import Reading
from tests.stages.sources.warc_builder import http, page, read, refusals, warc_record


def only(tmp_path: Path, *records: bytes) -> Record:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, records)))
    (found,) = read(path)
    return found


def refusal(tmp_path: Path, record: bytes) -> Refusal:
    found = only(tmp_path, record)
    assert found.content == b""
    assert found.refusal is not None
    return found.refusal


def test_the_fields_of_a_page(tmp_path: Path) -> None:
    found = only(tmp_path, warc_record(http(page(5), content_type='text/html; Charset="ISO-8859-2"'), 5))
    assert found == Record(
        identity="urn:uuid:5",
        media="html",
        content=page(5),
        file=str(tmp_path / "one.warc.gz"),
        offset=0,
        url="http://example.com/5",
        date="2024-01-02T03:04:05Z",
        charset="ISO-8859-2",
    )
    assert found.id == identifier("urn:uuid:5")


def test_addresses_in_angle_brackets(tmp_path: Path) -> None:
    found = only(tmp_path, warc_record(http(page(5)), 5, WARC_Target_URI="<http://example.com/a>"))
    assert found.url == "http://example.com/a"


@pytest.mark.parametrize("kind", ["request", "metadata", "warcinfo", "revisit", "resource", "continuation"])
def test_other_records_than_responses(tmp_path: Path, kind: str) -> None:
    assert refusal(tmp_path, warc_record(http(page(1)), 1, kind)) == Refusal("not_a_response", detail=kind)


@pytest.mark.parametrize("status", ["404 Not Found", "301 Moved", "206 Partial Content", "500", "999 Denied"])
def test_other_statuses_than_200(tmp_path: Path, status: str) -> None:
    found = refusal(tmp_path, warc_record(http(page(1), status), 1))
    assert found == Refusal("http_status", value=int(status[:3]), threshold=200)


@pytest.mark.parametrize(
    ("content_type", "detail"), [("image/png", "image/png"), ("Text/Plain; charset=utf-8", "text/plain"), ("", "none")]
)
def test_other_content_than_html(tmp_path: Path, content_type: str, detail: str) -> None:
    found = refusal(tmp_path, warc_record(http(b"\x89PNG", content_type=content_type), 1))
    assert found == Refusal("content_type", detail=detail)


@pytest.mark.parametrize(
    "content_type", ["text/html", "TEXT/HTML;charset=utf-8", "application/xhtml+xml", " text/html "]
)
def test_html_and_xhtml_pass(tmp_path: Path, content_type: str) -> None:
    assert only(tmp_path, warc_record(http(page(1), content_type=content_type), 1)).refusal is None


def test_a_page_without_a_content_type(tmp_path: Path) -> None:
    """The crawler's finding counts, then the page's own beginning."""
    bare = http(page(1), content_type=None)
    assert only(tmp_path, warc_record(bare, 1)).refusal is None
    image = warc_record(http(b"GIF89a", content_type=None), 1, WARC_Identified_Payload_Type="text/html")
    assert only(tmp_path, image).refusal is None
    named = warc_record(bare, 1, WARC_Identified_Payload_Type="application/pdf")
    assert refusal(tmp_path, named) == Refusal("content_type", detail="application/pdf")
    assert refusal(tmp_path, warc_record(http(b"GIF89a", content_type=None), 1)).detail == "none"


def test_a_response_that_is_not_http(tmp_path: Path) -> None:
    record = warc_record(b"20240102 example.com A 1.2.3.4", 1, Content_Type="text/dns")
    assert refusal(tmp_path, record) == Refusal("content_type", detail="text/dns")


def test_the_text_of_a_wet_file(tmp_path: Path) -> None:
    block = "Grüße aus der Mühle\n".encode()
    found = only(tmp_path, warc_record(block, 1, "conversion", Content_Type="text/plain"))
    assert (found.media, found.content, found.refusal) == ("text", "Grüße aus der Mühle\n", None)


def chunked(data: bytes) -> bytes:
    pieces = [data[start : start + 100] for start in range(0, len(data), 100)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
        ("gzip", lambda data: gzip.compress(data) + b"trailing garbage"),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
        ("identity", bytes),
        ("gzip", bytes),  # decoded by the crawler, which kept the header
        ("br", bytes),
        ("deflate", bytes),
        ("zstd", bytes),
        ("unheard-of", bytes),
    ],
)
def test_content_codings(tmp_path: Path, coding: str, encode: object) -> None:
    assert callable(encode)
    body = encode(page(3))
    assert only(tmp_path, warc_record(http(body, Content_Encoding=coding), 3)).content == page(3)
    both = http(chunked(body), Content_Encoding=coding, Transfer_Encoding="chunked")
    assert only(tmp_path, warc_record(both, 3)).content == page(3)


def test_a_body_that_only_says_that_it_is_chunked(tmp_path: Path) -> None:
    assert only(tmp_path, warc_record(http(page(3), Transfer_Encoding="chunked"), 3)).content == page(3)


def test_a_body_that_cannot_be_had_is_refused(tmp_path: Path) -> None:
    found = refusal(tmp_path, warc_record(http(gzip.compress(page(1))[:-20], Content_Encoding="gzip"), 1))
    assert found == Refusal("undecodable_body", detail="compressed body is truncated")
    found = refusal(tmp_path, warc_record(http(page(1), Content_Encoding="gzip, " * 1000), 1))
    assert found == Refusal("content_codings", value=1000, threshold=4)


def test_codings_may_stand_in_several_header_lines(tmp_path: Path) -> None:
    body = brotli.compress(gzip.compress(page(3)))
    block = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\ncontent-encoding: br\r\nContent-Type: text/html\r\n\r\n"
    assert only(tmp_path, warc_record(block + body, 3)).content == page(3)


def test_the_headers_of_a_record_that_is_too_long_still_count(tmp_path: Path) -> None:
    path = tmp_path / "long.warc.gz"
    body = b"".join(map(page, range(20)))
    records = [
        warc_record(http(body, content_type="video/mp4"), 1),
        warc_record(http(body), 2),
        warc_record(body, 3, "conversion", Content_Type="text/plain"),
        warc_record(body, 4, "resource", Content_Type="text/plain"),
    ]
    path.write_bytes(b"".join(map(gzip.compress, records)))
    assert refusals(read(path, reading=Reading(maximum_record_bytes=1000))) == [
        Refusal("content_type", detail="video/mp4"),
        Refusal("record_bytes", value=len(http(body)), threshold=1000),
        Refusal("record_bytes", value=len(body), threshold=1000),
        Refusal("not_a_response", detail="resource"),
    ]


@pytest.mark.parametrize("block", [b"nonsense\r\nContent-Type: text/html\r\n\r\n<html>", b"", b"ICY 200 OK\r\n\r\n"])
def test_a_response_without_a_status_line(tmp_path: Path, block: bytes) -> None:
    assert refusal(tmp_path, warc_record(block, 1)) == Refusal("http_status", threshold=200, detail="no status line")


@pytest.mark.parametrize(
    "block",
    [
        b"HTTP/1.1 200 OK\nContent-Type: text/html;\n charset=koi8-r\n\n<p>\r\n\r\n",
        b"HTTP/2 200\r\nCONTENT-TYPE:text/html;charset=koi8-r\r\ncontent-type: image/png\r\n\r\n<p>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n: no name\r\nContent-Type : text/html ; charset = koi8-r\r\n\r\n<p>\r\n\r\n",
    ],
)
def test_heads_as_servers_write_them(tmp_path: Path, block: bytes) -> None:
    found = only(tmp_path, warc_record(block, 1))
    assert (found.content, found.charset) == (b"<p>\r\n\r\n", "koi8-r")


def test_a_head_that_never_ends_has_no_body(tmp_path: Path) -> None:
    assert only(tmp_path, warc_record(b"HTTP/1.1 200 OK\r\nContent-Type: text/html", 1)).content == b""


@pytest.mark.parametrize("version", [b"WARC/0.17", b"WARC/0.18", b"WARC/1.1"])
def test_other_versions_of_the_standard(tmp_path: Path, version: bytes) -> None:
    record = warc_record(http(page(1)), 1).replace(b"WARC/1.0", version)
    assert only(tmp_path, record).content == page(1)
    assert only(tmp_path, record.replace(b"\r\n", b"\n", 8)).content == page(1)


def test_a_response_that_does_not_say_that_it_is_http(tmp_path: Path) -> None:
    assert only(tmp_path, warc_record(http(page(1)), 1, Content_Type=None)).content == page(1)


def test_a_record_without_an_id_is_named_by_its_content(tmp_path: Path) -> None:
    found = only(tmp_path, warc_record(http(page(1)), 1, WARC_Record_ID=None))
    assert found.identity == ""
    assert found.id == identifier(page(1))
    first = only(tmp_path, warc_record(http(page(1), "404"), 1, WARC_Record_ID=None))
    assert first.identity == f"{tmp_path / 'one.warc.gz'}:0"


def test_a_header_made_to_take_long_does_not(tmp_path: Path) -> None:
    path = tmp_path / "slow.warc"
    path.write_bytes(warc_record(http(page(1), content_type=f"text/html; charset={' ' * 500_000};"), 1))
    started = time.process_time()
    (record,) = read(path)
    assert (record.content, record.charset) == (page(1), None)
    assert time.process_time() - started < 2
