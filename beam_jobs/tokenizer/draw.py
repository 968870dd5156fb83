"""Phase `draw`: takes the documents out of the corpora that the tokenizer may be trained on, or measured on.

The sizes that `count` found tell how much of each source and language is wanted, and below which draw there is as much.
That is a little more than enough; `sample` cuts it to size.
"""

from typing import Any

import pyarrow as pa

from beam_jobs.corpus.tables import write_table
from beam_jobs.tokenizer.count import Sizes, draws_of, groups_of, read_sizes, training_originals
from beam_jobs.tokenizer.documents import planned
from beam_jobs.tokenizer.shares import sample_mixture
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.mixture import Group, amounts
from stages.recipe import Recipe
from stages.tokenizer_sample import ALL, SizeUnit, bound_from_above, bound_from_below

SCHEMA = pa.schema(
    [
        pa.field("draw", pa.uint64(), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
KINDS = ("training", "report")


def settings(recipe: Recipe) -> Any:
    """The seed of the draws: what is drawn is among the inputs."""
    return recipe.seed


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment of the corpora."""
    counted = commits_of(job, "count")
    if not counted:
        return []
    return planned(job, {"cells": share(job, "draw", "cells", _cells(job.recipe, read_sizes(job, counted)))})


def _cells(recipe: Recipe, sizes: Sizes) -> list[dict[str, Any]]:
    """For each source and language: how much there is, how much is wanted, and the bounds of the draws for it."""
    sample, unit = recipe.tokenizer.sample, sample_unit(recipe)
    there = {group: sum(counts[unit] for counts in bins.values()) for group, bins in sizes.items()}
    trained = {} if recipe.tokenizer.pretrained else amounts(there, sample_mixture(sample, there), "tokenizer.sample")
    of_report = int(recipe.tokenizer.report.megabytes * 1e6)
    cells = []
    for group, bins in sorted(sizes.items()):
        target = min(round(trained.get(group, 0.0)), there[group])
        by_unit, by_bytes = ({number: counts[one] for number, counts in bins.items()} for one in (unit, "bytes"))
        cells.append(
            {
                "source": group[0],
                "language": group[1],
                "available": there[group],
                "target": target,
                "report": of_report,
                # As text: a JSON number of 64 bits is not safe everywhere.
                "training_below": str(bound_from_below(by_unit, target)),
                "report_from": str(bound_from_above(by_bytes, of_report)),
            }
        )
    return cells


def sample_unit(recipe: Recipe) -> SizeUnit:
    """What the sample is measured in: `bytes` or `lines`."""
    return "lines" if recipe.tokenizer.sample.sentences else "bytes"


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the documents of a fragment whose draws are within the bounds."""
    bounds: dict[Group, tuple[int, int]] = {
        (cell["source"], cell["language"]): (int(cell["training_below"]), int(cell["report_from"]))
        for cell in shared(job, unit.inputs["cells"])
    }
    found: dict[str, list[pa.RecordBatch]] = {kind: [] for kind in KINDS}
    for originals in training_originals(job, unit.inputs):
        draws = draws_of(job, originals)
        rows: dict[str, list[int]] = {kind: [] for kind in KINDS}
        for row, (group, number) in enumerate(zip(groups_of(originals), draws, strict=True)):
            below, above = bounds.get(group, (0, ALL))
            if number < below:
                rows["training"].append(row)
            if number >= above:
                rows["report"].append(row)
        columns = [pa.array(draws, pa.uint64()), *(originals.column(name) for name in SCHEMA.names[1:])]
        drawn = pa.record_batch(columns, schema=SCHEMA)
        for kind in KINDS:
            found[kind].append(drawn.take(pa.array(rows[kind], pa.int64())))
    tables = {kind: pa.Table.from_batches(batches, SCHEMA) for kind, batches in found.items()}
    for kind, table in tables.items():
        write_table(outputs, kind, table)
    return {kind: table.num_rows for kind, table in tables.items()}
