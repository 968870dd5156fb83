"""Phases `across` and `moved`: no document of one split is too alike to a document of another.

The search for duplicates finds most pairs, by chance not all, and few of those that are less alike than the threshold.
So the documents that are held out are compared with all others, exactly. `across` writes the clusters that such pairs
join. If clusters that are joined, however far around, are in different splits, `moved` takes all of them into training.
After that there is no such pair: one end of it would be held out, and was before; so the pair was found.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.duplicates.runs import own_runs
from beam_jobs.corpus.duplicates.settle import kept_clusters
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.shuffle import read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, in_groups, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import connected_components
from stages.near_duplicates.held_out import HeldOut
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe
from stages.splits import SPLITS, assign_split

UInt64 = npt.NDArray[np.uint64]

HELD_OUT_BYTES = 400_000_000
"""Of shingles that a unit compares with; with their index about 2 GB."""
TEXTS_PER_BATCH = 512
PAIR_SCHEMA = pa.schema(
    [pa.field("cluster", pa.uint64(), nullable=False), pa.field("other", pa.uint64(), nullable=False)]
)
MOVED_SCHEMA = pa.schema([pa.field("cluster", pa.uint64(), nullable=False)])


def settings(recipe: Recipe) -> Any:
    """How alike is too alike, and the shingles."""
    corpus = recipe.corpus
    return [recipe.seed, corpus.split.model_dump(mode="json"), corpus.near_duplicates.model_dump(mode="json")]


def plan(job: Job) -> list[Planned]:
    """One unit for each run of candidates, and again for each HELD_OUT_BYTES of held-out documents."""
    settled = commits_of(job, "settle")
    held_out_files = [file for file in files_of(settled, "held_out") if file["rows"]]
    chunks = in_groups(held_out_files, lambda file: int(file["bytes"]), HELD_OUT_BYTES)
    shares = [share(job, "across", f"held_out-{number}", chunk) for number, chunk in enumerate(chunks)]
    decisions = files_of(settled, "decisions")
    return [
        Planned(
            {
                "held_out": held_out,
                "decisions": decisions[number],
                "candidates": [files["candidates"] for files in run.files],
            },
            sum(files["candidates"]["bytes"] for files in run.files),
        )
        for held_out in shares
        for number, run in enumerate(own_runs(job))
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the clusters that are joined by documents of this run and documents that are held out."""
    held_out = _held_out(job, shared(job, unit.inputs["held_out"]))
    decisions = artifacts.join(job.folder, unit.inputs["decisions"]["path"])
    pairs = [np.empty((0, 2), np.uint64)]
    for part, file in enumerate(unit.inputs["candidates"]):
        pairs.extend(_joined(job, held_out, artifacts.join(job.folder, file["path"]), read_part(decisions, part)))
    unique = np.unique(np.concatenate(pairs), axis=0)
    table = pa.table({"cluster": unique[:, 0], "other": unique[:, 1]}, schema=PAIR_SCHEMA)
    write_table(outputs, "pairs", table)
    return {"joined": table.num_rows}


def _joined(job: Job, held_out: HeldOut, path: str, decisions: pa.Table) -> Iterator[UInt64]:
    """Yields pairs of clusters that differ, uint64 [pairs, 2], of one file of candidates."""
    corpus = job.recipe.corpus
    clusters = kept_clusters(read_table(path, ["id"]).column("id").to_pylist(), decisions)
    rows, own = np.array(list(clusters), np.int64), np.array(list(clusters.values()), np.uint64)
    texts = read_table(path, ["text"]).column("text").take(pa.array(rows))
    for start in range(0, len(rows), TEXTS_PER_BATCH):
        sets = shingle_hashes(texts.slice(start, TEXTS_PER_BATCH).to_pylist(), corpus.near_duplicates)
        matches = held_out.matches(sets, corpus.split.similarity)
        joined = np.stack([own[start + matches.positions], held_out.references[matches.held_out]], axis=1)
        yield joined[joined[:, 0] != joined[:, 1]]


def _held_out(job: Job, files: list[dict[str, Any]]) -> HeldOut:
    """The documents that are held out, named by their clusters."""
    table = pa.concat_tables([read_table(artifacts.join(job.folder, file["path"])) for file in files])
    return HeldOut.of_lists(table.column("cluster").to_numpy(), table.column("shingles"))


def plan_moved(job: Job) -> list[Planned]:
    """One unit: such pairs are few."""
    files = [file for file in files_of(commits_of(job, "across"), "pairs") if file["rows"]]
    return [Planned({"pairs": files}, sum(file["bytes"] for file in files))]


def work_moved(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the clusters that go into training whatever their hash says."""
    tables = [read_table(artifacts.join(job.folder, file["path"])) for file in unit.inputs["pairs"]]
    pairs = pa.concat_tables([PAIR_SCHEMA.empty_table(), *tables])
    clusters, labels = connected_components(pairs.column("cluster").to_numpy(), pairs.column("other").to_numpy())
    numbers = [SPLITS.index(assign_split(one, job.recipe.seed, job.recipe.corpus.split)) for one in clusters.tolist()]
    splits = np.array(numbers, np.int64)
    _, members = np.unique(labels, return_inverse=True)
    first, last = (np.full(members.max(initial=-1) + 1, start, np.int64) for start in (len(SPLITS), -1))
    np.minimum.at(first, members, splits)
    np.maximum.at(last, members, splits)
    moved = clusters[(first != last)[members] & (splits != SPLITS.index("train"))]
    write_table(outputs, "moved", pa.table({"cluster": moved}, schema=MOVED_SCHEMA))
    return {"moved": len(moved)}
