"""Cutting a WARC or ARC file, compressed or not, into its records.

A damaged record, a wrong length or a missing end gives one `Damage` in the record's place; reading goes on at the
next record. What cannot be known: whether what looks like a record after one of wrong length is the next, or was
held by it.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from stages.sources import gzip_members, zstandard_frames
from stages.sources.compression import buffered
from stages.sources.gzip_members import GzipMember
from stages.sources.record_header import NEXT_RECORD, WARC_START, RecordHeader, begins_record, parse_header
from stages.sources.window import Window
from stages.sources.zstandard_frames import ZstandardFrame

MAXIMUM_HEADER_BYTES = 1 << 20
KEPT_BYTES = 1 << 16
"""What is kept of a block that is longer than a record may be: enough for the head of an HTTP response."""

_HEADER_END = re.compile(rb"\n\r*\n")
_LINE_END = re.compile(rb"\n")
_BUFFER = 1 << 16
_READ_STEP = 1 << 20
_SCAN = 1 << 20
_OVERLAP = 1 << 16


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record: its header, and its block within `data`, of which only the beginning is kept if it is too long."""

    offset: int
    """In the file as stored: the first byte of the record, or of the gzip member or frame that holds it."""
    position: int
    """In what the member or frame holds; 0 in files that are not compressed."""
    header: RecordHeader
    data: bytes
    block_start: int
    block_end: int
    length: int
    """Of the whole block, in bytes."""
    expansion: float = 1.0
    """Of a record that is too long: how many times larger the member or frame is, up to the record's end, than it was
    stored."""


@dataclass(frozen=True, slots=True)
class Damage:
    """The place of a record that cannot be read, and why."""

    offset: int
    position: int
    detail: str


Unit = GzipMember | ZstandardFrame
"""What is compressed by itself."""


def gzip_records(window: Window, start: int, stop: int, maximum_bytes: int) -> Iterator[RawRecord | Damage]:
    """The records of the gzip members that start in the range; blocks are kept up to `maximum_bytes`."""
    for member in gzip_members.members(window, start, stop):
        yield from _unit_records(member, window.size, maximum_bytes)


def zstandard_records(window: Window, start: int, stop: int, maximum_bytes: int) -> Iterator[RawRecord | Damage]:
    """The records of the Zstandard frames that start in the range, found by walking from the file's first byte."""
    for frame in zstandard_frames.frames(window):
        if frame.start >= stop:
            return
        if frame.start >= start:
            yield from _unit_records(frame, window.size, maximum_bytes)


def plain_records(
    file: IO[bytes], size: int, start: int, stop: int, maximum_bytes: int
) -> Iterator[RawRecord | Damage]:
    """The records that start in the range of an uncompressed file, found by walking from its first byte.

    Nothing else is sound: a record may hold a whole WARC file, and its records look like any other.
    """
    position: int | None = 0
    while position is not None:
        damaged_at: int | None = None
        file.seek(position)
        for found in _Records(buffered(file), maximum_bytes, size):
            if found.position >= stop:
                return
            if isinstance(found, Damage):
                damaged_at = found.position
            if found.position >= start:
                yield replace(found, offset=found.position, position=0)
        if damaged_at is None:
            return
        file.seek(damaged_at)
        position = _next_record(buffered(file))


def holds_plain_records(file: IO[bytes]) -> bool:
    """Whether some line of an uncompressed file, but the first, begins a record."""
    file.seek(0)
    return _next_record(buffered(file)) is not None


def _unit_records(unit: Unit, file_bytes: int, maximum_bytes: int) -> Iterator[RawRecord | Damage]:
    """The records of a member or frame.

    One that fails its check sum costs the record that was last read from it, so a record is held back until the next
    one, or the end, has been reached. After a record of wrong length others are looked for only in a unit that holds
    many: in any other they would be part of the damaged one.
    """
    content = unit.whole()
    if content is not None and (only := _only_record(unit.start, content, maximum_bytes)):
        yield only
        return
    held: RawRecord | Damage | None = None
    count = 0
    records: io.BufferedIOBase | None = io.BytesIO(content) if content is not None else _buffered(unit)
    while records is not None:
        for found in _Records(records, maximum_bytes):
            if held is not None:
                yield held
            held = _placed(found, unit)
            count += 1
        unit.read_to_end()
        holds_many = count > 1 or (unit.start == 0 and unit.consumed_to == file_bytes)
        goes_on = isinstance(held, Damage) and unit.failure is None and holds_many
        records = _resumed(unit, held.position) if goes_on and held else None
    if unit.failure is not None:
        yield Damage(unit.start, held.position if held else 0, unit.failure)
    elif held is not None:
        yield held


