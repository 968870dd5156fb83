"""JSON Lines files to records: one JSON object a line, UTF-8."""

import json
from collections.abc import Iterator
from io import BufferedIOBase

from stages.document import Record, Refusal
from stages.recipe import Source
from stages.sources.compression import DamagedStreamError, damage_named, is_first, open_decompressed
from stages.sources.rows import content_identity, row_record
from stages.sources.span import Span

MAXIMUM_LINE_BYTES = 64 << 20
"""A longer line is no document, and a worker holds a line in memory."""


def read_jsonl(source: Source, span: Span) -> Iterator[Record]:
    """Yields the lines that start in the span; blank lines are no records. Offsets are those of decompressed bytes.

    Refused are lines without a JSON object (`damaged_record`) and objects without a text (`missing_text`).
    """
    with open_decompressed(span.path) as opened:
        if not opened.is_plain and not is_first(span):
            return
        stream, offset = opened.stream, 0
        if opened.is_plain and span.start > 0:
            stream.seek(span.start - 1)
            offset = span.start - 1 + _skip_line(stream)
        try:
            while not opened.is_plain or offset < span.stop:
                with damage_named():
                    line = stream.readline(MAXIMUM_LINE_BYTES)
                    rest = 0 if line.endswith(b"\n") else _skip_line(stream)
                if not line:
                    return
                if rest:
                    yield _damaged(span.path, offset, f"line of {len(line) + rest} bytes")
                elif line.strip():
                    yield _record(source, line, span.path, offset)
                offset += len(line) + rest
        except DamagedStreamError as damage:
            yield _damaged(span.path, offset, str(damage))


def _skip_line(stream: BufferedIOBase) -> int:
    """Reads on past the end of the line; how many bytes that were."""
    skipped = 0
    while part := stream.readline(MAXIMUM_LINE_BYTES):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _record(source: Source, line: bytes, path: str, offset: int) -> Record:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict):
        return row_record(source, row, path, offset)
    refusal = Refusal("damaged_record", detail="not a JSON object")
    return Record(content_identity(line), "text", "", path, offset, refusal=refusal)


def _damaged(path: str, offset: int, detail: str) -> Record:
    refusal = Refusal("damaged_record", detail=detail)
    return Record(f"{path}:{offset}", "text", "", path, offset, refusal=refusal)
