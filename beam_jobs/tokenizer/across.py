"""Phase `across`, where corpora are joined: no document is too alike to one that another corpus holds out.

Within a corpus the corpus job has seen to that. Here the held-out documents of each corpus are compared, exactly, with
the training documents of all others, variants too, and validation documents with test documents. A test document that
goes for a validation document still keeps training documents away.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.tables import read_table
from beam_jobs.shuffle import read_part, write_parts
from beam_jobs.tokenizer.collect import repeated_ids
from beam_jobs.tokenizer.corpora import fragments, members
from beam_jobs.tokenizer.documents import read_fragment
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, in_groups, share, shared
from stages.artifacts import join
from stages.near_duplicates.held_out import HeldOut, nearest
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe
from stages.splits import SPLITS

HELD_OUT_BYTES = 400_000_000
"""Of shingles that a unit compares with; with their index about 2 GB."""
DOCUMENTS_BYTES = 64_000_000
"""Of files of documents that a unit reads, so that the index is not made for each file."""
NEAR_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("jaccard", pa.float64(), nullable=False),
        pa.field("duplicate_of", pa.uint64(), nullable=False),
    ]
)


def settings(recipe: Recipe) -> Any:
    """How alike is too alike, and the shingles."""
    corpus = recipe.corpus
    return [corpus.split.similarity, corpus.near_duplicates.model_dump(mode="json"), bool(recipe.mixture.held_out)]


def plan(job: Job) -> list[Planned]:
    """One unit for each group of fragments, and again for each HELD_OUT_BYTES of held-out documents."""
    collected = commits_of(job, "collect")
    if not collected:
        return []
    repeated = files_of(commits_of(job, "repeated_ids"), "repeated")
    every = list(enumerate(fragments(job)))
    held_out = [
        {"fragment": number, "corpus": fragment["corpus"], "file": file}
        for (number, fragment), file in zip(every, files_of(collected, "held_out"), strict=True)
        if file["rows"]
    ]
    chunks = in_groups(held_out, lambda one: int(one["file"]["bytes"]), HELD_OUT_BYTES)
    shares = [share(job, "across", f"held_out-{number}", chunk) for number, chunk in enumerate(chunks)]
    least = max(sum(fragment["bytes"] for _, fragment in every) // 8, 1)
    groups = list(in_groups(every, lambda one: int(one[1]["bytes"]), min(DOCUMENTS_BYTES, least)))
    return [
        Planned(
            {
                "held_out": reference,
                "repeated": repeated,
                "first": group[0][0],
                "fragments": [fragment for _, fragment in group],
            },
            sum(fragment["bytes"] for _, fragment in group),
        )
        for reference in shares
        for group in groups
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes, a part for each fragment, the documents that are too alike to one of another corpus, and to which."""
    held_out = _HeldOutElsewhere(job, unit)
    tables = []
    for place, fragment in enumerate(unit.inputs["fragments"]):
        skipped = repeated_ids(job, unit.inputs["repeated"], unit.inputs["first"] + place)
        rows = list(held_out.alike(job, fragment, skipped))
        tables.append(pa.Table.from_pylist(rows, schema=NEAR_SCHEMA))
    numbers = np.repeat(np.arange(len(tables)), [table.num_rows for table in tables])
    near = pa.concat_tables(tables)
    write_parts(outputs, "near", near, numbers, len(tables))
    return {"near": near.num_rows}


class _HeldOutElsewhere:
    """Held-out documents of all corpora, with their corpus and split."""

    def __init__(self, job: Job, unit: Unit):
        tables, corpora = [], []
        for one in shared(job, unit.inputs["held_out"]):
            table = read_table(join(job.folder, one["file"]["path"]))
            skipped = repeated_ids(job, unit.inputs["repeated"], one["fragment"])
            table = table.filter(pa.array([id_ not in skipped for id_ in table.column("id").to_pylist()], pa.bool_()))
            tables.append(table)
            corpora += [one["corpus"]] * table.num_rows
        table = pa.concat_tables(tables)
        self._documents = HeldOut.of_lists(table.column("id").to_numpy(), table.column("shingles"))
        self._splits = table.column("split").to_numpy()
        self._corpora = np.array(corpora, np.int64)

    def alike(self, job: Job, fragment: dict[str, Any], skipped: set[int]) -> Iterator[dict[str, Any]]:
        """Yields the documents of a fragment that are too alike, each with the one it is most alike to."""
        settings, member = job.recipe.corpus, members(job.recipe)[fragment["corpus"]]
        if not member.trains:  # then it alone holds out
            return
        compared = ("train", "test") if member.holds_out else ("train",)
        for batch in read_fragment(job, fragment, ["id", "text", "split"]):
            ids, splits = batch.column("id").to_pylist(), batch.column("split").to_pylist()
            rows = [row for row, one in enumerate(ids) if splits[row] in compared and one not in skipped]
            if not rows:
                continue
            sets = shingle_hashes(batch.column("text").take(pa.array(rows)).to_pylist(), settings.near_duplicates)
            matches = self._documents.matches(sets, settings.split.similarity)
            own = np.array([SPLITS.index(splits[row]) for row in rows], np.int64)[matches.positions]
            other = self._splits[matches.held_out]
            # Of a validation and a test document the one for testing goes.
            apart = (self._corpora[matches.held_out] != fragment["corpus"]) & ((own == 0) | (own > other))
            found = zip(
                matches.positions[apart].tolist(),
                matches.jaccard[apart].tolist(),
                self._documents.references[matches.held_out[apart]].tolist(),
                strict=True,
            )
            for position, (jaccard, reference) in sorted(nearest(found).items()):
                yield {"id": ids[rows[position]], "jaccard": jaccard, "duplicate_of": reference}


def near_held_out(job: Job, files: list[dict[str, Any]]) -> dict[int, tuple[float, int]]:
    """The removed documents of a fragment by id: similarity and partner; files as `{"path": …, "part": …}`."""
    tables = [read_part(join(job.folder, file["path"]), file["part"]) for file in files]
    rows = (row for table in tables for row in table.to_pylist())
    return nearest((row["id"], row["jaccard"], row["duplicate_of"]) for row in rows)
