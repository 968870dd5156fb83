"""WARC files to records: web pages as they were served, and the plain text of WET files."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import IO

from fastwarc import ArchiveIterator, WarcRecord

from stages.artifacts import open_file
from stages.document import Record, Refusal
from stages.errors import GristmillError
from stages.recipe import Source
from stages.sources.charset import decode_text
from stages.sources.gzip_members import GzipMember
from stages.sources.http_body import UndecodableBodyError, decode_body
from stages.sources.span import Span
from stages.sources.warc_framing import MAXIMUM_HEADER_BYTES, Damage, RawRecord, gzip_records, plain_records

_GZIP_MAGIC = b"\x1f\x8b"
_VERSION = b"WARC/"
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_HTML_START = re.compile(rb"[\xef\xbb\xbf\s]*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([^\s;\"']+)", re.IGNORECASE)


def read_warc(source: Source, span: Span) -> Iterator[Record]:  # noqa: ARG001 - readers share one signature
    """Yields the records that start in the span of a `.warc.gz` or an uncompressed WARC file.

    Refused are all records but responses and the text of WET files (`not_a_response`), statuses other than 200
    (`http_status`), other content than HTML (`content_type`) and what cannot be read (`damaged_record`).
    """
    with open_file(span.path) as file:
        size = file.seek(0, 2)
        if size == 0:
            return
        if span.start == 0 and not _holds_records(file, size, span.path):
            raise GristmillError(f"{span.path}: not a WARC file")
        for found in _framed(file, size, span):
            if isinstance(found, Damage):
                yield _damaged(span.path, found.offset, found.detail)
            else:
                yield _record(found, span.path)


def _framed(file: IO[bytes], size: int, span: Span) -> Iterator[RawRecord | Damage]:
    file.seek(0)
    head = file.read(len(_VERSION))
    if head.startswith(_GZIP_MAGIC) or (span.path.endswith(".gz") and head != _VERSION):
        return gzip_records(file, size, span.start, span.stop)
    return plain_records(file, span.start, span.stop)


def _holds_records(file: IO[bytes], size: int, path: str) -> bool:
    """Whether the file begins as a WARC file, or, its beginning being damaged, goes on as one."""
    file.seek(0)
    head = file.read(len(_VERSION))
    if head[:2] == _GZIP_MAGIC[: len(head)]:
        head = GzipMember(file, 0).read(len(_VERSION)) or b""
    if _VERSION.startswith(head):
        return True  # also where it is cut off at once
    return any(isinstance(found, RawRecord) for found in _framed(file, size, Span(path, 0, size)))


def _record(raw: RawRecord, path: str) -> Record:
    try:
        warc = next(iter(ArchiveIterator(BytesIO(raw.data), max_header_len=MAXIMUM_HEADER_BYTES, stream_detect=False)))
        body = warc.reader.read()
    except (OSError, StopIteration) as error:
        return _damaged(path, raw.offset, str(error) or "not a WARC record")
    content = _content(warc, body, raw.dropped_bytes)
    refusal = content if isinstance(content, Refusal) else None
    charset = _CHARSET.search(_content_type(warc))
    identity = _bare(warc.headers.get("WARC-Record-ID")) or (f"{path}:{raw.offset}" if refusal else "")
    return Record(
        identity=identity,
        media="text" if _kind(warc) == "conversion" else "html",
        content=b"" if isinstance(content, Refusal) else content,
        file=path,
        offset=raw.offset,
        url=_bare(warc.headers.get("WARC-Target-URI")),
        date=warc.headers.get("WARC-Date"),
        charset=charset[1] if charset else None,
        refusal=refusal,
    )


def _content(warc: WarcRecord, body: bytes, dropped_bytes: int) -> bytes | str | Refusal:
    """The page as the server meant it, without the codings of HTTP, or the text of a WET record."""
    content_type = _content_type(warc)
    if refusal := _refusal(warc, content_type):
        return refusal
    if dropped_bytes:
        return Refusal("damaged_record", detail=f"body is {len(body) + dropped_bytes} bytes long")
    if _kind(warc) == "conversion":
        return decode_text(body)
    headers = warc.http_headers
    try:
        page = decode_body(body, headers.get("Transfer-Encoding") or "", headers.get("Content-Encoding") or "")
    except UndecodableBodyError as error:
        return Refusal("damaged_record", detail=str(error))
    if not content_type and not _HTML_START.match(page):
        return Refusal("content_type", detail="none")
    return page


def _refusal(warc: WarcRecord, content_type: str) -> Refusal | None:
    """Why the headers alone rule the record out."""
    kind = _kind(warc)
    if kind == "conversion":
        return None
    if kind != "response":
        return Refusal("not_a_response", detail=kind)
    if warc.is_http:
        status = warc.http_headers.status_code
        if status is None:
            return Refusal("damaged_record", detail="no HTTP status")
        if status != 200:
            return Refusal("http_status", value=status, threshold=200)
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _HTML_TYPES or (warc.is_http and not media_type):
        return None
    return Refusal("content_type", detail=media_type or "none")


def _kind(warc: WarcRecord) -> str:
    return (warc.headers.get("WARC-Type") or "unknown").lower()


def _content_type(warc: WarcRecord) -> str:
    """What the server said, or else what the crawler found; empty if neither says."""
    if not warc.is_http:
        return warc.headers.get("Content-Type") or ""
    return warc.http_headers.get("Content-Type") or warc.headers.get("WARC-Identified-Payload-Type") or ""


def _bare(value: str | None) -> str | None:
    """A URI without the angle brackets that record ids have and that some crawlers put around addresses."""
    return value.removeprefix("<").removesuffix(">") if value else None


def _damaged(path: str, offset: int, detail: str) -> Record:
    refusal = Refusal("damaged_record", detail=detail)
    return Record(f"{path}:{offset}", "html", b"", path, offset, refusal=refusal)
