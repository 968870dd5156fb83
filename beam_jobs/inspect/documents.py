"""The documents behind a row, from all corpora of the run that are still there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.finished import NAME, FinishedCorpus
from beam_jobs.tokenizer.corpora import Member, members
from beam_jobs.why.search import find
from stages.artifacts import Manifest, join, read_manifest
from stages.errors import GristmillError
from stages.recipe import Recipe


@dataclass(frozen=True)
class Candidate:
    """A row of documents with a wanted id; corpora that are joined may have several."""

    file: str
    row: dict[str, Any]


@dataclass(frozen=True)
class LookedUp:
    """What the corpora know of the documents of a row."""

    candidates: dict[int, list[Candidate]]
    """By their ids, in the order of the corpora."""
    notes: list[str]
    """What of the corpora is missing or has changed."""


def look_up(recipe: Recipe, tokenizer: Manifest, ids: Sequence[int]) -> LookedUp:
    """Finds documents by their ids; `tokenizer` is the manifest of the shards. A corpus that is gone is a note."""
    wanted = pa.array(sorted(set(ids)), pa.uint64())
    found = LookedUp({}, [])
    own, *others = members(recipe)
    packed = {own.folder: tokenizer.facts.get("corpus"), **tokenizer.facts.get("corpora", {})}
    for member in (own, *others):
        try:
            _add(found, recipe, member, packed.get(member.folder), wanted)
        except GristmillError as error:
            found.notes.append(f"corpus missing: {error}")
    return found


def _add(found: LookedUp, recipe: Recipe, member: Member, packed: str | None, wanted: pa.Array) -> None:
    manifest = read_manifest(member.folder, NAME)
    if manifest.sha256 != packed:
        found.notes.append(f"{member.folder}: not the corpus that was packed; run `make tokenizer` again")
    corpus = FinishedCorpus(member.folder, manifest, recipe.corpus)
    for one in find(corpus, lambda table: pc.is_in(table.column("id"), value_set=wanted), ["id"], ["documents"]):
        found.candidates.setdefault(one.row["id"], []).append(Candidate(join(member.folder, one.file), one.row))
