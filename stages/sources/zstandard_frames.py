"""The frames of a `.warc.zst`: one record each, perhaps compressed with a dictionary that the file carries.

The layout is IIPC's (https://iipc.github.io/warc-specifications/specifications/warc-zstd/): a skippable frame of type
0x184D2A5D at the start may hold a dictionary, plain or compressed itself; every other frame is a record. The extent of
a frame follows from the sizes of its blocks (RFC 8878, 3.1.1), so that damaged content costs one record; only where
these sizes are damaged is the next frame searched for.
"""

import io
from collections.abc import Iterator
from typing import IO, cast

import zstandard

from stages.sources.record_header import begins_record
from stages.sources.window import Window

DICTIONARY_MAGIC = b"\x5d\x2a\x4d\x18"
_SKIPPABLE_TAIL = b"\x2a\x4d\x18"
_MAXIMUM_DICTIONARY_BYTES = 16 << 20
_MAXIMUM_FRAME_HEADER_BYTES = 18
_SCAN = 1 << 20
_STEP = 1 << 16
_PREFIX = 1 << 16
_HEAD = 1 << 12


class ZstandardFrame(io.RawIOBase):
    """One frame as a stream. Damage never raises: the stream ends, and `failure` says why."""

    def __init__(self, window: Window, start: int, end: int | None, decoder: zstandard.ZstdDecompressor) -> None:
        self._window = window
        self._end = end
        self._decoder = decoder
        self._position = 0
        self._finished = False
        extent = _Extent(window, start, window.size if end is None else end)
        self._reader = decoder.stream_reader(cast(IO[bytes], extent), _STEP)
        self.start = start
        self.consumed_to = window.size if end is None else end
        """The end of the frame, or of the file if the frame does not end."""
        self.failure: str | None = None

    def readable(self) -> bool:
        """A stream to be read."""
        return True

    def tell(self) -> int:
        """How many decompressed bytes have been read."""
        return self._position

    def again(self) -> "ZstandardFrame":
        """The same frame, to be read from its beginning."""
        return ZstandardFrame(self._window, self.start, self._end, self._decoder)

    def whole(self) -> bytes | None:
        """Nothing is known at once: frames are read as streams."""
        return None

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fills the buffer with decompressed bytes; 0 at the end of the frame or where it is damaged."""
        if self.failure is not None or self._finished:
            return 0
        try:
            data = self._reader.read(len(buffer))
        except (zstandard.ZstdError, MemoryError):
            self.failure = "damaged Zstandard frame"
            return 0
        if not data and self._end is None:
            self.failure = "truncated"
        self._finished = not data
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def read_to_end(self) -> None:
        """Reads on to the frame's end or damage."""
        buffer = memoryview(bytearray(_STEP))
        while self.readinto(buffer):
            pass


def frames(window: Window) -> Iterator[ZstandardFrame]:
    """Yields the frames of a file in order, without skippable ones."""
    decoder = _decoder(window)
    position: int | None = 0
    while position is not None and position < window.size:
        end = _frame_end(window, position)
        if _is_skippable(window, position) and end is not None:
            position = end
            continue
        # Where no frame follows, either this one's sizes are damaged, or the beginning of the next.
        is_sure = end is not None and (end == window.size or is_frame(window.read_at(end, 4)))
        following = end if is_sure or _is_whole(window, position, end, decoder) else None
        if following is None:
            following = _next_frame(window, position + 1, decoder)
        yield ZstandardFrame(window, position, following, decoder)
        position = following


def is_frame(head: bytes) -> bool:
    """Whether bytes begin as a frame does, a skippable one or one with content."""
    return head.startswith(zstandard.FRAME_HEADER) or (head[1:4] == _SKIPPABLE_TAIL and 0x50 <= head[0] <= 0x5F)


def first_content(window: Window) -> bytes:
    """The beginning of what the first frame holds; nothing if it is damaged or cut off at once."""
    first = next(frames(window), None)
    return (first.read(_HEAD) or b"") if first else b""


def holds_records(window: Window) -> bool:
    """Whether some frame of the file holds a record."""
    return _next_frame(window, 0, _decoder(window)) is not None


def _decoder(window: Window) -> zstandard.ZstdDecompressor:
    """What decompresses the file's frames; with a damaged dictionary, each of them will show its damage."""
    end = _frame_end(window, 0)
    if window.read_at(0, 4) != DICTIONARY_MAGIC or end is None or end > _MAXIMUM_DICTIONARY_BYTES:
        return zstandard.ZstdDecompressor()
    data = window.read_at(8, end - 8)
    try:
        if data.startswith(zstandard.FRAME_HEADER):
            data = zstandard.ZstdDecompressor().stream_reader(data).read(_MAXIMUM_DICTIONARY_BYTES)
        return zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(data))
    except zstandard.ZstdError:
        return zstandard.ZstdDecompressor()


def _frame_end(window: Window, start: int) -> int | None:
    """Where the frame that starts here ends; None if that is past the file or cannot be told."""
    if _is_skippable(window, start):
        end = start + 8 + int.from_bytes(window.read_at(start + 4, 4), "little")
        return end if end <= window.size else None
    header = window.read_at(start, _MAXIMUM_FRAME_HEADER_BYTES)
    try:
        position = start + zstandard.frame_header_size(header)
        has_checksum = zstandard.get_frame_parameters(header).has_checksum
    except zstandard.ZstdError:
        return None
    is_last = False
    while not is_last:
        block = window.read_at(position, 3)
        if len(block) < 3:
            return None
        fields = int.from_bytes(block, "little")
        is_last, kind = bool(fields & 1), fields >> 1 & 3
        position += 3 + (1 if kind == 1 else fields >> 3)
    end = position + 4 * has_checksum
    return end if end <= window.size else None


def _is_whole(window: Window, start: int, end: int | None, decoder: zstandard.ZstdDecompressor) -> bool:
    if end is None:
        return False
    frame = ZstandardFrame(window, start, end, decoder)
    frame.read_to_end()
    return frame.failure is None


def _is_skippable(window: Window, start: int) -> bool:
    return window.read_at(start + 1, 3) == _SKIPPABLE_TAIL and is_frame(window.read_at(start, 4))


def _next_frame(window: Window, start: int, decoder: zstandard.ZstdDecompressor) -> int | None:
    """The next place from which a record decompresses."""
    overlap = 3
    for position in range(start, window.size, _SCAN):
        block = window.read_at(position, _SCAN + overlap)
        found = block.find(zstandard.FRAME_HEADER)
        while found >= 0:
            if _begins_record(window, position + found, decoder):
                return position + found
            found = block.find(zstandard.FRAME_HEADER, found + 1)
    return None


def _begins_record(window: Window, start: int, decoder: zstandard.ZstdDecompressor) -> bool:
    stream = decoder.stream_reader(window.read_at(start, _PREFIX))
    try:
        return begins_record(stream.read(_HEAD))
    except (zstandard.ZstdError, MemoryError):
        return False


class _Extent:
    """A range of the file to be read in order."""

    def __init__(self, window: Window, start: int, end: int) -> None:
        self._window = window
        self._position = start
        self._end = end

    def read(self, count: int) -> bytes:
        data = self._window.read_at(self._position, min(count, self._end - self._position))
        self._position += len(data)
        return data
