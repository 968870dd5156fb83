"""Phases `collect` and `repeated_ids`, where corpora are joined: what is held out, and ids that two corpora have.

`collect` deals the ids of all documents to parts by their number and makes shingles of those that are held out;
`repeated_ids` finds, a part at a time, ids that come again in a later corpus.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.tables import list_column, write_table
from beam_jobs.shuffle import read_part, write_parts
from beam_jobs.tokenizer.corpora import fragments, is_joined, members
from beam_jobs.tokenizer.documents import read_fragment
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages.artifacts import join
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe
from stages.splits import SPLITS

DOCUMENTS_PER_PART = 8_000_000
ID_SCHEMA = pa.schema([pa.field("id", pa.uint64(), nullable=False), pa.field("rank", pa.uint32(), nullable=False)])
"""The document with the smallest rank stays."""
HELD_OUT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("split", pa.uint8(), nullable=False),
        pa.field("shingles", pa.list_(pa.uint64()), nullable=False),
    ]
)
REPEATED_SCHEMA = pa.schema([pa.field("id", pa.uint64(), nullable=False)])


def settings(recipe: Recipe) -> Any:
    """The shingles, and which corpora hold documents out."""
    roles = [[one.trains, one.holds_out] for one in members(recipe)]
    return [recipe.corpus.near_duplicates.model_dump(mode="json"), bool(recipe.mixture.held_out), roles]


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment, if corpora are joined."""
    if not is_joined(job.recipe):
        return []
    every = fragments(job)
    parts = -(-sum(fragment["rows"] for fragment in every) // DOCUMENTS_PER_PART)
    return [Planned({"fragment": fragment, "parts": max(parts, 1)}, fragment["bytes"]) for fragment in every]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the ids of a fragment and the shingles of its held-out documents."""
    fragment, recipe = unit.inputs["fragment"], job.recipe
    member = members(recipe)[fragment["corpus"]]
    ids, ranks, held_out = [], [], []
    for batch in read_fragment(job, fragment, ["id", "text", "split"]):
        is_held_out = np.array([split != "train" for split in batch.column("split").to_pylist()], np.bool_)
        wanted = batch if member.holds_out else batch.filter(pa.array(~is_held_out))
        # Where one corpus holds out for all, its held-out documents stay whatever else has their id.
        first = is_held_out if member.holds_out and recipe.mixture.held_out else np.zeros(len(is_held_out), np.bool_)
        ids.append(wanted.column("id").to_numpy())
        ranks.append(np.where(first, 0, fragment["corpus"] + 1)[: wanted.num_rows].astype(np.uint32))
        if member.holds_out and is_held_out.any():
            held_out.append(_shingles(batch.filter(pa.array(is_held_out)), recipe))
    empty = np.empty(0, np.uint64)
    columns = [np.concatenate([empty, *ids]), np.concatenate([empty.astype(np.uint32), *ranks])]
    table = pa.table(columns, schema=ID_SCHEMA)
    write_parts(outputs, "ids", table, columns[0] % np.uint64(unit.inputs["parts"]), unit.inputs["parts"])
    write_table(outputs, "held_out", pa.concat_tables([HELD_OUT_SCHEMA.empty_table(), *held_out]))
    return {"documents": table.num_rows, "held_out": sum(one.num_rows for one in held_out)}


def _shingles(documents: pa.RecordBatch, recipe: Recipe) -> pa.Table:
    sets = shingle_hashes(documents.column("text").to_pylist(), recipe.corpus.near_duplicates)
    splits = pa.array([SPLITS.index(one) for one in documents.column("split").to_pylist()], pa.uint8())
    return pa.table([documents.column("id"), splits, list_column(sets)], schema=HELD_OUT_SCHEMA)


def plan_repeated(job: Job) -> list[Planned]:
    """One unit for each part of the ids."""
    collected = commits_of(job, "collect")
    if not collected:
        return []
    files = share(job, "repeated_ids", "ids", files_of(collected, "ids"))
    rows = sum(commit.counts["documents"] for commit in collected)
    parts = collected[0].inputs["parts"]
    return [Planned({"part": part, "files": files}, rows // parts) for part in range(parts)]


def work_repeated(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes, a part for each fragment, the ids whose documents stay in another corpus."""
    files = shared(job, unit.inputs["files"])
    tables = [read_part(join(job.folder, file["path"]), unit.inputs["part"]) for file in files]
    numbers = np.repeat(np.arange(len(tables)), [table.num_rows for table in tables])
    every = pa.concat_tables(tables)
    ids, ranks = every.column("id").to_numpy(), every.column("rank").to_numpy()
    order = np.lexsort((numbers, ranks, ids))
    again = np.zeros(len(order), np.bool_)
    again[1:] = ids[order][1:] == ids[order][:-1]
    gone = np.sort(order[again])
    write_parts(outputs, "repeated", pa.table([ids[gone]], schema=REPEATED_SCHEMA), numbers[gone], len(tables))
    return {"repeated": len(gone)}


def repeated_ids(job: Job, files: list[dict[str, Any]], fragment: int) -> set[int]:
    """The ids of a fragment whose documents stay in another corpus."""
    tables = [read_part(join(job.folder, file["path"]), fragment) for file in files]
    return {one for table in tables for one in table.column("id").to_pylist()}
