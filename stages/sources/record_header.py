"""The headers of archived records: WARC's named fields, ARC's one line, and the HTTP head of a response.

WARC: ISO 28500 (1.0, 1.1; the drafts 0.17 and 0.18 have the same fields). ARC: the file format reference of the
Internet Archive, versions 1 and 2, whose header is `URL IP-address date content-type [more fields] length`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

WARC_START = b"WARC/"
MAXIMUM_LINE_BYTES = 1 << 16

_ARC_LINE = re.compile(
    rb"([A-Za-z][A-Za-z0-9+.-]{0,31}:[^\r\n]*?) ([0-9A-Fa-f.:]{2,45}|-) (\d{14}) ([^\r\n]*?) ?(\d{1,19})\r?\n"
)
"""Both versions: the URL first, which old crawlers left with its spaces, and the length last."""
NEXT_RECORD = re.compile(rb"\n(?:WARC/\d\.\d+\r?\n(?=[A-Za-z][A-Za-z0-9-]*:)|(?=" + _ARC_LINE.pattern + rb"))")
"""A line feed and after it what begins a record."""

_BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_STATUS_LINE = re.compile(rb"HTTP/\d[\d.]*[ \t]+(\d{3})(?!\d)")
_DIGITS = re.compile(r"\d{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a record says of itself before its block."""

    kind: str
    """WARC-Type in lower case; of ARC records `response`, and `filedesc` for the one that describes the file."""
    length: int | None
    """Of the block, in bytes; None if the header does not say, or not in digits."""
    identity: str
    url: str | None
    date: str | None
    content_type: str
    """Of the block."""
    payload_type: str
    """What the crawler found the page to be; empty if it does not say."""


@dataclass(frozen=True, slots=True)
class HttpHead:
    """The head of an HTTP response; `body_start` is where its body begins in the data."""

    status: int | None
    fields: Mapping[str, str]
    body_start: int


def begins_record(head: bytes) -> bool:
    """Whether bytes, of which there are enough for a line, begin as a WARC or an ARC record does."""
    return head.startswith(WARC_START) or _ARC_LINE.match(head) is not None


def parse_header(header: bytes) -> RecordHeader:
    """A header that `begins_record`, with or without the blank line after it."""
    return _warc_header(header) if header.startswith(WARC_START) else _arc_header(header)


def parse_http_head(data: bytes, start: int, stop: int) -> HttpHead:
    """The head of the response in a range of the data; without a status line the status is None, and without an end
    of the head there is no body."""
    status = _STATUS_LINE.match(data, start, stop)
    end = _BLANK_LINE.search(data, start, stop)
    head = data[start : end.start() if end else stop]
    return HttpHead(int(status[1]) if status else None, _fields(head.decode("latin-1")), end.end() if end else stop)


def _warc_header(header: bytes) -> RecordHeader:
    fields = _fields(header.decode("utf-8", "replace"))
    length = fields.get("content-length", "")
    return RecordHeader(
        kind=(fields.get("warc-type") or "unknown").lower(),
        length=int(length) if _DIGITS.fullmatch(length) else None,
        identity=_bare(fields.get("warc-record-id")) or "",
        url=_bare(fields.get("warc-target-uri")),
        date=fields.get("warc-date"),
        content_type=fields.get("content-type", ""),
        payload_type=fields.get("warc-identified-payload-type", ""),
    )


def _arc_header(header: bytes) -> RecordHeader:
    found = _ARC_LINE.match(header)
    if found is None:
        raise ValueError("not the header of an ARC record")
    url = found[1].decode("utf-8", "replace")
    date = found[3].decode("ascii")
    content_type = found[4].decode("latin-1").partition(" ")[0]
    scheme = url.partition(":")[0].lower()
    return RecordHeader(
        kind="filedesc" if scheme == "filedesc" else "response",
        length=int(found[5]),
        identity=f"arc:{date}/{url}",
        url=url,
        date=f"{date[:4]}-{date[4:6]}-{date[6:8]}T{date[8:10]}:{date[10:12]}:{date[12:]}Z",
        content_type="application/http" if scheme in ("http", "https") else content_type,
        payload_type="" if content_type in ("no-type", "-") else content_type,
    )


def _fields(head: str) -> dict[str, str]:
    """Named fields by their names in lower case. Folded lines are joined; of a name given twice the first counts,
    but lists of codings go on (RFC 9110, 5.3)."""
    if "\n " in head or "\n\t" in head:
        head = _FOLD.sub(" ", head)
    fields: dict[str, str] = {}
    for line in head.split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            continue
        name = name.strip().lower()
        if name not in fields:
            fields[name] = value.strip()
        elif name in ("content-encoding", "transfer-encoding"):
            fields[name] += "," + value.strip()
    return fields


def _bare(value: str | None) -> str | None:
    """A URI without the angle brackets that record ids have and that some crawlers put around addresses."""
    return value.removeprefix("<").removesuffix(">") if value else None
