"""Phase 2: takes the texts of the drawn records, as the corpus job does up to language, and no further."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from beam_jobs.corpus import extract
from beam_jobs.corpus.tables import table_writer
from beam_jobs.quality_model.draw import records_of
from beam_jobs.quality_model.sets import SETS, draw_of, set_of, training_recipe
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join, open_file
from stages.document import Record
from stages.isolated_judging import judged
from stages.recipe import Recipe

SCHEMA = pa.schema(
    [
        pa.field("draw", pa.uint64(), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("set", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("language", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
"""`text` is the beginning, of which the models learn."""
RECORDS_PER_DOCUMENT = 4
"""So many records are drawn for each document that is wanted, since languages not kept and short pages fall out."""
HIGHEST_DRAW = 2**64 - 1
TOO_SHORT = "minimum_characters"


def settings(recipe: Recipe) -> Any:
    """What the corpus job takes texts by, the seed, and the bounds of a text; the draw's bound is one of the inputs."""
    section = recipe.quality_model
    bounds = [section.minimum_characters, section.maximum_characters]
    return [extract.settings(training_recipe(recipe)), recipe.seed, bounds]


def plan(job: Job) -> list[Planned]:
    """The units of the draw, with the highest number that is taken of their set."""
    drawn = commits_of(job, "draw")
    bounds = {each: _bound(job, [one for one in drawn if each in one.counts]) for each in SETS}
    planned = []
    for commit in drawn:
        weight = sum(int(span["stop"] - span["start"]) for span in commit.inputs["spans"])
        bound = bounds[set_of(commit.inputs["reader"]["name"])]
        planned.append(Planned({**commit.inputs, "bound": str(bound)}, weight))
    return planned


def _bound(job: Job, drawn: list[Commit]) -> int:
    wanted = RECORDS_PER_DOCUMENT * job.recipe.quality_model.documents
    draws = np.concatenate([np.empty(0, np.uint64), *(_draws(job, commit) for commit in drawn)])
    return HIGHEST_DRAW if len(draws) <= wanted else int(np.partition(draws, wanted - 1)[wanted - 1])


def _draws(job: Job, commit: Commit) -> NDArray[np.uint64]:
    (written,) = commit.files["draws"]
    with open_file(join(job.folder, written.path)) as file:
        column: NDArray[np.uint64] = pq.read_table(file).column("draw").to_numpy()
    return column


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the texts of a unit's drawn records; the counts tell how many there were, and why the others were none."""
    section, seed = job.recipe.quality_model, job.recipe.seed
    corpus = training_recipe(job.recipe).corpus
    each = set_of(unit.inputs["reader"]["name"])
    removed: Counter[str] = Counter()
    kept = 0
    with table_writer(outputs, "texts", SCHEMA) as table:
        for record, verdict in judged(_drawn(job, unit), corpus):
            if verdict.refusal is not None:
                removed[verdict.refusal.rule] += 1
                continue
            assert verdict.text is not None and verdict.language is not None
            if len(verdict.text) < section.minimum_characters:
                removed[TOO_SHORT] += 1
                continue
            kept += 1
            table.write(
                {
                    "draw": draw_of(record, seed),
                    "id": record.id,
                    "set": each,
                    "source": unit.inputs["reader"]["name"].partition(":")[2],
                    "url": record.url,
                    "title": verdict.title,
                    "language": verdict.language.language,
                    "text": verdict.text[: section.maximum_characters],
                }
            )
    return {each: {"drawn": kept + removed.total(), "kept": kept, "removed": dict(sorted(removed.items()))}}


def _drawn(job: Job, unit: Unit) -> Iterator[Record]:
    bound = int(unit.inputs["bound"])
    for record in records_of(job, unit):
        if record.refusal is None and draw_of(record, job.recipe.seed) <= bound:
            yield record
