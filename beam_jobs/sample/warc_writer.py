"""Pages as WARC/1.0 files (ISO 28500), as a crawler would have left them.

Each record is a gzip member of its own, so that a reader can start at any of them. Nothing but the page decides the
bytes of its record: neither the time of writing nor the page's place in the file nor the platform's gzip header.
"""

import base64
import hashlib
import re
import struct
import urllib.parse
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from beam_jobs.sample.outputs import SampleFolder
from stages.artifacts import OutputFile, join, written

# Enough files for several workers from the larger packages, and no more than one from the smaller.
FILE_BYTES = 4_000_000
GZIP_HEADER = bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF])
COMPRESSION_LEVEL = 6
CHARSET_WINDOW = 4096
META_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
XML_ENCODING = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """An HTML page and where it would be on the web."""

    host: str
    """Ends in `.invalid`, which never resolves (RFC 2606): nobody is sent to a site that has no such page."""
    path: str
    version: str
    """Of the package that the page is from."""
    modified: int
    """Seconds since 1970, UTC."""
    body: bytes

    @property
    def address(self) -> str:
        """The page's URL."""
        return page_address(self.host, self.path)


def page_address(host: str, path: str) -> str:
    """The URL of a page; a sample takes or leaves the page by it, whatever the package's version."""
    return f"https://{host}/{urllib.parse.quote(path)}"


def charset_of(body: bytes) -> str:
    """The character set that an HTML page declares for itself, in lower case; UTF-8 if it declares none."""
    start = body[:CHARSET_WINDOW]
    found = META_CHARSET.search(start) or XML_ENCODING.match(start)
    return found[1].decode("ascii").lower() if found else "utf-8"


def response_record(page: Page) -> bytes:
    """A page as the response of a server, compressed as one gzip member."""
    http = (
        "HTTP/1.1 200 OK\r\n"
        f"Content-Type: text/html; charset={charset_of(page.body)}\r\n"
        f"Content-Length: {len(page.body)}\r\n\r\n"
    )
    block = http.encode("ascii") + page.body
    return _record(
        {
            "WARC-Type": "response",
            "WARC-Record-ID": _record_id(f"{page.address} {page.version}"),
            "WARC-Date": _date(page.modified),
            "WARC-Target-URI": page.address,
            "WARC-Payload-Digest": _digest(page.body),
            "WARC-Identified-Payload-Type": "text/html",
            "WARC-Block-Digest": _digest(block),
            "Content-Type": "application/http; msgtype=response",
        },
        block,
    )


def information_record(file_name: str, origin: str, licence: str, modified: int) -> bytes:
    """The `warcinfo` record that begins a file: what it holds and under which licence."""
    block = (
        "software: Gristmill\r\n"
        "format: WARC File Format 1.0\r\n"
        f"description: HTML pages of the package {origin}, under addresses made up for them\r\n"
        f"licence: {licence}\r\n"
    ).encode()
    return _record(
        {
            "WARC-Type": "warcinfo",
            "WARC-Record-ID": _record_id(f"{file_name} {origin}"),
            "WARC-Date": _date(modified),
            "WARC-Filename": file_name,
            "WARC-Block-Digest": _digest(block),
            "Content-Type": "application/warc-fields",
        },
        block,
    )


def write_warc_files(
    folder: SampleFolder, package: str, version: str, licence: str, pages: Iterator[Page]
) -> list[OutputFile]:
    """Writes pages to `web/<package>-<number>.warc.gz`, a new file after every FILE_BYTES; none for no pages."""
    files: list[OutputFile] = []
    for first in pages:
        name = f"{package}-{len(files):05}.warc.gz"
        with written(join(folder.path, "web", name)) as temporary:
            start = information_record(name, f"{package} {version}", licence, first.modified)
            rows = _fill(temporary, start, chain([first], pages))
        files.append(folder.describe(f"web/{name}", rows))
    return files


def _fill(path: Path, start: bytes, pages: Iterator[Page]) -> int:
    rows = 0
    with path.open("wb") as file:
        size = file.write(start)
        for page in pages:
            size += file.write(response_record(page))
            rows += 1
            if size >= FILE_BYTES:
                break
    return rows


def _record(headers: dict[str, str], block: bytes) -> bytes:
    lines = ["WARC/1.0", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(block)}"]
    head = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return _gzip_member(head + block + b"\r\n\r\n")


def _gzip_member(data: bytes) -> bytes:
    # gzip.compress writes the platform and, in some versions, the time into the header.
    deflated = zlib.compress(data, COMPRESSION_LEVEL, wbits=-zlib.MAX_WBITS)
    return GZIP_HEADER + deflated + struct.pack("<LL", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _record_id(identity: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, identity)}>"


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode("ascii")
