"""Streams of files that are plain or compressed with gzip, bzip2 or Zstandard, told apart by their first bytes."""

import bz2
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

import zstandard

from stages.artifacts import open_file
from stages.sources.span import Span

READ_BYTES = 1 << 16


class DamagedStreamError(Exception):
    """The compressed bytes cannot be decompressed from here on; the message says why."""


def buffered(file: IO[bytes]) -> io.BufferedReader:
    """A buffered stream over an open file, which stays open when the stream is closed or collected."""
    return io.BufferedReader(_Borrowed(file), READ_BYTES)


@dataclass(frozen=True)
class Opened:
    """An open file: the stream of its decompressed bytes, and whether these are the bytes as stored."""

    stream: io.BufferedIOBase
    is_plain: bool


@contextmanager
def open_decompressed(path: str) -> Iterator[Opened]:
    """Opens a file, compressed or not, whatever its name says; use `damage_named` around reading its stream."""
    with open_file(path) as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(b"\x1f\x8b"):
            yield Opened(gzip.GzipFile(fileobj=file, mode="rb"), False)
        elif magic.startswith(b"BZh"):
            yield Opened(cast(io.BufferedIOBase, bz2.BZ2File(file)), False)
        elif magic == zstandard.FRAME_HEADER:
            yield Opened(io.BufferedReader(_ZstandardFile(file), READ_BYTES), False)
        else:
            yield Opened(buffered(file), True)


@contextmanager
def damage_named() -> Iterator[None]:
    """Turns what the decompressors raise into a DamagedStreamError; errors of the file system pass."""
    try:
        yield
    except EOFError as error:
        raise DamagedStreamError("truncated") from error
    except (zlib.error, zstandard.ZstdError) as error:
        raise DamagedStreamError(str(error)) from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise DamagedStreamError(str(error)) from error


def chunks(stream: io.BufferedIOBase) -> Iterator[bytes]:
    """The stream in pieces of at most `READ_BYTES`; a DamagedStreamError comes only after all that can be read."""
    while True:
        with damage_named():
            chunk = stream.read1(READ_BYTES)
        if not chunk:
            return
        yield chunk


def is_first(span: Span) -> bool:
    """Whether the span is the one that reads a file which cannot be cut."""
    return span.start == 0 and span.stop > 0


class _Borrowed(io.RawIOBase):
    """Another's file: everything passes through but closing."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _ZstandardFile(io.RawIOBase):
    """The frames of a Zstandard file as one stream; zstandard's own reader takes a cut frame for a whole one."""

    STEP_BYTES = 1 << 12
    """Compressed bytes taken at once. A block of 4 bytes can expand to 128 KiB (RFC 8878, 3.1.1.2), so this bounds
    the decompressed piece to 128 MiB, where ordinary data gives some 20 KiB."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._input = b""
        self._output = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._output:
            if not self._fill():
                return 0
        count = min(len(buffer), len(self._output))
        buffer[:count] = self._output[:count]
        self._output = self._output[count:]
        self._position += count
        return count

    def _fill(self) -> bool:
        self._input = self._input or self._file.read(self.STEP_BYTES)
        if not self._input:
            if self._frame is not None:
                raise EOFError
            return False
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._output = memoryview(self._frame.decompress(self._input))
        self._input = self._frame.unused_data
        if self._frame.eof:
            self._frame = None
        return True
