"""Phase `contract`: the stars of several keys joined where one unit can, so that fewer edges are left.

Copies of a page share all their bands: of so many stars one remains.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.tables import write_table
from beam_jobs.shuffle import read_all_parts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, in_groups
from stages import artifacts
from stages.near_duplicates.clusters import connected_components
from stages.recipe import Recipe

EDGES_PER_UNIT = 8_000_000
"""About 1 GB while they are joined."""
EDGE_SCHEMA = pa.schema([pa.field("node", pa.uint64(), nullable=False), pa.field("label", pa.uint64(), nullable=False)])
"""A reference and a smaller one of the same component."""


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit for as many files as make EDGES_PER_UNIT edges."""
    files = [commit.files["stars"][0] for commit in commits_of(job, "buckets")]
    return [
        Planned({"files": [file.to_json() for file in group]}, sum(file.bytes for file in group))
        for group in in_groups([file for file in files if file.rows], lambda file: file.rows, EDGES_PER_UNIT)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one edge for each document that is not the smallest of its component in these files."""
    tables = [read_all_parts(artifacts.join(job.folder, file["path"])) for file in unit.inputs["files"]]
    centres, members = (
        np.concatenate([table.column(name).to_numpy() for table in tables]) for name in ("centre", "member")
    )
    nodes, labels = connected_components(centres, members)
    apart = nodes != labels
    table = pa.table({"node": nodes[apart], "label": labels[apart]}, schema=EDGE_SCHEMA)
    write_table(outputs, "edges", table)
    return {"edges": table.num_rows}
