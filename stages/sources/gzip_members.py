"""The members of a `.warc.gz` or `.arc.gz`: reading one, finding where one starts, and getting past a damaged one.

A WARC file compressed as its standard recommends (ISO 28500, annex D) is a chain of gzip members, one record each, so
that reading can begin at any member. Where a member starts cannot be told by looking at one place: deflate stores
what it cannot compress verbatim, so a record may hold members, even a whole `.warc.gz`, byte for byte. Two facts
decide:

- A stored block holds at most 65,535 bytes (RFC 1951, 3.2.4), so a chain of embedded members breaks within that
  distance. A candidate from which whole members chain further is a true start: an anchor.
- Walking from an anchor is the same for everyone who does it. So every reader walks from an anchor before its span,
  and each member, whole or damaged, is seen by exactly one of them.

After a damaged member the next one is the next place that holds the beginning of a record, or that only has a gzip
header like the last whole member's, right after a plausible size of what came before, and is itself damaged. What
cannot be known: where a member starts whose own header is destroyed, if the member before it is damaged too (both
count as one), or whose first bytes are destroyed along with the end of the one before; whether what looks like a
member, after the place where a damaged one that holds such members lost its way, is the next; and, in the last 64 KB
of a file, whether a stored block from which bytes are missing has run on over the next member.
"""

import io
import re
import zlib
from collections.abc import Iterator
from typing import cast

from isal import isal_zlib

from stages.sources.record_header import MAXIMUM_LINE_BYTES, begins_record
from stages.sources.window import Window

STORED_BLOCK_BYTES = 65_535 + 5
"""The longest verbatim run in a deflate stream, with its header."""
MAGIC = b"\x1f\x8b"
WHOLE_BYTES = 1 << 20
"""Members that hold no more than this are inflated in one piece."""

_ISAL_ERROR = cast(type[Exception], isal_zlib.error)
_START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")
_FIRST_STEP = 1 << 14
_STEP = 1 << 16
_SCAN = 1 << 20
_ANCHOR_WINDOW = 1 << 20
_PREFIX = 4096
_SURE_BYTES = 1 << 20
"""A damaged deflate stream that has lost its place fails within some kilobytes; one that has gone on for so long past
a place had not lost it there."""
_SAMPLE = 64
_SMALL_STEP = 512
_KEPT_BYTES = 64 << 20
_HEADER_BYTES = 10  # RFC 1952, 2.3; no writer of WARC files uses the optional fields
_TRAILER_BYTES = 8
_CHECKED_FLAGS = 0xE2
"""The reserved flags and that of a header check sum (RFC 1952, 2.3.1), which zlib heeds and isal does not."""
_MAXIMUM_RATIO = 1032
"""What deflate can reach (https://zlib.net/zlib_tech.html)."""


