"""What becomes of a WARC record: its fields, the rules that refuse it, the codings of its body."""

import gzip
import tracemalloc
import zlib
from pathlib import Path

import brotli
import pytest
import zstandard

from stages.document import Record, Refusal, identifier
from stages.sources import http_body, warc_framing
from tests.stages.sources.warc_builder import http, page, read, warc_record


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


@pytest.mark.parametrize(
    ("headers", "body", "detail"),
    [
        ({"Content_Encoding": "gzip"}, gzip.compress(page(1))[:-20], "compressed body is truncated"),
        ({"Content_Encoding": "deflate"}, zlib.compress(page(1))[:-20], "compressed body is truncated"),
        ({"Content_Encoding": "br"}, brotli.compress(page(1))[:-20], "compressed body is truncated"),
        ({"Content_Encoding": "zstd"}, zstandard.compress(page(1))[:-20], "compressed body is truncated"),
        ({"Content_Encoding": "gzip"}, b"\x1f\x8b\x08" + b"\xff" * 90, "gzip: Error -3"),
        ({"Content_Encoding": "unheard-of"}, b"\x00\x01", "unknown content coding"),
        ({"Transfer_Encoding": "chunked"}, chunked(page(1))[:-300], "chunked body is truncated"),
        ({"Transfer_Encoding": "chunked"}, b"zz\r\nabc\r\n0\r\n\r\n", "chunked body is damaged"),
        ({"Transfer_Encoding": "chunked"}, b"-5\r\nabc\r\n0\r\n\r\n", "chunked body is damaged"),
    ],
)
def test_bodies_that_cannot_be_decoded(tmp_path: Path, headers: dict[str, str], body: bytes, detail: str) -> None:
    found = refusal(tmp_path, warc_record(http(body, **headers), 1))
    assert found.rule == "damaged_record"
    assert str(found.detail).startswith(detail)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_bodies_that_are_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coding: str, encode: object) -> None:
    assert callable(encode)
    monkeypatch.setattr(http_body, "MAXIMUM_BODY_BYTES", 1 << 20)
    found = refusal(tmp_path, warc_record(http(encode(bytes(8 << 20)), Content_Encoding=coding), 1))
    assert found == Refusal("damaged_record", detail="body expands to more than 1 MiB")
    enough = only(tmp_path, warc_record(http(encode(bytes(1 << 20)), Content_Encoding=coding), 1))
    assert enough.content == bytes(1 << 20)


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        ("gzip", gzip.compress(bytes(50 << 20), 1)),
        ("deflate", zlib.compress(bytes(50 << 20), 1)),
        ("br", brotli.compress(bytes(50 << 20), quality=1)),
    ],
)
def test_bombs_take_no_more_memory_than_the_bound(monkeypatch: pytest.MonkeyPatch, coding: str, bomb: bytes) -> None:
    monkeypatch.setattr(http_body, "MAXIMUM_BODY_BYTES", 1 << 20)
    tracemalloc.start()
    with pytest.raises(http_body.UndecodableBodyError):
        http_body.decode_body(bomb, "", coding)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 << 20


def test_blocks_over_the_bound_are_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_framing, "MAXIMUM_BLOCK_BYTES", 1000)
    body = page(1) * 3
    video = warc_record(http(body, content_type="video/mp4"), 1)
    assert refusal(tmp_path, video) == Refusal("content_type", detail="video/mp4")
    found = refusal(tmp_path, warc_record(http(body), 2))
    assert found == Refusal("damaged_record", detail=f"body is {len(body)} bytes long")
    text = refusal(tmp_path, warc_record(body, 3, "conversion", Content_Type="text/plain"))
    assert text == found


def test_a_response_without_a_status_line(tmp_path: Path) -> None:
    found = refusal(tmp_path, warc_record(b"nonsense\r\nContent-Type: text/html\r\n\r\n<html>", 1))
    assert found == Refusal("damaged_record", detail="no HTTP status")


def test_a_record_without_an_id_is_named_by_its_content(tmp_path: Path) -> None:
    found = only(tmp_path, warc_record(http(page(1)), 1, WARC_Record_ID=None))
    assert found.identity == ""
    assert found.id == identifier(page(1))
    first = only(tmp_path, warc_record(http(page(1), "404"), 1, WARC_Record_ID=None))
    assert first.identity == f"{tmp_path / 'one.warc.gz'}:0"
