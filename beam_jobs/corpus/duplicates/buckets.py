"""Phase `buckets`: documents with equal keys, as stars. A unit reads one range of one key, of all runs."""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.duplicates.gather import columns, ranges
from beam_jobs.corpus.duplicates.runs import INDEX_ORDINAL, run_numbers, runs
from beam_jobs.shuffle import read_part, write_parts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import stars
from stages.recipe import Recipe

STAR_SCHEMA = pa.schema(
    [pa.field("centre", pa.uint64(), nullable=False), pa.field("member", pa.uint64(), nullable=False)]
)
"""References; a centre is a member of its star too."""


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit for each key and range."""
    files, every = files_of(commits_of(job, "gather"), "keys"), runs(job)
    names = [name for name in columns(job.recipe.corpus.near_duplicates) for _ in range(ranges(every))]
    common = share(job, "buckets", "inputs", {"files": files, "firsts": [run.first for run in every]})
    bytes_each = sum(file["bytes"] for file in files) // max(len(names), 1)
    return [Planned({"part": part, "column": name, "common": common}, bytes_each) for part, name in enumerate(names)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the stars of all keys that two or more documents have, a part for each run of the members."""
    part, common = unit.inputs["part"], shared(job, unit.inputs["common"])
    tables = [read_part(artifacts.join(job.folder, file["path"]), part) for file in common["files"]]
    keys, references = (
        np.concatenate([np.empty(0, np.uint64), *(table.column(name).to_numpy() for table in tables)])
        for name in ("key", "reference")
    )
    centres, members = stars(keys, references)
    ours = centres < np.uint64(INDEX_ORDINAL << 32)  # else all its members are of an index
    centres, members = centres[ours], members[ours]
    firsts = common["firsts"]
    table = pa.table({"centre": centres, "member": members}, schema=STAR_SCHEMA)
    write_parts(outputs, "stars", table, run_numbers(members, firsts), len(firsts))
    return {"groups": int(np.count_nonzero(centres == members)), "members": len(members)}
