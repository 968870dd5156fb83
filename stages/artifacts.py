"""What a job leaves behind, and how the next one finds it: whole files, manifests, fingerprints.

A file is written under a temporary name and renamed, so that it is there whole or not at all. A job's `manifest.json`
lists its files in order with sizes and hashes; the next job reads that list, never a glob. A fingerprint tells whether
a job has anything to do.
"""

import ast
import hashlib
import importlib.metadata
import json
import os
import re
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

import filelock
import fsspec

from stages.errors import GristmillError

ROOMS = ("stages", "beam_jobs", "trainer")
MANIFEST = "manifest.json"
STATE = "_state.json"


def is_local(path: str) -> bool:
    """Whether a path is on this machine's own disk."""
    return "://" not in path or path.startswith("file://")


@contextmanager
def open_file(path: str) -> Iterator[IO[bytes]]:
    """Opens a file for reading bytes, wherever fsspec can reach it; a missing one is a GristmillError."""
    try:
        opened = fsspec.open(path, "rb").open()
    except OSError as error:
        raise GristmillError(f"{path}: {error.strerror or error}") from error
    except ImportError as error:
        raise GristmillError(f"{path}: {error}") from error
    with opened as file:
        yield file


def join(folder: str, *names: str) -> str:
    """A path below a folder, local or remote."""
    return "/".join((folder.rstrip("/"), *names))


