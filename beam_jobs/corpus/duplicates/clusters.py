"""Phase `clusters`: which component each document that shares a key belongs to, brought to the document's run.

One unit joins up to EDGES_IN_ONE_UNIT edges; of more, the rounds `components` have made stars, whose labels are dealt.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.duplicates import components
from beam_jobs.corpus.duplicates.contract import EDGE_SCHEMA
from beam_jobs.corpus.duplicates.runs import run_numbers, runs
from beam_jobs.corpus.tables import read_table
from beam_jobs.shuffle import read_all_parts, write_parts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, rounds_done
from stages import artifacts
from stages.near_duplicates.clusters import connected_components
from stages.recipe import Recipe

EDGES_IN_ONE_UNIT = 50_000_000
"""About 6 GB while they are joined (1.1 GB for 10 million)."""


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit for all edges, or one for each file of stars when the rounds are over."""
    firsts = [run.first for run in runs(job)]
    files = [commit.files["edges"][0] for commit in commits_of(job, "contract")]
    if sum(file.rows for file in files) <= EDGES_IN_ONE_UNIT:
        inputs = {"edges": [file.to_json() for file in files], "firsts": firsts}
        return [Planned(inputs, sum(file.bytes for file in files))]
    last = components.phase_name(rounds_done(job, components.NAME) - 1, "small")
    stars = [commit.files["edges"][0] for commit in commits_of(job, last)]
    return [Planned({"stars": file.to_json(), "firsts": firsts}, file.bytes) for file in stars]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes documents and their labels, a part for each run."""
    if "stars" in unit.inputs:
        edges = read_all_parts(artifacts.join(job.folder, unit.inputs["stars"]["path"]))
        nodes, labels = edges.column("node").to_numpy(), edges.column("label").to_numpy()
        inward = nodes > labels
        nodes, labels = nodes[inward], labels[inward]
        centres = np.unique(labels)  # named in the file of each part that holds a member
        nodes, labels = np.concatenate([nodes, centres]), np.concatenate([labels, centres])
    else:
        paths = [artifacts.join(job.folder, file["path"]) for file in unit.inputs["edges"]]
        edges = pa.concat_tables([EDGE_SCHEMA.empty_table(), *map(read_table, paths)])
        nodes, labels = connected_components(edges.column("node").to_numpy(), edges.column("label").to_numpy())
    firsts = unit.inputs["firsts"]
    table = pa.table({"node": nodes, "label": labels}, schema=EDGE_SCHEMA)
    write_parts(outputs, "labels", table, run_numbers(nodes, firsts), len(firsts))
    return {"documents": int(np.count_nonzero(nodes != labels)), "components": len(np.unique(labels[nodes == labels]))}
