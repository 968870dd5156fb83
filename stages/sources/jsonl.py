"""JSON Lines files to records: one JSON object a line, UTF-8."""

import codecs
import json
import re
from collections.abc import Iterator
from io import BufferedIOBase

from stages.document import Record, Refusal
from stages.recipe import Reading, Source
from stages.sources.compression import damage_named, is_first, open_decompressed
from stages.sources.damage import DamagedStreamError, damaged_record
from stages.sources.rows import content_identity, row_record
from stages.sources.span import Span

MAXIMUM_DEPTH = 200
"""Lists and objects inside of each other; json's own bound is what the caller left of Python's stack, some 900."""

_SKIP_BYTES = 1 << 20
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+|[\[\]{}]', re.DOTALL)


def read_jsonl(source: Source, span: Span, reading: Reading) -> Iterator[Record]:
    """Yields the lines that start in the span; blank lines are no records. Offsets are those of decompressed bytes.

    Refused are lines without a JSON object, or with one deeper than `MAXIMUM_DEPTH`, and what comes after damage in a
    compressed file (`damaged_record`), lines over the bound, which are never in memory (`record_bytes`), and objects
    without a text (`missing_text`). After damage nothing more is read, not even of further gzip members: a line may
    begin in one and end in the next. gzip has one check sum a member, at its end: what damage makes of the lines before
    it is found is read as it is.
    """
    with open_decompressed(span.path, reading.http) as opened:
        if not opened.is_plain and not is_first(span):
            return
        stream, offset, maximum = opened.stream, 0, reading.maximum_record_bytes
        if opened.is_plain and span.start > 0:
            stream.seek(span.start - 1)
            offset = span.start - 1 + _skip_line(stream, span.stop - span.start + 1)
        try:
            while not opened.is_plain or offset < span.stop:
                with damage_named():
                    line = stream.readline(maximum + 1)
                    is_whole = line.endswith(b"\n") or len(line) <= maximum
                    rest = 0 if is_whole else _skip_line(stream)
                if not line:
                    return
                if not is_whole:
                    yield _too_long(span.path, offset, len(line) + rest, maximum)
                elif line.removeprefix(codecs.BOM_UTF8).strip():
                    yield _record(source, line, span.path, offset, maximum)
                offset += len(line) + rest
        except DamagedStreamError as damage:
            yield damaged_record(span.path, offset, str(damage))


def _skip_line(stream: BufferedIOBase, maximum_bytes: int | None = None) -> int:
    """Reads on past the end of the line, or so many bytes; how many bytes that were."""
    skipped = 0
    while maximum_bytes is None or skipped < maximum_bytes:
        part = stream.readline(_SKIP_BYTES)
        skipped += len(part)
        if not part or part.endswith(b"\n"):
            break
    return skipped


def _record(source: Source, line: bytes, path: str, offset: int, maximum_bytes: int) -> Record:
    if _is_too_deep(line):
        refusal = Refusal("damaged_record", detail=f"lists and objects more than {MAXIMUM_DEPTH} deep")
        return Record(content_identity(line), "text", "", path, offset, refusal=refusal)
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except ValueError:
        row = None
    if isinstance(row, dict):
        return row_record(source, row, path, offset, maximum_bytes)
    refusal = Refusal("damaged_record", detail="not a JSON object")
    return Record(content_identity(line), "text", "", path, offset, refusal=refusal)


def _is_too_deep(line: bytes) -> bool:
    if line.count(b"[") + line.count(b"{") <= MAXIMUM_DEPTH:
        return False
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(line):
        sign = token[0]
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > MAXIMUM_DEPTH:
            return True
    return False


def _too_long(path: str, offset: int, size: int, maximum_bytes: int) -> Record:
    refusal = Refusal("record_bytes", float(size), float(maximum_bytes))
    return Record(f"{path}:{offset}", "text", "", path, offset, refusal=refusal)
