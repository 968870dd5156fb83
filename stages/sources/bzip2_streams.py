"""bzip2 files as what they are: one stream after the other, found again from any place, with nothing unchecked.

A stream starts at a byte with a magic of 80 bits, and bzip2 stores nothing verbatim, so the magic is next to never
found inside of a stream. Where it is, no valid block follows it, and `next_stream` looks whether an earlier stream,
read to its end, covers the place. Only a file made by hand, with whole valid blocks inside of the code of another
block, would deceive it. (Format: https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf)

The standard library hands out the bytes of a block before it has compared their check sum; here they are held back.
"""

import bz2
import re
from collections import deque
from collections.abc import Iterator
from typing import IO

from stages.sources.damage import DamagedStreamError

MAGIC = b"BZh"
STREAM_START = re.compile(rb"BZh[1-9]1AY&SY")
START_BYTES = 10
_EMPTY_START = re.compile(rb"BZh[1-9]\x17\x72\x45\x38\x50\x90")
MAXIMUM_BLOCK_BYTES = 900_000 // 5 * 259
"""What a block can decompress to: 900,000 bytes, of which five can stand for a run of 4 + 255."""

_STEP = 1 << 16
_SLICE = 1 << 12
_OUTPUT = 1 << 18
_SCAN = 1 << 20
_OPENING_BYTES = 64


class Bzip2Stream:
    """One stream of a file; `end`, the offset of the byte after it, is known once all of it has been read."""

    def __init__(self, file: IO[bytes], start: int) -> None:
        self.start = start
        self.end = start
        self._file = file
        self._rest = self._verified()
        self._opening: list[bytes] = []
        self._damage: DamagedStreamError | None = None

    def opening(self) -> bytes | None:
        """The first decompressed bytes, some 64 if there are so many beside blanks; None if they are damaged.

        To be asked before `chunks`, as often as one likes.
        """
        try:
            while self._needs_opening() and (chunk := next(self._rest, b"")):
                self._opening.append(chunk)
        except DamagedStreamError as damage:
            self._damage = damage
        return None if self._damage and not self._opening else self._prefix()

    def _needs_opening(self) -> bool:
        prefix = self._prefix()
        return self._damage is None and len(prefix.lstrip()) < _OPENING_BYTES and len(prefix) < _STEP

    def _prefix(self) -> bytes:
        return b"".join(chunk[:_STEP] for chunk in self._opening)

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes, once, at most 256 KiB a chunk; a DamagedStreamError comes after all that is sound."""
        opening, self._opening = self._opening, []
        yield from opening
        if self._damage is not None:
            raise self._damage
        yield from self._rest

    def _verified(self) -> Iterator[bytes]:
        decompressor = bz2.BZ2Decompressor()
        position = self.start
        while True:
            self._file.seek(position)
            data = self._file.read(_STEP)
            if not data:
                raise DamagedStreamError("truncated")
            for at in range(0, len(data), _SLICE):
                piece = data[at : at + _SLICE]
                yield from _whole_blocks(decompressor, piece)
                position += len(piece)
                if decompressor.eof:
                    self.end = position - len(decompressor.unused_data)
                    return


def all_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The decompressed bytes of all streams of a file; whatever is no stream is a DamagedStreamError."""
    size, position = file.seek(0, 2), 0
    while position < size:
        if not starts_stream(file, position):
            raise DamagedStreamError(f"no bzip2 stream at byte {position}")
        stream = Bzip2Stream(file, position)
        yield from stream.chunks()
        position = stream.end


def starts_stream(file: IO[bytes], position: int) -> bool:
    """Whether the bytes at a place where a stream should start are those of one, be it an empty one."""
    file.seek(position)
    head = file.read(START_BYTES)
    return STREAM_START.match(head) is not None or _EMPTY_START.match(head) is not None


def next_stream(file: IO[bytes], start: int, stop: int) -> Bzip2Stream | None:
    """The first stream that starts in the range; a damaged one counts, a magic inside of a whole stream does not."""
    for position in _starts(file, start, stop):
        stream = Bzip2Stream(file, position)
        if stream.opening() is not None or not _is_covered(file, position):
            return stream
    return None


def _is_covered(file: IO[bytes], position: int) -> bool:
    """Whether the last whole stream before a place goes on over it."""
    for start in _starts_before(file, position):
        stream = Bzip2Stream(file, start)
        try:
            deque(stream.chunks(), maxlen=0)
        except DamagedStreamError:
            continue
        return stream.end > position
    return False


def _starts(file: IO[bytes], start: int, stop: int) -> Iterator[int]:
    while start < stop:
        count = min(_SCAN, stop - start)
        file.seek(start)
        for found in STREAM_START.finditer(file.read(count + START_BYTES - 1)):
            yield start + found.start()
        start += count


def _starts_before(file: IO[bytes], stop: int) -> Iterator[int]:
    while stop > 0:
        start = max(0, stop - _SCAN)
        yield from reversed(list(_starts(file, start, stop)))
        stop = start


def _whole_blocks(decompressor: bz2.BZ2Decompressor, data: bytes) -> Iterator[bytes]:
    """What the decompressor makes of so many bytes; a block that fails its check sum gives nothing.

    The check sum is compared when a block's last byte is handed out, so the decompressor is asked until it has nothing
    left. Of blocks that expand to more than one can, the oldest bytes have been checked.
    """
    held: deque[bytes] = deque()
    held_bytes = 0
    while True:
        try:
            output = decompressor.decompress(data, _OUTPUT)
        except (OSError, ValueError) as error:
            raise DamagedStreamError("invalid bzip2 data") from error
        data = b""
        if output:
            held.append(output)
            held_bytes += len(output)
        if decompressor.eof or (not output and decompressor.needs_input):
            break
        while held_bytes > MAXIMUM_BLOCK_BYTES + _OUTPUT:
            held_bytes -= len(held[0])
            yield held.popleft()
    yield from held
