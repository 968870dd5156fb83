"""Phase `collect`: what the choice needs of each document in a component, brought together by component.

Texts are read where they are, in order, and turned into their sets of shingles; those are what travels.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.candidates import FACT_FIELDS, signature_settings
from beam_jobs.corpus.duplicates.gather import read_signatures
from beam_jobs.corpus.duplicates.index import signature_type
from beam_jobs.corpus.duplicates.runs import INDEX_ORDINAL, runs
from beam_jobs.corpus.tables import list_column, read_table
from beam_jobs.shuffle import parts_writer, read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import begins
from stages.near_duplicates.signatures import mix64, shingle_hashes, text_signatures
from stages.recipe import NearDuplicates, Recipe

UInt64 = npt.NDArray[np.uint64]

DOCUMENTS_PER_PART = 5_000
MOST_PARTS = 20_000
"""Past that, parts grow: there is a batch of each in the file of every run."""


def collected_schema(near_duplicates: NearDuplicates) -> pa.Schema:
    """A document in a component: who it is, whom it may be alike to, and its words as hashes."""
    return pa.schema(
        [
            pa.field("label", pa.uint64(), nullable=False),
            pa.field("reference", pa.uint64(), nullable=False),
            *(field.with_nullable(True) for field in FACT_FIELDS),
            pa.field("buckets", pa.list_(pa.uint64()), nullable=False),
            pa.field("shingles", pa.list_(pa.uint64()), nullable=False),
            pa.field("signature", pa.list_(signature_type(near_duplicates)), nullable=False),
        ]
    )


def settings(recipe: Recipe) -> Any:
    """How texts are turned into sets; signatures are needed where there is an index."""
    near_duplicates = recipe.corpus.near_duplicates
    return [signature_settings(near_duplicates), bool(near_duplicates.index)]


def plan(job: Job) -> list[Planned]:
    """One unit for each run."""
    labelled = commits_of(job, "clusters")
    documents = sum(commit.counts["documents"] + commit.counts["components"] for commit in labelled)
    parts = min(MOST_PARTS, max(1, -(-documents // DOCUMENTS_PER_PART)))
    files = {"labels": files_of(labelled, "labels"), "stars": files_of(commits_of(job, "buckets"), "stars")}
    common = {"parts": parts, "common": share(job, "collect", "inputs", files)}
    return [
        Planned({"run": number, "first": run.first, "files": run.files, **common}, _bytes(run.files))
        for number, run in enumerate(runs(job))
    ]


def _bytes(files: Any) -> int:
    return sum(file["bytes"] for one in files for file in one.values())


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the documents of the run that are in components, a part for some components each."""
    common = shared(job, unit.inputs["common"])
    nodes, labels = _labels(job, common["labels"], unit.inputs["run"])
    memberships = _Memberships(job, common["stars"], unit.inputs["run"])
    schema, parts = collected_schema(job.recipe.corpus.near_duplicates), unit.inputs["parts"]
    with parts_writer(outputs, "collected", schema) as writer:
        tables = [schema.empty_table()]
        for place, files in enumerate(unit.inputs["files"]):
            ordinal = unit.inputs["first"] + place
            start, stop = np.searchsorted(nodes, np.array([ordinal << 32, (ordinal + 1) << 32], np.uint64))
            if start < stop:
                tables.append(_collected(job, schema, files, nodes[start:stop], labels[start:stop], memberships))
        table = pa.concat_tables(tables)
        writer.write_all(table, mix64(table.column("label").to_numpy()) % np.uint64(parts), parts)
    return {"collected": table.num_rows}


def _labels(job: Job, files: list[dict[str, Any]], run: int) -> tuple[UInt64, UInt64]:
    """The run's documents that are in components, ascending, and their labels."""
    tables = [read_part(artifacts.join(job.folder, file["path"]), run) for file in files]
    nodes, labels = (
        np.concatenate([np.empty(0, np.uint64), *(table.column(name).to_numpy() for table in tables)])
        for name in ("node", "label")
    )
    nodes, first = np.unique(nodes, return_index=True)
    return nodes, labels[first]


class _Memberships:
    """The buckets of the run's documents: numbers that tell key and star apart."""

    def __init__(self, job: Job, files: list[dict[str, Any]], run: int):
        members, buckets = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
        for number, file in enumerate(files):
            table = read_part(artifacts.join(job.folder, file["path"]), run)
            members.append(table.column("member").to_numpy())
            key = mix64(np.array([number], np.uint64))  # else stars of different keys could meet
            buckets.append(mix64(table.column("centre").to_numpy() ^ key))
        every = np.concatenate(members)
        order = np.lexsort((np.concatenate(buckets), every))
        self._members, self._buckets = every[order], np.concatenate(buckets)[order]

    def of(self, references: UInt64) -> pa.ListArray:
        """The buckets of ascending references, all of which have some."""
        start, stop = np.searchsorted(self._members, references[[0, -1]] + np.array([0, 1], np.uint64))
        starts = np.flatnonzero(begins(self._members[start:stop]))
        offsets = np.append(starts, stop - start).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(self._buckets[start:stop]))


def _collected(
    job: Job, schema: pa.Schema, files: dict[str, Any], nodes: UInt64, labels: UInt64, memberships: _Memberships
) -> pa.Table:
    """The rows of one file's documents in components."""
    rows = pa.array((nodes & np.uint64(0xFFFFFFFF)).astype(np.int64))
    is_index = int(nodes[0]) >> 32 >= INDEX_ORDINAL
    path = files["signatures"]["path"] if is_index else artifacts.join(job.folder, files["signatures"]["path"])
    facts = read_table(path, ["id", "content_hash", "address"] if is_index else [one.name for one in FACT_FIELDS])
    found = {name: facts.column(name).take(rows) for name in facts.column_names}
    missing = {field.name: pa.nulls(len(rows), field.type) for field in FACT_FIELDS if field.name not in found}
    words = _of_index(path, rows) if is_index else _of_texts(job, files["candidates"]["path"], rows)
    columns = {"label": labels, "reference": nodes, **found, **missing, "buckets": memberships.of(nodes), **words}
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _of_index(path: str, rows: pa.Array) -> dict[str, pa.Array]:
    return {
        "shingles": list_column([np.empty(0, np.uint64)] * len(rows)),
        "signature": list_column(read_signatures(path)[rows.to_numpy()]),
    }


def _of_texts(job: Job, path: str, rows: pa.Array) -> dict[str, pa.Array]:
    near_duplicates = job.recipe.corpus.near_duplicates
    texts = read_table(artifacts.join(job.folder, path), ["text"]).column("text").take(rows).to_pylist()
    if near_duplicates.index:
        signatures: Any = text_signatures(texts, near_duplicates)
    else:
        signatures = [np.empty(0, signature_type(near_duplicates).to_pandas_dtype())] * len(texts)
    return {"shingles": list_column(shingle_hashes(texts, near_duplicates)), "signature": list_column(signatures)}
