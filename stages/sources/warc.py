"""WARC and ARC files to records: web pages as they were served, and the plain text of WET files."""

import re
from collections.abc import Iterator
from typing import IO

from stages.document import Record, Refusal
from stages.recipe import Reading, Source
from stages.sources.charset import decode_text
from stages.sources.files import open_source
from stages.sources.http_body import decode_body
from stages.sources.record_header import HttpHead, RecordHeader, parse_http_head
from stages.sources.span import Span
from stages.sources.warc_framing import Damage, RawRecord, gzip_records, plain_records, zstandard_records
from stages.sources.warc_layout import layout_of
from stages.sources.window import Window

CONTENT_TYPE_CHARACTERS = 1024
"""How much of a header field is looked at for the name of an encoding."""
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_HTML_START = re.compile(rb"[\xef\xbb\xbf\s]*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*(?:[\"']\s*)?([^\s;\"']+)", re.IGNORECASE)


def read_warc(source: Source, span: Span, reading: Reading) -> Iterator[Record]:  # noqa: ARG001 - readers share one signature
    """Yields the records that start in the span of a WARC or ARC file: gzip, Zstandard (WARC) or uncompressed.

    Content decides what a file is, not its name. Refused are all records but responses and the text of WET files
    (`not_a_response`), statuses other than 200 (`http_status`), other content than HTML (`content_type`), what is over
    the bounds of `reading` (`record_bytes`, `expansion`, `content_codings`), bodies that are not what their headers
    say (`undecodable_body`), and damage of the file itself (`damaged_record`), of which a file that holds no record at
    all is one, at offset 0.
    """
    with open_source(span.path, reading.http) as file:
        window = Window(file)
        if window.size == 0:
            return
        for found in _framed(file, window, span, reading.maximum_record_bytes):
            yield _damaged(span.path, found) if isinstance(found, Damage) else _record(found, span.path, reading)


def _framed(file: IO[bytes], window: Window, span: Span, maximum_bytes: int) -> Iterator[RawRecord | Damage]:
    layout = layout_of(file, window, span.path)
    if layout == "gzip":
        return gzip_records(window, span.start, span.stop, maximum_bytes)
    if layout == "zstandard":
        return zstandard_records(window, span.start, span.stop, maximum_bytes)
    if layout == "plain":
        return plain_records(file, window.size, span.start, span.stop, maximum_bytes)
    return iter([Damage(0, 0, "not a WARC file")] if span.start == 0 else [])


def _record(raw: RawRecord, path: str, reading: Reading) -> Record:
    header = raw.header
    http = parse_http_head(raw.data, raw.block_start, raw.block_end) if _is_http(raw) else None
    content_type = header.content_type
    if http is not None:
        content_type = http.fields.get("content-type") or header.payload_type
    content = _refusal(header, http, content_type) or _content(raw, http, content_type, reading)
    refusal = content if isinstance(content, Refusal) else None
    charset = _CHARSET.search(content_type, 0, CONTENT_TYPE_CHARACTERS)
    return Record(
        identity=header.identity or (_place(path, raw.offset, raw.position) if refusal else ""),
        media="text" if header.kind == "conversion" else "html",
        content=b"" if isinstance(content, Refusal) else content,
        file=path,
        offset=raw.offset,
        url=header.url,
        date=header.date,
        charset=charset[1] if charset else None,
        refusal=refusal,
    )


def _is_http(raw: RawRecord) -> bool:
    """Whether the block is an HTTP response: it says so, or says nothing and begins as one."""
    if raw.header.kind != "response":
        return False
    content_type = raw.header.content_type.lower()
    return content_type.startswith("application/http") or (
        not content_type and raw.data.startswith(b"HTTP/", raw.block_start)
    )


def _refusal(header: RecordHeader, http: HttpHead | None, content_type: str) -> Refusal | None:
    """Why the headers alone rule the record out."""
    if header.kind == "conversion":
        return None
    if header.kind != "response":
        return Refusal("not_a_response", detail=header.kind)
    if http is not None and http.status != 200:
        detail = "no status line" if http.status is None else None
        return Refusal("http_status", value=http.status, threshold=200, detail=detail)
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _HTML_TYPES or (http is not None and not media_type):
        return None
    return Refusal("content_type", detail=media_type or "none")


def _content(raw: RawRecord, http: HttpHead | None, content_type: str, reading: Reading) -> bytes | str | Refusal:
    """The page as the server meant it, without the codings of HTTP, or the text of a WET record."""
    if raw.length > reading.maximum_record_bytes:
        if raw.expansion > reading.maximum_expansion:
            return Refusal("expansion", value=raw.expansion, threshold=reading.maximum_expansion)
        return Refusal("record_bytes", value=raw.length, threshold=reading.maximum_record_bytes)
    body = raw.data[http.body_start if http else raw.block_start : raw.block_end]
    if raw.header.kind == "conversion":
        return decode_text(body)
    if http is None:
        return body
    transfer, coding = http.fields.get("transfer-encoding"), http.fields.get("content-encoding")
    page = decode_body(body, transfer or "", coding or "", reading) if transfer or coding else body
    if isinstance(page, bytes) and not content_type and not _HTML_START.match(page):
        return Refusal("content_type", detail="none")
    return page


def _place(path: str, offset: int, position: int) -> str:
    return f"{path}:{offset}+{position}" if position else f"{path}:{offset}"


def _damaged(path: str, damage: Damage) -> Record:
    refusal = Refusal("damaged_record", detail=damage.detail)
    return Record(_place(path, damage.offset, damage.position), "html", b"", path, damage.offset, refusal=refusal)
