"""Which files the sources of a recipe name: globs, path lists, local or remote, with sizes and versions."""

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import fsspec

from stages import artifacts
from stages.errors import GristmillError
from stages.recipe import Source


@dataclass(frozen=True)
class InputFile:
    """One file of a source. `version` changes when the file does: its time of change, or what the store gives."""

    source: str
    path: str
    size: int
    version: str

    def to_json(self) -> dict[str, object]:
        """As it stands in the list of inputs."""
        return asdict(self)


def resolve_inputs(sources: Sequence[Source]) -> list[InputFile]:
    """All files of the sources, in the order of the recipe; a path that names nothing is a GristmillError."""
    files = []
    for source in sources:
        paths = _listed_paths(source) if source.path_list else _globbed_paths(source)
        chosen = paths[: source.maximum_files] if source.maximum_files else paths
        found = [_describe(source, path) for path in chosen]
        if not sum(file.size for file in found):
            raise GristmillError(f"corpus.sources {source.name!r}: its {len(found)} files are all empty")
        files.extend(found)
    return files


def _listed_paths(source: Source) -> list[str]:
    with artifacts.open_file(source.path_list) as file:
        data = file.read()
    if source.path_list.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise GristmillError(f"{source.path_list}: not a whole gzip file: {error}") from error
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    paths = [source.path_prefix + line for line in lines if line]
    if not paths:
        raise GristmillError(f"{source.path_list}: the list names no path")
    return paths


def _globbed_paths(source: Source) -> list[str]:
    paths: list[str] = []
    for pattern in source.paths:
        found = sorted(_expand(pattern))
        if not found:
            raise GristmillError(f"corpus.sources {source.name!r}: {pattern}: no such file")
        paths.extend(path for path in found if path not in paths)
    return paths


def _expand(pattern: str) -> Iterator[str]:
    if not any(sign in pattern for sign in "*?["):
        yield pattern
    elif artifacts.is_local(pattern):
        yield from (str(path) for path in _local_glob(pattern) if path.is_file())
    else:
        filesystem, target = fsspec.url_to_fs(pattern)
        yield from (filesystem.unstrip_protocol(path) for path in filesystem.glob(target))


def _local_glob(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    root = Path(path.anchor) if path.is_absolute() else Path()
    return root.glob(str(path.relative_to(root) if path.is_absolute() else path))


def _describe(source: Source, path: str) -> InputFile:
    try:
        if artifacts.is_local(path):
            status = Path(path).stat()
            if not Path(path).is_file():
                raise GristmillError(f"corpus.sources {source.name!r}: {path}: a folder; name its files with a glob")
            return InputFile(source.name, path, status.st_size, str(status.st_mtime_ns))
        filesystem, target = fsspec.url_to_fs(path)
        return InputFile(source.name, path, *_remote_status(filesystem.info(target), path))
    except FileNotFoundError as error:
        raise GristmillError(f"corpus.sources {source.name!r}: {path}: no such file") from error
    except OSError as error:
        raise GristmillError(f"corpus.sources {source.name!r}: {path}: {error.strerror or error}") from error


def _remote_status(info: dict[str, Any], path: str) -> tuple[int, str]:
    if not info.get("size"):
        raise GristmillError(f"{path}: the server does not tell its size")
    versions = (info.get(name) for name in ("etag", "ETag", "generation", "mtime", "LastModified"))
    return int(info["size"]), str(next((version for version in versions if version), ""))
