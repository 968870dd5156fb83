"""Phase `choose`: decides which documents of each component stay, by their true similarity.

A component whose shingles no unit should hold is left to the rounds `giants`.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.duplicates.collected import candidates, nothing_kept, ordered, read_rows_where, superseded
from beam_jobs.corpus.duplicates.decisions import clusters_of, decision_table, write_decisions
from beam_jobs.corpus.duplicates.runs import runs
from beam_jobs.corpus.tables import write_table
from beam_jobs.shuffle import read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import begins
from stages.near_duplicates.selection import Candidate, Judged, of_same_address, select
from stages.recipe import Corpus, Recipe

GIANT_SHINGLES = 50_000_000
"""400 MB: some 100,000 documents."""
SHINGLES_OF_A_DOCUMENT = 500
"""What a document takes beside its shingles, those of an index have none, in as many of them: 4 kB."""
GIANT_SCHEMA = pa.schema(
    [
        pa.field("label", pa.uint64(), nullable=False),
        pa.field("part", pa.uint32(), nullable=False),
        pa.field("documents", pa.uint64(), nullable=False),
    ]
)


def settings(recipe: Recipe) -> Any:
    """What is alike, and which of those that are stays."""
    corpus = recipe.corpus
    sources = [source.name for source in corpus.sources] if "source" in corpus.near_duplicates.priority else None
    near_duplicates = corpus.near_duplicates.model_dump(mode="json", include={"threshold", "priority", "one_per_url"})
    return [near_duplicates, corpus.split.similarity, sources]


def plan(job: Job) -> list[Planned]:
    """One unit for each part of the components."""
    commits = commits_of(job, "collect")
    files = files_of(commits, "collected")
    parts = commits[0].inputs["parts"] if commits else 0
    common = share(job, "choose", "inputs", {"files": files, "firsts": [run.first for run in runs(job)]})
    weight = sum(file["bytes"] for file in files) // max(parts, 1)
    return [Planned({"part": part, "common": common}, weight) for part in range(parts)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the decisions on one part, and which of its components are giants."""
    corpus, part, common = job.recipe.corpus, unit.inputs["part"], shared(job, unit.inputs["common"])
    paths = [artifacts.join(job.folder, file["path"]) for file in common["files"]]
    giants = _giants(paths, part)
    labels = giants.column("label").to_numpy()
    table = read_rows_where(paths, part, lambda batch: ~np.isin(batch.column("label").to_numpy(), labels), corpus)
    order = ordered(table, corpus)
    order = order[np.argsort(table.column("label").to_numpy()[order], kind="stable")]
    table = table.take(pa.array(order))
    decided, clusters = _decide(table, corpus)
    write_table(outputs, "giants", giants)
    write_decisions(outputs, decision_table(decided, clusters), common["firsts"])
    removed = sum(judged.removal is not None for judged in decided.values())
    return {"compared": table.num_rows, "removed": removed, "giants": giants.num_rows}


def _giants(paths: list[str], part: int) -> pa.Table:
    """The components of a part that have too many shingles."""
    light = []
    for path in paths:
        batch = read_part(path, part, ["label", "shingles"])
        light.append(batch.set_column(1, "shingles", pc.list_value_length(batch.column("shingles"))))
    sums = pa.concat_tables(light).group_by("label").aggregate([("shingles", "sum"), ("shingles", "count")])
    documents = pc.multiply(sums.column("shingles_count"), SHINGLES_OF_A_DOCUMENT)
    size = pc.add(pc.cast(sums.column("shingles_sum"), pa.int64()), documents)
    found = sums.filter(pc.greater(size, GIANT_SHINGLES)).sort_by("label")
    columns = {
        "label": found.column("label"),
        "part": pa.array(np.full(found.num_rows, part, np.uint32)),
        "documents": found.column("shingles_count").cast(pa.uint64()),
    }
    return pa.table(columns, schema=GIANT_SCHEMA)


def _decide(table: pa.Table, corpus: Corpus) -> tuple[dict[int, Judged], dict[int, int]]:
    """Decisions on documents that stand component by component, each in the order of priority; and their clusters."""
    labels = table.column("label").to_numpy()
    bounds = [*np.flatnonzero(begins(labels)).tolist(), len(labels)]
    way = superseded(table, np.arange(table.num_rows), corpus)
    every = candidates(table)
    decided: dict[int, Judged] = {}
    clusters: dict[int, int] = {}
    for start, stop in pairwise(bounds):
        component = [next(every) for _ in range(start, stop)]
        found = select(component, nothing_kept(corpus), way)
        clusters.update(_clusters(component, found))
        decided.update(found)
        decided.update(_made_way(component, found, way))
    return decided, clusters


def _clusters(component: list[Candidate], decided: dict[int, Judged]) -> dict[int, int]:
    ids = {one.reference: one.id for one in component}
    relatives = [(ids[reference], one) for reference, judged in decided.items() for one in judged.relatives]
    if not relatives:
        return {}
    labels = clusters_of(relatives)
    return {one.reference: labels[one.id] for one in component if one.id in labels}


def _made_way(component: list[Candidate], decided: dict[int, Judged], way: dict[int, int]) -> dict[int, Judged]:
    by_reference = {one.reference: one for one in component}
    found = {}
    for one in component:
        if one.reference in way:
            winner = by_reference[way[one.reference]]
            found[one.reference] = Judged(of_same_address(winner.id, winner.indexed, decided.get(winner.reference)))
    return found
