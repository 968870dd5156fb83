"""Raw files wherever they lie: opened for reading, found by glob or folder, described by size and version."""

import glob
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import fsspec

from stages.artifacts import is_local, join, open_file
from stages.errors import GristmillError
from stages.recipe import Http
from stages.sources.http import FileStatus, HttpFile, http_status, read_whole
from stages.sources.http_requests import is_http

READ_BYTES = 1 << 16


@dataclass(frozen=True)
class Found:
    """A file that a path names: by itself or by a glob, or because it lies in a folder that the path names."""

    path: str
    name_in_folder: str = ""
    """Its path below that folder; empty for a file that was named itself."""


@contextmanager
def open_source(path: str, http: Http) -> Iterator[IO[bytes]]:
    """Opens a raw file for reading bytes at any place, wherever it lies.

    A missing file, and a server that does not give its bytes, is a GristmillError.
    """
    if not is_http(path):
        with open_file(path) as file:
            yield file
        return
    with io.BufferedReader(HttpFile(path, http), READ_BYTES) as file:
        yield file


def read_source(path: str, http: Http) -> bytes:
    """All bytes of a small file, wherever it lies."""
    if is_http(path):
        return read_whole(path, http)
    with open_file(path) as file:
        return file.read()


def status_of(path: str, http: Http) -> FileStatus:
    """Size and version of a file; a missing one is a GristmillError.

    The version is the time of change in nanoseconds of a local file, and what the store or server gives of others.
    """
    if is_http(path):
        return http_status(path, http)
    try:
        if is_local(path):
            status = Path(path).stat()
            return FileStatus(status.st_size, str(status.st_mtime_ns))
        filesystem, target = fsspec.url_to_fs(path)
        return _stored_status(filesystem.info(target), path)
    except FileNotFoundError as error:
        raise GristmillError(f"{path}: no such file") from error
    except OSError as error:
        raise GristmillError(f"{path}: {error.strerror or error}") from error
    except ImportError as error:
        raise GristmillError(f"{path}: {error}") from error  # a store whose driver is not installed


def _stored_status(info: dict[str, Any], path: str) -> FileStatus:
    if info.get("size") is None:
        raise GristmillError(f"{path}: the store does not tell its size; download it and name your copy in paths")
    versions = (info.get(name) for name in ("etag", "ETag", "generation", "mtime", "LastModified", "created"))
    return FileStatus(int(info["size"]), str(next((version for version in versions if version), "")))


def expand(pattern: str) -> list[Found]:
    """The files that a path, a folder or a glob names, sorted, each once; none where nothing is there.

    A glob follows the shell: its wildcards match no name that begins with a dot, `**` matches folders however deep. A
    folder that a glob matches stands for all files below it. Folders behind symbolic links are followed once.
    """
    if is_http(pattern):
        return [_named_on_server(pattern)]
    found = _local(pattern.removeprefix("file://")) if is_local(pattern) else _stored(pattern)
    once: dict[str, Found] = {}
    for one in found:
        if not _is_text(one.path):
            raise GristmillError(f"{one.path!r}: the name is not UTF-8; rename the file, or leave it out")
        # A file that a glob names itself counts as named, though a folder that it matches holds the file too.
        if one.path not in once or not one.name_in_folder:
            once[one.path] = one
    return sorted(once.values(), key=lambda one: one.path)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _named_on_server(url: str) -> Found:
    if "*" in url or url.endswith("/"):
        kind = "glob" if "*" in url else "folder"
        raise GristmillError(f"{url}: a {kind} on a web server cannot be listed; name its files, or give a path_list")
    return Found(url)


def _local(pattern: str) -> Iterator[Found]:
    names = [pattern] if Path(pattern).exists() else glob.iglob(pattern, recursive=True)  # noqa: PTH207 - Path.glob takes hidden files
    for name in names:
        if Path(name).is_dir():
            yield from (Found(str(Path(name, inner)), inner) for inner in _files_below(name))
        else:
            yield Found(str(Path(name)))


def _files_below(folder: str) -> Iterator[str]:
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        real = [os.path.realpath(Path(place, name)) for name in folders]
        folders[:] = [name for name, target in zip(folders, real, strict=True) if target not in seen]
        seen.update(real)
        for name in names:
            yield Path(place, name).relative_to(folder).as_posix()


def _stored(pattern: str) -> Iterator[Found]:
    try:
        filesystem, target = fsspec.url_to_fs(pattern)
        has_wildcards = any(sign in target for sign in "*?[")
        for name in filesystem.glob(target) if has_wildcards else [target]:
            path = filesystem.unstrip_protocol(name)
            if not filesystem.isdir(name):
                yield Found(path)
                continue
            root = filesystem._strip_protocol(name).rstrip("/") + "/"
            inner = (one.removeprefix(root) for one in filesystem.find(name))
            yield from (Found(join(path, one), one) for one in inner)
    except (OSError, ImportError, ValueError) as error:
        raise GristmillError(f"{pattern}: cannot be listed: {error}") from error
