"""Files with one entry a line: words, phrases, domains or addresses that a recipe names.

Lines are UTF-8, with or without a byte order mark, plain or gzip. Blank lines, and lines that begin with `#`, are no
entries; space around an entry is no part of it.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from functools import lru_cache

from stages.artifacts import open_file
from stages.errors import GristmillError
from stages.sources.files import expand

_GZIP_MAGIC = b"\x1f\x8b"


@lru_cache(maxsize=64)
def read_list(path: str) -> tuple[str, ...]:
    """The entries of a file, or of all files that a folder or glob names, in their order, each once.

    Read once a process. A file that is missing, damaged or not UTF-8 is a GristmillError that names it.
    """
    return tuple(dict.fromkeys(iterate_list(path)))


def iterate_list(path: str) -> Iterator[str]:
    """Yields the entries that `read_list` gives, without holding them; repeated ones come again."""
    files = expand(path)
    if not files:
        raise GristmillError(f"{path}: no such file; correct the path in the recipe")
    for file in files:
        yield from _entries(file.path)


def _entries(path: str) -> Iterator[str]:
    with open_file(path) as file:
        is_gzip = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        file.seek(0)
        stream = io.BufferedReader(gzip.GzipFile(fileobj=file)) if is_gzip else file
        try:
            for line in io.TextIOWrapper(stream, encoding="utf-8-sig"):
                entry = line.strip()
                if entry and not entry.startswith("#"):
                    yield entry
        except UnicodeDecodeError as error:
            raise GristmillError(f"{path}: not UTF-8 ({error.reason}); save the list as UTF-8") from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise GristmillError(f"{path}: damaged gzip ({error}); fetch the list again") from error
