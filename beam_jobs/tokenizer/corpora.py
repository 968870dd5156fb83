"""The finished corpora that a run reads: its own, those that join it, and one that only holds documents out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beam_jobs.units import Job
from stages.artifacts import MANIFEST, Manifest, exists, is_local, join, read_manifest
from stages.errors import GristmillError
from stages.recipe import Recipe

NAME = "corpus"


@dataclass(frozen=True)
class Member:
    """One corpus of a run, and which of its documents are meant to be in it."""

    folder: str
    trains: bool
    """Whether its training documents are part of the run."""
    holds_out: bool
    """Whether its held-out documents are those of the run; if not, they are left out."""


@dataclass(frozen=True)
class JoinedCorpus:
    """A member that is finished."""

    member: Member
    manifest: Manifest

    def split_bytes(self, split: str) -> int:
        """The bytes of text of a split's originals, as far as they are part of the run."""
        if not (self.member.trains if split == "train" else self.member.holds_out):
            return 0
        return int(self.manifest.facts["splits"].get(split, {}).get("bytes", 0))

    @property
    def documents(self) -> int:
        """How many documents are read: all of one that trains, otherwise those that are held out."""
        if self.member.trains:
            return sum(file.rows for file in self.manifest.files["documents"])
        splits = self.manifest.facts["splits"]
        return sum(int(count.get("documents", 0)) for split, count in splits.items() if split != "train")


def is_joined(recipe: Recipe) -> bool:
    """Whether more than the run's own corpus decides what is in it."""
    return len(members(recipe)) > 1


def members(recipe: Recipe) -> list[Member]:
    """The run's own corpus, those that join it in their order, and last one that only holds documents out."""
    folders = [recipe.folder(NAME), *recipe.mixture.corpora]
    places = [_place(folder) for folder in folders]
    for number, place in enumerate(places):
        if place in places[:number]:
            which = "the run's own corpus" if place == places[0] else "named twice"
            raise GristmillError(f"mixture.corpora: {folders[number]}: {which}; each corpus joins once")
    held_out = recipe.mixture.held_out
    chosen = _place(held_out) if held_out else ""
    every = zip(folders, places, strict=True)
    found = [Member(folder, trains=True, holds_out=chosen in ("", place)) for folder, place in every]
    if chosen and chosen not in places:
        found.append(Member(held_out, trains=False, holds_out=True))
    return found


def _place(folder: str) -> str:
    """What is equal for two names of one folder."""
    return str(Path(folder).resolve()) if is_local(folder) else folder.rstrip("/")


def corpora(recipe: Recipe) -> list[JoinedCorpus]:
    """The same, with their manifests; GristmillError names a folder that holds no finished corpus."""
    own, *others = members(recipe)
    found = [JoinedCorpus(own, read_manifest(own.folder, NAME))]
    for member in others:
        key = "mixture.corpora" if member.trains else "mixture.held_out"
        if not exists(join(member.folder, MANIFEST)):
            raise GristmillError(f"{key}: {member.folder}: no finished corpus; run `make corpus` with its recipe first")
        manifest = read_manifest(member.folder, NAME)
        if manifest.job != NAME:
            raise GristmillError(f"{key}: {member.folder}: no corpus, but what `make {manifest.job}` wrote")
        found.append(JoinedCorpus(member, manifest))
    return found


def fragments(job: Job) -> list[dict[str, Any]]:
    """All files of documents, corpus by corpus, each in its order: with the number of their corpus, as JSON values."""
    return [
        {"corpus": number, **file.to_json()}
        for number, corpus in enumerate(corpora(job.recipe))
        for file in corpus.manifest.files["documents"]
    ]


def identities(recipe: Recipe) -> Iterator[dict[str, object]]:
    """Yields what is read, named by the hashes of the manifests."""
    for corpus in corpora(recipe):
        roles = {} if corpus.member.trains and corpus.member.holds_out else {"trains": corpus.member.trains}
        yield {"corpus": corpus.manifest.sha256, **roles}
