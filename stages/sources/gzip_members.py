"""The members of a `.warc.gz`: reading one, finding where one starts, and getting past a damaged one.

A WARC file compressed as its standard recommends (ISO 28500, annex D) is a chain of gzip members, one record each, so
that reading can begin at any member. Where a member starts cannot be told by looking at one place: deflate stores
what it cannot compress verbatim, so a record may hold members, even a whole `.warc.gz`, byte for byte. Two facts
decide:

- A stored block holds at most 65,535 bytes (RFC 1951, 3.2.4), so a chain of embedded members breaks within that
  distance. A candidate from which whole members chain further is a true start: an anchor.
- Walking from an anchor is the same for everyone who does it. So every reader walks from an anchor before its span,
  and each member, whole or damaged, is seen by exactly one of them.
"""

import io
import re
import zlib
from collections.abc import Iterator
from typing import IO

STORED_BLOCK_BYTES = 65_535 + 5
"""The longest verbatim run in a deflate stream, with its header."""
MAXIMUM_EXPANSION = 100
FREE_EXPANSION_BYTES = 64 << 20
"""A member that has grown past this size and by more than `MAXIMUM_EXPANSION` is taken for a bomb. Web pages shrink
5 to 10 times and deflate can reach 1,032, so no true record is near both."""

_START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_STEP = 1 << 16
_SCAN = 1 << 20
_ANCHOR_WINDOW = 1 << 20
_PREFIX = 4096
_SURE_BYTES = 1 << 20
"""A damaged deflate stream that has lost its place fails within some kilobytes; one that has gone on for so long past
a place had not lost it there."""
_SAMPLE = 64
_SMALL_STEP = 512
_HEADER_BYTES = 10  # RFC 1952, 2.3; no writer of WARC files uses the optional fields


class GzipMember(io.RawIOBase):
    """One gzip member as a stream. Damage never raises: the stream ends, and `failure` says why."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(wbits=31)
        self._position = 0
        self.start = start
        self.consumed_to = start
        """Past the last compressed byte that was taken; once the stream has ended well, the end of the member."""
        self.failure: str | None = None
        file.seek(start)

    def readable(self) -> bool:
        """A stream to be read."""
        return True

    def tell(self) -> int:
        """How many decompressed bytes have been read."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer with decompressed bytes; 0 at the end of the member or where it is damaged."""
        while self.failure is None and not self._inflate.eof:
            data = self._next_bytes(len(buffer))
            if data:
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
        return 0

    def _next_bytes(self, limit: int) -> bytes:
        data = self._inflate.unconsumed_tail
        if not data:
            data = self._file.read(_STEP)
            self.consumed_to += len(data)
        if not data:
            self.failure = "truncated"
            return b""
        try:
            inflated = self._inflate.decompress(data, limit)
        except zlib.error as error:
            self.failure = f"damaged gzip member: {error}"
            return b""
        self.consumed_to -= len(self._inflate.unused_data)
        size = self._position + len(inflated)
        if size > FREE_EXPANSION_BYTES and size > MAXIMUM_EXPANSION * (self.consumed_to - self.start):
            self.failure = f"gzip member expands more than {MAXIMUM_EXPANSION} times"
        return inflated

    def read_to_end(self, far: int | None = None) -> bool:
        """Reads on to the member's end or damage; False if it goes on past `far`, an offset in the file."""
        buffer = memoryview(bytearray(_STEP))
        while self.readinto(buffer):
            if far is not None and self.consumed_to > far:
                return False
        return True


def members(file: IO[bytes], size: int, start: int, stop: int) -> Iterator[GzipMember]:
    """Yields each member that starts in the range, in order; the next one may be asked for only when it is done with.

    A damaged member is yielded like any other: reading it shows its `failure`.
    """
    position: int | None = _anchor(file, size, start)
    while position is not None and position < min(stop, size):
        member = GzipMember(file, position)
        if position >= start:
            yield member
        if not member.read_to_end(stop + _SURE_BYTES):
            return
        position = member.consumed_to if member.failure is None else _start_after(file, size, member)


def _anchor(file: IO[bytes], size: int, target: int) -> int:
    """A true member start at or before `target`, close to it where there is one; the file's first byte always is."""
    window = _ANCHOR_WINDOW
    while target > window:
        for candidate in _candidates(file, target - window, target):
            if _is_anchor(file, size, candidate):
                return candidate
        window *= 8
    return 0


def _is_anchor(file: IO[bytes], size: int, candidate: int) -> bool:
    position = candidate
    while position - candidate <= STORED_BLOCK_BYTES:
        if position >= size or not _begins_record(file, position):
            return False
        member = GzipMember(file, position)
        member.read_to_end()
        if member.failure is not None:
            return False
        position = member.consumed_to
    return True


def _start_after(file: IO[bytes], size: int, damaged: GzipMember) -> int | None:
    """Where the next member starts after a damaged one: the next place that looks like it and is not inside of it."""
    content: bytes | None = None
    for candidate in _candidates(file, damaged.start + 1, size):
        if not _begins_record(file, candidate):
            continue
        if candidate >= damaged.consumed_to:
            return candidate
        if content is None:
            content = _content_before_failure(file, damaged.start)
        file.seek(candidate)
        if file.read(_SAMPLE) not in content:
            return candidate
    return None


def _content_before_failure(file: IO[bytes], start: int) -> bytes:
    """What a damaged member still holds; bytes of the file found in it verbatim are its own, not the next member's.

    Read without the header, which may be what is damaged, and so without the check sum; in small steps, since a step
    that meets the damage gives nothing.
    """
    inflate = zlib.decompressobj(wbits=-15)
    content = bytearray()
    file.seek(start + _HEADER_BYTES)
    data = file.read(_STEP)
    while data and not inflate.eof and len(content) < FREE_EXPANSION_BYTES:
        try:
            content += inflate.decompress(data, _SMALL_STEP)
        except zlib.error:
            break
        data = inflate.unconsumed_tail or file.read(_STEP)
    return bytes(content)


def _begins_record(file: IO[bytes], position: int) -> bool:
    file.seek(position)
    head = file.read(_PREFIX)
    if not _START.match(head):
        return False
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 64).startswith(b"WARC/")
    except zlib.error:
        return False


def _candidates(file: IO[bytes], start: int, stop: int) -> Iterator[int]:
    """Every place in the range where the four bytes could begin a gzip member."""
    overlap = 3
    for position in range(start, stop, _SCAN):
        file.seek(position)
        block = file.read(min(_SCAN, stop - position) + overlap)
        for match in _START.finditer(block):
            yield position + match.start()
