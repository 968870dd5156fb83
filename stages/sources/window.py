"""A file read at any place through one block that is kept: its records lie close together and are visited in order."""

from typing import IO

BLOCK_BYTES = 1 << 18
"""Some fifty members of web pages; a filesystem over a network reads ahead by itself."""


class Window:
    """An open file whose last block is kept, so that reads close to the one before cost no call to the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._block = b""
        self._start = 0
        self.size = file.seek(0, 2)

    def read_at(self, position: int, count: int) -> bytes:
        """So many bytes from an offset; fewer only at the end of the file."""
        first = position - self._start
        if first < 0 or first + count > len(self._block):
            self._file.seek(position)
            self._block = self._read(min(max(count, BLOCK_BYTES), max(self.size - position, 0)))
            self._start, first = position, 0
        return self._block[first : first + count]

    def _read(self, count: int) -> bytes:
        data = self._file.read(count)
        while len(data) < count and (more := self._file.read(count - len(data))):
            data += more
        return data
