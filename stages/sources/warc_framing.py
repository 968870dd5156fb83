"""Cutting a WARC file, compressed or not, into the bytes of its records (ISO 28500, WARC 1.0 and 1.1).

A damaged record, a wrong length or a missing end gives one `Damage` in the record's place; reading goes on at the
next record.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from stages.sources.compression import buffered
from stages.sources.gzip_members import GzipMember, members

MAXIMUM_HEADER_BYTES = 1 << 20
MAXIMUM_BLOCK_BYTES = 64 << 20
"""What is kept of one record's block: crawlers cut pages at 1 to 5 MiB, and a worker holds a block in memory."""

_VERSION_LINE = re.compile(rb"\nWARC/\d\.\d+\r?\n")
_BUFFER = 1 << 16
_SCAN = 1 << 20


@dataclass(frozen=True)
class RawRecord:
    """One record: its header and as much of its block as may be kept."""

    offset: int
    """In the file as stored: the first byte of the record, or of the gzip member that holds it."""
    data: bytes
    dropped_bytes: int
    """How much of the block was over `MAXIMUM_BLOCK_BYTES`."""


@dataclass(frozen=True)
class Damage:
    """The place of a record that cannot be read, and why."""

    offset: int
    detail: str


def gzip_records(file: IO[bytes], size: int, start: int, stop: int) -> Iterator[RawRecord | Damage]:
    """The records of the gzip members that start in the range of a file of `size` bytes.

    A member that fails its check sum costs the record that was last read from it, so a record is held back until the
    next one, or the end of the member, has been reached.
    """
    for member in members(file, size, start, stop):
        held: RawRecord | Damage | None = None
        for found in _Records(io.BufferedReader(member, _BUFFER)):
            if held is not None:
                yield held
            held = _moved(found, member)
        member.read_to_end()
        if member.failure is not None:
            yield Damage(member.start, member.failure)
        elif held is not None:
            yield held


def plain_records(file: IO[bytes], start: int, stop: int) -> Iterator[RawRecord | Damage]:
    """The records that start in the range of an uncompressed file, found by walking from its first byte.

    Nothing else is sound: a record may hold a whole WARC file, and its records look like any other.
    """
    position: int | None = 0
    while position is not None:
        file.seek(position)
        damaged_at: int | None = None
        for found in _Records(buffered(file)):
            if found.offset >= stop:
                break
            if isinstance(found, Damage):
                damaged_at = found.offset
            if found.offset >= start:
                yield found
        position = None if damaged_at is None else _next_version_line(file, damaged_at + 1)


class _Records:
    """The records of a stream one after the other, up to its end or the first that cannot be framed."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[RawRecord | Damage]:
        offset, line, _ = self._next_line()
        while line:
            if not line.startswith(b"WARC/"):
                yield Damage(offset, "not a WARC record")
                return
            header, length = self._header(line)
            if length is None:
                is_cut = not header.endswith((b"\n\r\n", b"\n\n"))
                yield Damage(offset, "truncated" if is_cut else "WARC record without a Content-Length")
                return
            block = self._stream.read(min(length, MAXIMUM_BLOCK_BYTES))
            dropped = length - len(block)
            if self._skip(length - len(block)):
                yield Damage(offset, "truncated")
                return
            next_offset, line, separated = self._next_line()
            if line and not separated and not line.startswith(b"WARC/"):
                yield Damage(offset, "the record goes on after its Content-Length")
                return
            yield RawRecord(offset, header + block, dropped)
            offset = next_offset

    def _next_line(self) -> tuple[int, bytes, bool]:
        """The next line that is not blank, where it starts, and whether blank lines came before it."""
        separated = False
        while True:
            offset = self._stream.tell()
            line = self._stream.readline(MAXIMUM_HEADER_BYTES)
            if line.strip(b"\r\n") or not line:
                return offset, line, separated
            separated = True

    def _header(self, version_line: bytes) -> tuple[bytes, int | None]:
        lines, length, size = [version_line], None, 0
        while size < MAXIMUM_HEADER_BYTES:
            line = self._stream.readline(MAXIMUM_HEADER_BYTES)
            lines.append(line)
            size += len(line)
            if not line.strip(b"\r\n"):
                break
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        return b"".join(lines), length

    def _skip(self, count: int) -> int:
        """Reads over so many bytes; how many of them are missing."""
        while count and (read := len(self._stream.read(min(count, _SCAN)))):
            count -= read
        return count


def _moved(found: RawRecord | Damage, member: GzipMember) -> RawRecord | Damage:
    if isinstance(found, Damage):
        return Damage(member.start, found.detail)
    return RawRecord(member.start, found.data, found.dropped_bytes)


def _next_version_line(file: IO[bytes], position: int) -> int | None:
    overlap = 16
    while True:
        file.seek(position)
        block = file.read(_SCAN)
        found = _VERSION_LINE.search(block)
        if found:
            return position + found.start() + 1
        if len(block) <= overlap:
            return None
        position += len(block) - overlap