@contextmanager
def written(path: str) -> Iterator[Path]:
    """Yields a temporary local path; when the block ends well, its file is put at `path` whole.

    Local files are synced and renamed. A remote file is uploaded under its final name, which object stores do whole or
    not at all.
    """
    temporary = _temporary_for(path)
    try:
        yield temporary
        if is_local(path):
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        else:
            filesystem, target = fsspec.url_to_fs(path)
            filesystem.put_file(str(temporary), target)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_for(path: str) -> Path:
    name = f".{path.rsplit('/', 1)[-1]}.{uuid.uuid4().hex}.tmp"
    if not is_local(path):
        return Path(tempfile.gettempdir()) / name
    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def write_bytes(path: str, data: bytes) -> None:
    """Puts a whole file at `path`."""
    with written(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: str, value: Any) -> None:
    """Puts a JSON file at `path`; equal values give equal bytes."""
    write_bytes(path, (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_json(path: str) -> Any:
    """The value in a JSON file; a damaged file is a GristmillError that names it."""
    with open_file(path) as file:
        data = file.read()
    try:
        return json.loads(data)
    except ValueError as error:
        raise GristmillError(f"{path}: damaged: {error}") from error


def exists(path: str) -> bool:
    """Whether there is a file or folder at `path`."""
    if is_local(path):
        return Path(path).exists()
    filesystem, target = fsspec.url_to_fs(path)
    return bool(filesystem.exists(target))


def remove(path: str) -> None:
    """Removes a file if it is there."""
    if is_local(path):
        Path(path).unlink(missing_ok=True)
        return
    filesystem, target = fsspec.url_to_fs(path)
    if filesystem.exists(target):
        filesystem.rm_file(target)


def list_files(folder: str) -> list[str]:
    """The names, relative to `folder`, of all files below it, sorted; none if there is no such folder."""
    if is_local(folder):
        root = Path(folder)
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    filesystem, target = fsspec.url_to_fs(folder)
    if not filesystem.exists(target):
        return []
    return sorted(name[len(target.rstrip("/")) + 1 :] for name in filesystem.find(target))


def sha256_of(path: str | Path) -> str:
    """The SHA-256 of a local file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class OutputFile:
    """One file of a job: its path below the job's folder, its bytes and hash, and the rows it holds."""

    path: str
    bytes: int
    sha256: str
    rows: int

    def to_json(self) -> dict[str, Any]:
        """As it stands in the manifest."""
        return {"path": self.path, "bytes": self.bytes, "sha256": self.sha256, "rows": self.rows}


@dataclass(frozen=True)
class Manifest:
    """What a finished job made: the only way by which the next job finds it."""

    job: str
    files: dict[str, list[OutputFile]]
    """Lists of files by kind, each in order."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Counts, settings, inputs and versions: whatever explains the files."""
    sha256: str = ""
    """The hash of the manifest file itself; set when it has been written or read."""

    def paths(self, kind: str, folder: str) -> list[str]:
        """The full paths of one kind of file, in order."""
        return [join(folder, file.path) for file in self.files.get(kind, [])]


def write_manifest(folder: str, manifest: Manifest) -> Manifest:
    """Writes `manifest.json` and returns the manifest with its hash."""
    value = {
        "job": manifest.job,
        "files": {kind: [file.to_json() for file in files] for kind, files in manifest.files.items()},
        "facts": manifest.facts,
    }
    write_json(join(folder, MANIFEST), value)
    return read_manifest(folder, manifest.job)


def read_manifest(folder: str, job: str) -> Manifest:
    """Reads the manifest of a finished job; GristmillError names the job to run if there is none."""
    path = join(folder, MANIFEST)
    if not exists(path):
        raise GristmillError(f"{path}: not there; run `make {job}` first")
    with open_file(path) as file:
        data = file.read()
    try:
        value = json.loads(data)
        files = {kind: [OutputFile(**file) for file in files] for kind, files in value["files"].items()}
        return Manifest(value["job"], files, value["facts"], hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError) as error:
        raise GristmillError(f"{path}: damaged: {error}; run `make {job}` again") from error


def mark_finished(folder: str, fingerprint: str) -> None:
    """Records that the manifest in `folder` is the result of work with this fingerprint."""
    manifest = hashlib.sha256(Path(folder, MANIFEST).read_bytes()).hexdigest() if is_local(folder) else ""
    write_json(join(folder, STATE), {"fingerprint": fingerprint, "manifest": manifest})


def is_finished(folder: str, fingerprint: str) -> bool:
    """Whether `folder` holds the whole result of work with this fingerprint: same manifest, files of the right size."""
    try:
        state = read_json(join(folder, STATE))
        manifest = read_manifest(folder, "")
    except GristmillError:
        return False
    if state.get("fingerprint") != fingerprint:
        return False
    if not is_local(folder):
        return True
    return state.get("manifest") == manifest.sha256 and all(
        Path(folder, file.path).is_file() and Path(folder, file.path).stat().st_size == file.bytes
        for files in manifest.files.values()
        for file in files
    )


def fingerprint_of(*parts: Any) -> str:
    """One hash of JSON values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def library_versions(distributions: Sequence[str]) -> dict[str, str]:
    """The installed versions of Python and of the libraries whose behaviour decides the output's bytes."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, **{name: importlib.metadata.version(name) for name in distributions}}


@cache
def code_version(module: str) -> str:
    """A hash of the sources of a module of this project and of all project modules that it imports, however deep."""
    return fingerprint_of(sorted(source_hashes(module).items()))


def source_hashes(module: str) -> dict[str, str]:
    """The SHA-256 of each source behind `code_version`, by module."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        waiting.extend(name.rsplit(".", 1)[:-1])  # importing a module runs its package's __init__ too
        path = _source_path(name)
        if name in seen or path is None:
            continue
        seen[name], imported = _read_source(path)
        waiting.extend(imported)
    return seen


@cache
def _read_source(path: Path) -> tuple[str, tuple[str, ...]]:
    """The SHA-256 of a source and the modules that it imports; a running process does not change its sources."""
    source = path.read_bytes()
    return hashlib.sha256(source).hexdigest(), tuple(_imports(source))


@cache
def _source_path(module: str) -> Path | None:
    """The file of a module of this project; found by its name, since asking the import system would import."""
    if module.split(".")[0] not in ROOMS:
        return None
    stem = Path(__file__).parent.parent.joinpath(*module.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


_IMPORT = re.compile(rb"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(?:\([^)]*\)|[^\n(]*))", re.MULTILINE)
"""A statement that imports, or a line of text that looks like one."""


def _imports(source: bytes) -> Iterator[str]:
    """The modules that a source imports, anywhere in it; only its import statements are parsed, which is quick."""
    for statement in _IMPORT.findall(source):
        try:
            nodes = ast.parse(statement).body
        except (SyntaxError, ValueError):
            continue  # a line of text
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@contextmanager
def sole_writer(folder: str) -> Iterator[None]:
    """Holds the folder for one run; a second one at the same time is a GristmillError."""
    if not is_local(folder):
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(Path(folder, ".lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise GristmillError(f"{folder}: another run is writing here; wait for it or end it") from error
    try:
        yield
    finally:
        lock.release()
