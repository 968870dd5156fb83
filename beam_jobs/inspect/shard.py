"""The shard that a person means, and whether it is one of the run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from stages.artifacts import Manifest, OutputFile, join, sha256_of
from stages.errors import GristmillError
from stages.rebuilt_documents import Pieces, pieces_of
from stages.shards import PackedRows
from stages.splits import SPLITS


@dataclass(frozen=True)
class Listed:
    """A shard of the manifest."""

    split: str
    number: int
    path: str
    file: OutputFile

    @property
    def name(self) -> str:
        """As a person names it."""
        return f"{self.split}/{self.number}"


@dataclass(frozen=True)
class Shard:
    """An opened shard."""

    path: str
    name: str
    """`train/0`, or the path of a file that is not the run's."""
    standing: str
    """What it is to the manifest, in words."""
    tokenizer: str
    """The SHA-256 of the run's tokenizer."""
    rows: PackedRows

    @cached_property
    def pieces(self) -> Pieces:
        """Where its documents are."""
        return pieces_of(self.rows)


def find_shard(folder: str, manifest: Manifest, given: str) -> Shard:
    """Opens `train/0`, a path of the manifest such as `train/shard-00000.arrow`, or any other file.

    Raises GristmillError if there is none, naming those of the run, or if it is damaged beyond reading.
    """
    listed = list(_listed(folder, manifest))
    chosen = _chosen(listed, given)
    path = given if chosen is None else chosen.path
    if not Path(path).is_file():
        if chosen is not None:
            raise GristmillError(f"{path}: missing; run `make tokenizer`")
        raise GristmillError(f"SHARD={given}: no such shard; there are {_names(listed)} in {folder}")
    tokenizer = next((file.sha256 for file in manifest.files["tokenizer"] if file.path.endswith(".model")), "")
    name = path if chosen is None else chosen.name
    return Shard(path, name, _standing(path, chosen, listed), tokenizer, PackedRows([path]))


def _listed(folder: str, manifest: Manifest) -> Iterator[Listed]:
    for split in SPLITS:
        for number, file in enumerate(manifest.files.get(split, [])):
            yield Listed(split, number, join(folder, file.path), file)


def _chosen(listed: list[Listed], given: str) -> Listed | None:
    if found := re.fullmatch(r"(\w+)/0*(\d+)", given):
        return next((one for one in listed if one.name == f"{found[1]}/{found[2]}"), None)
    place = Path(given).resolve()
    return next((one for one in listed if given == one.file.path or place == Path(one.path).resolve()), None)


def _standing(path: str, chosen: Listed | None, listed: list[Listed]) -> str:
    sha256 = sha256_of(path)
    if chosen is not None and chosen.file.sha256 == sha256:
        return "as the manifest lists it"
    if chosen is not None:
        return "not the file that the manifest lists: damaged, or of another run; delete it and run `make tokenizer`"
    same = next((one.name for one in listed if one.file.sha256 == sha256), None)
    return f"a copy of {same}" if same else "not in the manifest: a shard of another run"


def _names(listed: list[Listed]) -> str:
    found = []
    for split in SPLITS:
        names = [one.name for one in listed if one.split == split]
        if names:
            found.append(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}")
    return ", ".join(found) or "none"
