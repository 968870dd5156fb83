"""Streams of files that are plain or compressed with gzip, bzip2, xz or Zstandard, told apart by their first bytes."""

import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Literal

import zstandard

from stages.recipe import Http
from stages.sources.bzip2_streams import MAGIC, all_chunks
from stages.sources.damage import DamagedStreamError
from stages.sources.files import open_source
from stages.sources.span import Span

READ_BYTES = 1 << 16

_XZ_MAGIC = b"\xfd7zXZ\x00"
_XZ_MEMORY = 1 << 30
"""What a decoder may take; `xz -9` needs 65 MiB (xz(1))."""
_ZSTANDARD_MAGIC = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""Of a frame, or of a frame to be skipped (RFC 8878, 3.1)."""
_ZSTANDARD_STEP = 1 << 12
"""Compressed bytes taken at once. A block of 4 bytes can expand to 128 KiB (RFC 8878, 3.1.1.2), so this bounds the
decompressed piece to 128 MiB, where ordinary data gives some 20 KiB."""
_ZSTANDARD_WINDOW = 1 << 31
"""What `zstd --long=31` asks for, as in the published dumps of Reddit; memory is taken as a frame says."""


def buffered(file: IO[bytes]) -> io.BufferedReader:
    """A buffered stream over an open file, which stays open when the stream is closed or collected."""
    return io.BufferedReader(_Borrowed(file), READ_BYTES)


@dataclass(frozen=True)
class Opened:
    """An open file: the stream of its decompressed bytes, and whether these are the bytes as stored."""

    stream: io.BufferedIOBase
    is_plain: bool


@contextmanager
def open_decompressed(path: str, http: Http) -> Iterator[Opened]:
    """Opens a file, compressed or not, whatever its name says; use `damage_named` around reading its stream."""
    with open_source(path, http) as file:
        compression = compression_of(file)
        if compression == "gzip":
            yield Opened(gzip.GzipFile(fileobj=file, mode="rb"), False)
        elif compression == "bzip2":
            yield Opened(io.BufferedReader(_Chunks(all_chunks(file)), READ_BYTES), False)
        elif compression == "xz":
            yield Opened(io.BufferedReader(_Chunks(_xz_chunks(file)), READ_BYTES), False)
        elif compression == "zstandard":
            yield Opened(io.BufferedReader(_Chunks(_zstandard_chunks(file)), READ_BYTES), False)
        else:
            yield Opened(buffered(file), True)


def compression_of(file: IO[bytes]) -> Literal["gzip", "bzip2", "xz", "zstandard"] | None:
    """How a file is compressed, by its first bytes; the file is left at its beginning."""
    file.seek(0)
    magic = file.read(len(_XZ_MAGIC))
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return "gzip"
    if magic.startswith(MAGIC):
        return "bzip2"
    if magic == _XZ_MAGIC:
        return "xz"
    return "zstandard" if _ZSTANDARD_MAGIC.match(magic) else None


@contextmanager
def damage_named() -> Iterator[None]:
    """Turns what the decompressors raise into a DamagedStreamError; errors of the file system pass."""
    try:
        yield
    except EOFError as error:
        raise DamagedStreamError("truncated") from error
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
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


class _Chunks(io.RawIOBase):
    """Decompressed chunks as a file that is read once from its beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._output = memoryview(b"")
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._output:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._output = memoryview(piece)
        count = min(len(buffer), len(self._output))
        buffer[:count] = self._output[:count]
        self._output = self._output[count:]
        self._position += count
        return count


def _xz_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """All streams of an xz file; lzma's own reader takes a damaged one after the first for the end of the file."""
    stream: lzma.LZMADecompressor | None = None
    data = b""
    while data := data or file.read(READ_BYTES):
        if stream is None:
            data = data.lstrip(b"\x00")  # padding between streams
            stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY) if data else None
            continue
        yield stream.decompress(data, READ_BYTES)
        while not (stream.eof or stream.needs_input):
            yield stream.decompress(b"", READ_BYTES)
        data = stream.unused_data
        if stream.eof:
            stream = None
    if stream is not None:
        raise EOFError


def _zstandard_chunks(file: IO[bytes]) -> Iterator[bytes]:
    """All frames of a Zstandard file; zstandard's own reader takes a cut frame for a whole one."""
    frame: zstandard.ZstdDecompressionObj | None = None
    data = b""
    while data := data or file.read(_ZSTANDARD_STEP):
        if frame is None:
            frame = zstandard.ZstdDecompressor(max_window_size=_ZSTANDARD_WINDOW).decompressobj()
        yield frame.decompress(data)
        data = frame.unused_data
        if frame.eof:
            frame = None
    if frame is not None:
        raise EOFError