class GzipMember(io.RawIOBase):
    """One gzip member, in one piece or as a stream. Damage never raises: the stream ends, and `failure` says why."""

    def __init__(self, window: Window, start: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(wbits=31)
        self._is_done = False
        self._position = 0
        self.start = start
        self.consumed_to = start
        """Past the last compressed byte that was taken; once the stream has ended well, the end of the member."""
        self.failure: str | None = None

    def readable(self) -> bool:
        """A stream to be read."""
        return True

    def tell(self) -> int:
        """How many decompressed bytes have been read."""
        return self._position

    def again(self) -> "GzipMember":
        """The same member, to be read from its beginning."""
        return GzipMember(self._window, self.start)

    def whole(self) -> bytes | None:
        """All that the member holds, if it is undamaged and small; else None, and the stream tells more.

        Nothing may have been read before. isal takes half the time of zlib, but says less of damage.
        """
        flags = self._window.read_at(self.start, 4)[3:]
        if not flags or flags[0] & _CHECKED_FLAGS:
            return None
        inflate = isal_zlib.decompressobj(wbits=31)
        content, position, step = b"", self.start, _FIRST_STEP
        while not inflate.eof:
            data = inflate.unconsumed_tail
            if not data:
                data = self._window.read_at(position, step)
                position, step = position + len(data), _STEP
            if not data or len(content) >= WHOLE_BYTES:
                return None
            try:
                content += inflate.decompress(data, WHOLE_BYTES)
            except _ISAL_ERROR:
                return None
        self._is_done = True
        self._position = len(content)
        self.consumed_to = position - len(inflate.unused_data)
        return content

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer with decompressed bytes; 0 at the end of the member or where it is damaged."""
        while self.failure is None and not self._is_done:
            data = self._next_bytes(len(buffer))
            if data:
                buffer[: len(data)] = data
                self._position += len(data)
                return len(data)
        return 0

    def _next_bytes(self, limit: int) -> bytes:
        data = self._inflate.unconsumed_tail
        if not data:
            data = self._window.read_at(self.consumed_to, _STEP)
            self.consumed_to += len(data)
        if not data:
            self.failure = "truncated"
            return b""
        try:
            inflated = self._inflate.decompress(data, limit)
        except zlib.error:
            # What zlib says of it differs between its versions; it would be a column of the removals.
            self.failure = "damaged gzip member"
            return b""
        self._is_done = self._inflate.eof
        self.consumed_to -= len(self._inflate.unused_data)
        return inflated

    def read_to_end(self, far: int | None = None) -> bool:
        """Reads on to the member's end or damage; False if it goes on past `far`, an offset in the file."""
        if not self._position and self.consumed_to == self.start and self.whole() is not None:
            return True
        buffer = memoryview(bytearray(_STEP))
        while self.readinto(buffer):
            if far is not None and self.consumed_to > far:
                return False
        return True


def members(window: Window, start: int, stop: int) -> Iterator[GzipMember]:
    """Yields each member that starts in the range, in order; the next one may be asked for only when it is done with.

    A damaged member is yielded like any other: reading it shows its `failure`.
    """
    position: int | None = _anchor(window, start)
    header: bytes | None = None
    while position is not None and position < min(stop, window.size):
        member = GzipMember(window, position)
        if position >= start:
            yield member
        if not member.read_to_end(stop + _SURE_BYTES):
            return
        if member.failure is None:
            header = window.read_at(position, _HEADER_BYTES)
            position = member.consumed_to
        else:
            position = _start_after(window, member, header or window.read_at(position, _HEADER_BYTES))


def first_content(window: Window) -> bytes:
    """The beginning of what the first member holds; nothing if it is damaged or cut off at once."""
    return GzipMember(window, 0).read(MAXIMUM_LINE_BYTES) or b""


def holds_records(window: Window) -> bool:
    """Whether some member of the file holds a record."""
    return any(_begins_record(window, candidate) for candidate in _candidates(window, 0, window.size))


def _anchor(window: Window, target: int) -> int:
    """A true member start at or before `target`, close to it where there is one; the file's first byte always is."""
    distance = _ANCHOR_WINDOW
    while target > distance:
        for candidate in _candidates(window, target - distance, target):
            if _is_anchor(window, candidate):
                return candidate
        distance *= 8
    return 0


def _is_anchor(window: Window, candidate: int) -> bool:
    position = candidate
    while position - candidate <= STORED_BLOCK_BYTES:
        if position >= window.size or not _begins_record(window, position):
            return False
        member = GzipMember(window, position)
        member.read_to_end()
        if member.failure is not None:
            return False
        position = member.consumed_to
    return True


def _start_after(window: Window, damaged: GzipMember, header: bytes) -> int | None:
    """Where the next member starts after a damaged one: the next place that looks like it and is not inside of it.

    An anchor always counts, since other readers start from it: where bytes are missing, a stored block runs on over
    the beginnings of the members that follow.
    """
    content: bytes | None = None
    for candidate in _candidates(window, damaged.start + 1, window.size):
        begins = _begins_record(window, candidate)
        if not begins and not _begins_damaged(window, damaged.start, candidate, header):
            continue
        if begins and candidate >= damaged.consumed_to:
            return candidate
        if content is None:
            content = _content_before_failure(window, damaged.start)
        if window.read_at(candidate, _SAMPLE) not in content or _is_anchor(window, candidate):
            return candidate
    return None


def _begins_damaged(window: Window, start: int, candidate: int, header: bytes) -> bool:
    """Whether a place that does not begin a record is the start of a second damaged member.

    It has the header of the others; the size that stands before it (RFC 1952, 2.3.1: ISIZE) is one that the bytes
    since `start` can hold, which chance passes once in some hundred times; and it is damaged itself.
    """
    length = candidate - start - _HEADER_BYTES - _TRAILER_BYTES
    if length < 1 or window.read_at(candidate, _HEADER_BYTES) != header:
        return False
    size = int.from_bytes(window.read_at(candidate - 4, 4), "little")
    stored_overhead = 5 + length // 1000
    if not length - stored_overhead <= size <= length * _MAXIMUM_RATIO:
        return False
    member = GzipMember(window, candidate)
    member.read_to_end()
    return member.failure is not None


def _content_before_failure(window: Window, start: int) -> bytes:
    """What a damaged member still holds; bytes of the file found in it verbatim are its own, not the next member's.

    Read without the header, which may be what is damaged, and so without the check sum; in small steps, since a step
    that meets the damage gives nothing.
    """
    inflate = zlib.decompressobj(wbits=-15)
    content = bytearray()
    position = start + _HEADER_BYTES
    data = window.read_at(position, _STEP)
    while data and not inflate.eof and len(content) < _KEPT_BYTES:
        position += len(data)
        while data and not inflate.eof and len(content) < _KEPT_BYTES:
            try:
                content += inflate.decompress(data, _SMALL_STEP)
            except zlib.error:
                return bytes(content)
            data = inflate.unconsumed_tail
        data = window.read_at(position, _STEP)
    return bytes(content)


def _begins_record(window: Window, position: int) -> bool:
    """Whether a member starts here whose first bytes inflate to the beginning of a record."""
    data = window.read_at(position, _PREFIX)
    if not _START.match(data):
        return False
    inflate = zlib.decompressobj(wbits=31)
    head = b""
    # In small steps: damage further on, met in one step with the beginning, would hide it.
    while data and len(head) < MAXIMUM_LINE_BYTES and not inflate.eof:
        try:
            head += inflate.decompress(data, _SAMPLE)
        except zlib.error:
            return False
        if begins_record(head):
            return True
        if b"\n" in head:
            return False
        data = inflate.unconsumed_tail
    return False


def _candidates(window: Window, start: int, stop: int) -> Iterator[int]:
    """Every place in the range where the four bytes could begin a gzip member."""
    overlap = 3
    for position in range(start, stop, _SCAN):
        block = window.read_at(position, min(_SCAN, stop - position) + overlap)
        for match in _START.finditer(block):
            yield position + match.start()
