"""Phase `settle`: the decisions brought back to the candidates they are about, and the documents that are held out.

There is one unit for each run; a part of its file of decisions for each unit of candidates.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.duplicates.decisions import DECISION_SCHEMA
from beam_jobs.corpus.duplicates.runs import own_runs
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.shuffle import parts_writer, read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe
from stages.splits import assign_split

HELD_OUT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("cluster", pa.uint64(), nullable=False),
        pa.field("shingles", pa.list_(pa.uint64()), nullable=False),
    ]
)


def settings(recipe: Recipe) -> Any:
    """What decides which documents are held out, and their shingles."""
    corpus = recipe.corpus
    return [recipe.seed, corpus.split.model_dump(mode="json"), corpus.near_duplicates.model_dump(mode="json")]


def plan(job: Job) -> list[Planned]:
    """One unit for each run of candidates."""
    decisions = [file for phase in ("choose", "conclude") for file in files_of(commits_of(job, phase), "decisions")]
    common = share(job, "settle", "decisions", decisions)
    return [
        Planned(
            {"run": number, "first": run.first, "files": run.files, "decisions": common},
            sum(one["candidates"]["bytes"] for one in run.files),
        )
        for number, run in enumerate(own_runs(job))
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the run's decisions, and the shingles of its documents that are held out."""
    paths = [artifacts.join(job.folder, file["path"]) for file in shared(job, unit.inputs["decisions"])]
    tables = [read_part(path, unit.inputs["run"]) for path in paths]
    decisions = pa.concat_tables([DECISION_SCHEMA.empty_table(), *tables]).sort_by("reference")
    references = decisions.column("reference").to_numpy()
    held_out: list[dict[str, Any]] = []
    with parts_writer(outputs, "decisions", DECISION_SCHEMA) as writer:
        for place, files in enumerate(unit.inputs["files"]):
            first = (unit.inputs["first"] + place) << 32
            start, stop = np.searchsorted(references, np.array([first, first + (1 << 32)], np.uint64)).tolist()
            part = decisions.slice(start, stop - start)
            writer.write(part)
            held_out.extend(_held_out(job, files, part))
    write_table(outputs, "held_out", pa.Table.from_pylist(held_out, schema=HELD_OUT_SCHEMA))
    return {"decisions": decisions.num_rows, "held_out": len(held_out)}


def _held_out(job: Job, files: dict[str, Any], decisions: pa.Table) -> Iterator[dict[str, Any]]:
    """Yields the rows of HELD_OUT_SCHEMA of one unit of candidates."""
    path = artifacts.join(job.folder, files["candidates"]["path"])
    ids = read_table(path, ["id"]).column("id").to_pylist()
    clusters = kept_clusters(ids, decisions)
    recipe = job.recipe
    rows = [
        row for row, cluster in clusters.items() if assign_split(cluster, recipe.seed, recipe.corpus.split) != "train"
    ]
    if not rows:
        return
    texts = read_table(path, ["text"]).column("text").take(pa.array(rows)).to_pylist()
    for row, shingles in zip(rows, shingle_hashes(texts, recipe.corpus.near_duplicates), strict=True):
        yield {"id": ids[row], "cluster": clusters[row], "shingles": shingles}


def kept_clusters(ids: list[int], decisions: pa.Table) -> dict[int, int]:
    """The clusters of the candidates of a unit that stay, by row; `decisions` are those on this unit."""
    clusters = dict(enumerate(ids))
    rows = (decisions.column("reference").to_numpy() & np.uint64(0xFFFFFFFF)).tolist()
    decided = zip(rows, decisions.column("rule").to_pylist(), decisions.column("cluster").to_pylist(), strict=True)
    for row, rule, cluster in decided:
        if rule is not None:
            del clusters[row]
        elif cluster is not None:
            clusters[row] = cluster
    return clusters
