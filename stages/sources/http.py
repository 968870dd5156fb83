"""Files on web servers, read at any place: in ranges, patiently, no faster than a server likes, each byte once.

Servers refuse for a while (Common Crawl answers 403 and 503 to who asks too fast), break off, stall and restart. A
request that fails in such a way is made again after a wait, from the first byte that has not come. Bytes are those
that the server stores: no coding is undone. A file that changes while it is read is an error.
"""

import io
import re
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from urllib3.response import BaseHTTPResponse

from stages.errors import GristmillError
from stages.recipe import Http
from stages.sources.http_requests import PassingFaultError, Patience, answer, refuse

FIRST_BLOCK_BYTES = 1 << 18
"""What the first request of a file, or the first after a jump, asks for; each further one in a row twice as much."""

LARGEST_BLOCK_BYTES = 1 << 23
"""At four requests a second, 8 MiB a request allow 32 MiB/s from one host."""

BLOCKS_KEPT = 2
"""Readers go back by less than a block."""

PROGRESS_BYTES = 1 << 10
"""Less than this between two faults is no progress: a server that breaks off after each byte must not hold a run."""

_READ_BYTES = 1 << 16
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_NO_HEAD = frozenset((403, 405, 501))


@dataclass(frozen=True)
class FileStatus:
    """The bytes of a file as stored, and what changes when they do: the entity tag or else the date of change."""

    size: int
    version: str


class _RangeIgnoredError(Exception):
    """The server answers with the whole file, whatever range it is asked for."""


@dataclass(frozen=True)
class _Validators:
    """What tells one version of a file from another."""

    tag: str
    modified: str

    @classmethod
    def of(cls, response: BaseHTTPResponse) -> "_Validators":
        return cls(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))

    def differ_from(self, other: "_Validators") -> bool:
        if self.tag and other.tag:
            return self.tag != other.tag
        return bool(self.modified and other.modified) and self.modified != other.modified

    def if_range(self) -> dict[str, str]:
        """RFC 9110, 13.1.5: a weak tag must not stand in If-Range."""
        value = self.modified if self.tag.startswith("W/") else self.tag or self.modified
        return {"If-Range": value} if value else {}


def http_status(url: str, http: Http) -> FileStatus:
    """Asks for size and version; raises MissingFileError, or GristmillError if the server does not tell the size."""
    size, validators = _describe(url, http)
    return FileStatus(size, validators.tag or validators.modified)


def read_whole(url: str, http: Http) -> bytes:
    """All bytes of a file that fits into memory, also where the server does not tell its size."""
    buffer = io.BytesIO()
    _Transfer(url, http, 0, None, buffer.write).run()
    return buffer.getvalue()


