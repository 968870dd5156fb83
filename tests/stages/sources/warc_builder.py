"""WARC records and files for the tests, among them files built to mislead a reader about where records start."""

import gzip
import random
import zlib
from collections.abc import Sequence

from stages.document import Record
from stages.recipe import Source
from stages.sources import Span, read_records

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


def read(path: object, start: int = 0, stop: int | None = None) -> list[Record]:
    return list(read_records(WARC, Span(str(path), start, 1 << 60 if stop is None else stop)))


def identities(records: Sequence[Record]) -> list[str]:
    return [record.identity for record in records]


def damaged(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if record.refusal and record.refusal.rule == "damaged_record"]
