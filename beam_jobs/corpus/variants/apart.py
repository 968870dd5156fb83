"""Phase `apart`: no variant is too alike to a document that is held out.

A training document is not, or it would not be in training; but what an augmenter leaves of it can be. So variants are
compared with all documents that are held out, exactly, and those that are as alike as `corpus.split.similarity` go.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus import outcomes
from beam_jobs.corpus.duplicates.across import HELD_OUT_BYTES, TEXTS_PER_BATCH
from beam_jobs.corpus.outcomes import moved_clusters
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, in_groups, share, shared
from stages import artifacts
from stages.near_duplicates.held_out import HeldOut, nearest
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe

LEAST_GROUPS = 8
"""So that the workers of one machine have enough to do; the held-out documents are indexed once for each group."""
VARIANTS_BYTES = 100_000_000
"""Of files of variants that a unit compares."""
REFUSED_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("duplicate_of", pa.uint64(), nullable=False),
        pa.field("jaccard", pa.float64(), nullable=False),
    ]
)
"""A variant that goes, the held-out document that it is most alike to, and how much."""


def settings(recipe: Recipe) -> Any:
    """How alike is too alike, and the shingles."""
    return [outcomes.settings(recipe), recipe.corpus.near_duplicates.model_dump(mode="json")]


def plan(job: Job) -> list[Planned]:
    """One unit for each group of files of variants, and again for each HELD_OUT_BYTES of held-out documents."""
    files = [file for file in files_of(commits_of(job, "augment"), "variants") if file["rows"]]
    if not files:
        return []
    held_out = [file for file in files_of(commits_of(job, "settle"), "held_out") if file["rows"]]
    moved = files_of(commits_of(job, "moved"), "moved")
    chunks = in_groups(held_out, _bytes, HELD_OUT_BYTES)
    shares = [share(job, "apart", f"held_out-{number}", chunk) for number, chunk in enumerate(chunks)]
    most = min(VARIANTS_BYTES, sum(map(_bytes, files)) // LEAST_GROUPS)
    groups = list(in_groups(files, _bytes, most))
    return [
        Planned({"held_out": chunk, "moved": moved, "variants": group}, sum(map(_bytes, group)))
        for chunk in shares
        for group in groups
    ]


def _bytes(file: dict[str, Any]) -> int:
    return int(file["bytes"])


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the variants that are too alike to some of the held-out documents."""
    held_out = _held_out(job, shared(job, unit.inputs["held_out"]), unit.inputs["moved"])
    paths = [artifacts.join(job.folder, file["path"]) for file in unit.inputs["variants"]]
    rows = [row for path in paths for row in _refused(job, held_out, path)]
    write_table(outputs, "refused", pa.Table.from_pylist(rows, schema=REFUSED_SCHEMA))
    return {"refused": len(rows)}


def _held_out(job: Job, files: Sequence[dict[str, Any]], moved: list[dict[str, Any]]) -> HeldOut:
    """The documents that are held out in the end, named by their ids."""
    table = pa.concat_tables([read_table(artifacts.join(job.folder, file["path"])) for file in files])
    in_training = np.array(sorted(moved_clusters(job, moved)), np.uint64)
    table = table.filter(pa.array(~np.isin(table.column("cluster").to_numpy(), in_training)))
    return HeldOut.of_lists(table.column("id").to_numpy(), table.column("shingles"))


def _refused(job: Job, held_out: HeldOut, path: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of REFUSED_SCHEMA of one file of variants."""
    corpus = job.recipe.corpus
    table = read_table(path, ["id", "text"])
    ids, texts = table.column("id").to_numpy(), table.column("text")
    for start in range(0, len(ids), TEXTS_PER_BATCH):
        sets = shingle_hashes(texts.slice(start, TEXTS_PER_BATCH).to_pylist(), corpus.near_duplicates)
        matches = held_out.matches(sets, corpus.split.similarity)
        found = zip(
            matches.positions.tolist(),
            matches.jaccard.tolist(),
            held_out.references[matches.held_out].tolist(),
            strict=True,
        )
        for position, (jaccard, other) in sorted(nearest(found).items()):
            yield {"id": int(ids[start + position]), "duplicate_of": other, "jaccard": jaccard}