def _only_record(offset: int, content: bytes, maximum_bytes: int) -> RawRecord | None:
    """The record that makes up the content, as in nearly all files; None if it holds anything else or too much."""
    if not begins_record(content):
        return None
    end = (_HEADER_END if content.startswith(WARC_START) else _LINE_END).search(content)
    if end is None or end.end() > MAXIMUM_HEADER_BYTES:
        return None
    start = end.end()
    header = parse_header(content[:start])
    if header.length is None or header.length > min(maximum_bytes, len(content) - start):
        return None
    stop = start + header.length
    if content[stop:].strip(b"\r\n"):
        return None
    return RawRecord(offset, 0, header, content, start, stop, header.length)


class _Records:
    """The records of a stream one after the other, up to its end or the first that cannot be framed.

    Offsets are 0 and positions those in the stream.
    """

    def __init__(self, stream: io.BufferedIOBase, maximum_bytes: int, end: int | None = None) -> None:
        self._stream = stream
        self._maximum_bytes = maximum_bytes
        self._end = end

    def __iter__(self) -> Iterator[RawRecord | Damage]:
        position, line, _ = self._next_line()
        while line:
            if not begins_record(line):
                yield Damage(0, position, "not a WARC record")
                return
            header_bytes = self._header(line)
            header = parse_header(header_bytes)
            if header.length is None:
                is_cut = not header_bytes.endswith((b"\n\r\n", b"\n\n"))
                yield Damage(0, position, "truncated" if is_cut else "WARC record without a Content-Length")
                return
            block = self._block(header.length)
            if block is None:
                yield Damage(0, position, "truncated")
                return
            next_position, line, separated = self._next_line()
            if line and not separated and not begins_record(line):
                yield Damage(0, position, "the record goes on after its Content-Length")
                return
            yield RawRecord(0, position, header, block, 0, len(block), header.length)
            position = next_position

    def _next_line(self) -> tuple[int, bytes, bool]:
        """The next line that is not blank, where it starts, and whether blank lines came before it."""
        separated = False
        while True:
            position = self._stream.tell()
            line = self._stream.readline(MAXIMUM_HEADER_BYTES)
            if line.strip(b"\r\n") or not line:
                return position, line, separated
            separated = True

    def _header(self, first_line: bytes) -> bytes:
        if not first_line.startswith(WARC_START):
            return first_line
        lines, size = [first_line], 0
        while size < MAXIMUM_HEADER_BYTES:
            line = self._stream.readline(MAXIMUM_HEADER_BYTES)
            lines.append(line)
            size += len(line)
            if not line.strip(b"\r\n"):
                break
        return b"".join(lines)

    def _block(self, length: int) -> bytes | None:
        """The block, or the beginning of one that is too long; None if the stream ends before it does."""
        if self._end is not None and self._stream.tell() + length > self._end:
            return None
        kept = length if length <= self._maximum_bytes else min(length, KEPT_BYTES)
        parts: list[bytes] = []
        while kept and (part := self._stream.read(min(kept, _READ_STEP))):
            parts.append(part)
            kept -= len(part)
        block = b"".join(parts)
        return None if kept or _skip(self._stream, length - len(block)) else block


def _skip(stream: io.BufferedIOBase, count: int) -> int:
    """Reads over so many bytes; how many of them are missing."""
    while count and (read := len(stream.read(min(count, _READ_STEP)))):
        count -= read
    return count


def _placed(found: RawRecord | Damage, unit: Unit) -> RawRecord | Damage:
    if isinstance(found, RawRecord) and found.length > len(found.data):
        stored_bytes = max(unit.consumed_to - unit.start, 1)
        return replace(found, offset=unit.start, expansion=unit.tell() / stored_bytes)
    return replace(found, offset=unit.start)


def _buffered(unit: Unit) -> io.BufferedReader:
    return io.BufferedReader(unit, _BUFFER)


def _resumed(unit: Unit, position: int) -> io.BufferedIOBase | None:
    """The unit read anew from the next record after a position."""
    searched = _buffered(unit.again())
    _skip(searched, position)
    found = _next_record(searched)
    if found is None:
        return None
    stream = _buffered(unit.again())
    _skip(stream, found)
    return stream


def _next_record(stream: io.BufferedIOBase) -> int | None:
    """Where the next line stands that begins a record, the one at which the stream is left out."""
    position = stream.tell()
    data = stream.read(_SCAN)
    while True:
        found = NEXT_RECORD.search(data)
        if found:
            return position + found.start() + 1
        more = stream.read(_SCAN)
        if not more:
            return None
        kept = data[-_OVERLAP:]
        position += len(data) - len(kept)
        data = kept + more
