"""WARC records and files for the tests, among them files built to mislead a reader about where records start."""

import gzip
import random
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

from stages.document import Record, Refusal
from stages.recipe import Reading, Source
from stages.sources import Span, read_records

READING = Reading()
WARC = Source(name="crawl", format="warc", paths=("*",))


def http(body: bytes, status: str = "200 OK", content_type: str | None = "text/html", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def warc_record(block: bytes, number: int, kind: str = "response", **changes: str | None) -> bytes:
    fields: dict[str, str | None] = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{number}>",
        "WARC-Target-URI": f"http://example.com/{number}",
        "WARC-Date": "2024-01-02T03:04:05Z",
        "Content-Type": "application/http; msgtype=response",
        "Content-Length": str(len(block)),
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    header = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"WARC/1.0\r\n{header}\r\n".encode() + block + b"\r\n\r\n"


def arc_record(
    block: bytes, url: str, kind: str = "text/html", version: int = 1, date: str = "20070102030405"
) -> bytes:
    more = " 200 - - 1234 x.arc" if version == 2 else ""
    return f"{url} 93.184.216.34 {date} {kind}{more} {len(block)}\n".encode() + block + b"\n"


def arc_version_block(version: int = 1) -> bytes:
    names = "URL IP-address Archive-date Content-type " + "Result-code Checksum Location Offset Filename " * (
        version - 1
    )
    return arc_record(
        f"{version} 0 InternetArchive\n{names}Archive-length\n".encode(), "filedesc://x.arc", "text/plain", version
    )


def arc_records(blocks: Iterable[bytes], version: int = 1) -> list[bytes]:
    records = [
        arc_record(block, f"http://example.com/{number}", version=version) for number, block in enumerate(blocks)
    ]
    return [arc_version_block(version), *records]


def page(number: int) -> bytes:
    words = random.Random(number).choices(["mill", "grain", "stone", "flour", "water", "wheel", "sack"], k=300)
    return f"<html><title>{number}</title><p>{' '.join(words)}</p></html>".encode()


def pages(count: int) -> list[bytes]:
    return [warc_record(http(page(number)), number) for number in range(count)]


def stored(data: bytes) -> bytes:
    """A gzip member whose deflate blocks hold the data verbatim."""
    compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()


def misleading_bodies(count: int) -> list[bytes]:
    """Payloads that deflate stores verbatim and that hold gzip magic, gzip members and whole WARC files."""
    inner = pages(12)
    inner_gzip = b"".join(map(gzip.compress, inner))
    chance = random.Random(7)
    bodies = []
    for number in range(count):
        noise = chance.randbytes(chance.randint(100, 3000))
        magic = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
        choices = (
            page(number),
            b"".join(chance.randbytes(chance.randint(5, 200)) + magic for _ in range(30)),
            noise + stored(b"WARC/1.0\r\nWARC-Record-ID: <fake>\r\n\r\n" + noise) + noise,
            noise + inner_gzip * chance.randint(1, 6),
            inner_gzip,
            b"".join(inner),
        )
        bodies.append(choices[number % len(choices)])
    return bodies


def misleading_records(count: int) -> list[bytes]:
    return [warc_record(http(body), number) for number, body in enumerate(misleading_bodies(count))]


def starts_of(parts: Sequence[bytes]) -> list[int]:
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return starts


def read(path: object, start: int = 0, stop: int | None = None, reading: Reading = READING) -> list[Record]:
    return list(read_records(WARC, Span(str(path), start, 1 << 60 if stop is None else stop), reading))


def read_cut(path: object, size: int, cuts: Iterable[int]) -> list[Record]:
    """The records of all spans between the cuts, each of which must hold the records that it yields."""
    edges = sorted({0, size, *(cut for cut in cuts if 0 < cut < size)})
    found = []
    for start, stop in pairwise(edges):
        part = read(path, start, stop)
        assert all(start <= record.offset < stop for record in part)
        found += part
    return found


def refusals(records: Sequence[Record]) -> list[Refusal | None]:
    return [record.refusal for record in records]


def identities(records: Sequence[Record]) -> list[str]:
    return [record.identity for record in records]


def damaged(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.refusal and record.refusal.rule == "damaged_record"]