class HttpFile(io.RawIOBase):
    """A file on a web server: seekable, read in growing blocks of which the last few are kept."""

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http
        self._size, self._validators = _describe(url, http)
        self._position = 0
        self._blocks: deque[tuple[int, bytes]] = deque(maxlen=BLOCKS_KEPT)
        self._next_block = (0, FIRST_BLOCK_BYTES)
        self._whole: IO[bytes] | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves to an offset; asks the server for nothing."""
        target = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if target < 0:
            raise ValueError(f"negative seek position {target}")
        self._position = target
        return target

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Reads up to the end of a block; raises GristmillError when the server does not give the bytes."""
        if self._position >= self._size or not len(buffer):
            return 0
        if self._whole is not None:
            return self._read_stored(self._whole, buffer)
        try:
            start, block = self._block(len(buffer))
        except _RangeIgnoredError:
            self._whole = self._store()
            return self._read_stored(self._whole, buffer)
        data = memoryview(block)[self._position - start :][: len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """Frees what has been kept of the file."""
        self._blocks.clear()
        if self._whole is not None:
            self._whole.close()
        super().close()

    def _block(self, wanted: int) -> tuple[int, bytes]:
        for start, block in self._blocks:
            if start <= self._position < start + len(block):
                return start, block
        start = self._position
        expected, length = self._next_block
        if start != expected:
            length = FIRST_BLOCK_BYTES
        length = max(length, min(wanted, LARGEST_BLOCK_BYTES))
        stop = min(start + length, self._size)
        data = bytearray()
        known = (self._size, self._validators)
        _Transfer(self._url, self._http, start, stop, data.extend, known).run()
        self._next_block = (stop, min(2 * length, LARGEST_BLOCK_BYTES))
        self._blocks.append((start, bytes(data)))
        return self._blocks[-1]

    def _store(self) -> IO[bytes]:
        """The whole file in a temporary one, since each range would cost all that lies before it."""
        stored = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this file
        _Transfer(self._url, self._http, 0, None, stored.write, (self._size, self._validators)).run()
        return stored

    def _read_stored(self, stored: IO[bytes], buffer: memoryview) -> int:
        stored.seek(self._position)
        data = stored.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


class _Pace:
    """Notices a server that sends, but next to nothing."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._since = time.monotonic()
        self._bytes = 0

    def took(self, count: int) -> None:
        """Counts bytes; raises PassingFaultError once they were too few over `timeout_seconds`."""
        self._bytes += count
        elapsed = time.monotonic() - self._since
        if elapsed < self._http.timeout_seconds:
            return
        if self._bytes < self._http.minimum_bytes_per_second * elapsed:
            raise PassingFaultError(f"only {self._bytes} bytes in {elapsed:.0f} seconds")
        self._since, self._bytes = time.monotonic(), 0


class _Transfer:
    """Brings the bytes from `start` up to `stop` (None: the end) to `write`, in order, each once, whatever breaks.

    Without a `stop`, a server may answer with the whole file; with one, that is a _RangeIgnoredError.
    """

    def __init__(
        self,
        url: str,
        http: Http,
        start: int,
        stop: int | None,
        write: Callable[[bytes], object],
        known: tuple[int | None, _Validators] = (None, _Validators("", "")),
    ) -> None:
        self._url = url
        self._http = http
        self._position = start
        self._stop = stop
        self._write = write
        self._size, self._validators = known

    def run(self) -> None:
        """Asks until all has come; raises GristmillError when `retries` are used up or the file has changed."""
        patience = Patience(self._url, self._http)
        while True:
            before = self._position
            try:
                self._attempt()
                return
            except PassingFaultError as fault:
                if self._position - before >= PROGRESS_BYTES:
                    patience.progressed()
                patience.wait(fault)

    def _attempt(self) -> None:
        with answer("GET", self._url, self._http, self._headers()) as response:
            skip = self._bytes_to_skip(response)
            pace = _Pace(self._http)
            while chunk := response.read1(_READ_BYTES):
                wanted = chunk[skip:]
                skip -= len(chunk) - len(wanted)
                if self._stop is not None:
                    wanted = wanted[: self._stop - self._position]
                self._write(wanted)
                self._position += len(wanted)
                if self._position == self._stop:
                    return
                pace.took(len(chunk))
        end = self._size if self._stop is None else self._stop
        if skip or (end is not None and self._position < end):
            raise PassingFaultError(f"the body ended at byte {self._position}")

    def _headers(self) -> dict[str, str]:
        if self._stop is None and self._position == 0:
            return {}
        last = "" if self._stop is None else self._stop - 1
        return {"Range": f"bytes={self._position}-{last}", **self._validators.if_range()}

    def _bytes_to_skip(self, response: BaseHTTPResponse) -> int:
        """How much of the body comes before the first byte that is missing; raises if it is not the body asked for."""
        refuse(response, self._url)
        found = _Validators.of(response)
        if response.status == 416 or found.differ_from(self._validators):
            raise self._changed()
        self._validators = _Validators(found.tag or self._validators.tag, found.modified or self._validators.modified)
        if response.status == 206:
            first, total = _content_range(response)
            if first != self._position:
                raise PassingFaultError(f"asked for byte {self._position}, got byte {first}")
            self._compare_size(total)
            return 0
        if response.status != 200:
            raise GristmillError(f"{self._url}: the server answers {response.status}, which is no file")
        if self._stop is not None:
            raise _RangeIgnoredError
        self._compare_size(response.length_remaining)
        return self._position

    def _compare_size(self, found: int | None) -> None:
        if self._size is not None and found is not None and found != self._size:
            raise self._changed()

    def _changed(self) -> GristmillError:
        return GristmillError(f"{self._url}: the file changed while it was read; run again to start with the new one")


def _describe(url: str, http: Http) -> tuple[int, _Validators]:
    patience = Patience(url, http)
    while True:
        try:
            return _from_head(url, http) or _from_first_byte(url, http)
        except PassingFaultError as fault:
            patience.wait(fault)


def _from_head(url: str, http: Http) -> tuple[int, _Validators] | None:
    with answer("HEAD", url, http, {}) as response:
        response.drain_conn()
        if response.status in _NO_HEAD:
            return None
        refuse(response, url)
        length = response.headers.get("Content-Length", "")
        # Servers that make a page on request may say 0 for want of a number.
        return (int(length), _Validators.of(response)) if length.isdecimal() and int(length) else None


def _from_first_byte(url: str, http: Http) -> tuple[int, _Validators]:
    with answer("GET", url, http, {"Range": "bytes=0-0"}) as response:
        refuse(response, url)
        ranged = response.status in (206, 416)
        size = _content_range(response)[1] if ranged else response.length_remaining
        if size is None or (response.status == 416 and size):
            raise GristmillError(f"{url}: the server does not tell its size; download it and name your copy in paths")
        return size, _Validators.of(response)


def _content_range(response: BaseHTTPResponse) -> tuple[int | None, int | None]:
    """The first byte that a body holds and the size of the file, None where unknown."""
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if not found:
        raise PassingFaultError(f"{response.status} without a readable Content-Range")
    return int(found[1]) if found[1] else None, None if found[3] == "*" else int(found[3])
