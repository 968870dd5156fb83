"""Phase 1: numbers the records of both sets, so that the drawn ones are known before any text is extracted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from beam_jobs.corpus import extract
from beam_jobs.corpus.tables import write_table
from beam_jobs.quality_model.sets import SETS, draw_of, set_of, training_recipe
from beam_jobs.units import Job, Outputs, Planned, Unit
from stages.document import Record, identifier
from stages.recipe import Recipe
from stages.sources import Span, read_records

SCHEMA = pa.schema([pa.field("draw", pa.uint64(), nullable=False)])


def settings(recipe: Recipe) -> Any:
    """How records are read, and the seed."""
    return [recipe.corpus.reading.model_dump(mode="json", exclude={"http"}), recipe.seed]


def plan(job: Job) -> list[Planned]:
    """The units of the corpus job over the files of both sets; of a set with larger files than allowed, some."""
    planned = extract.plan(replace(job, recipe=training_recipe(job.recipe)))
    budget = job.recipe.quality_model.read_megabytes * 1e6
    taken = {id(one) for each in SETS for one in _within(planned, each, budget, job.recipe.seed)}
    return [one for one in planned if id(one) in taken]


def _within(planned: Sequence[Planned], each: str, budget: float, seed: int) -> Iterator[Planned]:
    """Yields units of a set, in an order drawn by their files' names and places, until the budget is spent."""
    own = [one for one in planned if set_of(one.inputs["reader"]["name"]) == each]
    spent = 0
    for one in sorted(own, key=lambda one: identifier(f"{seed}:{_places(one.inputs['spans'])}")):
        if spent < budget:
            yield one
        spent += one.weight


def _places(spans: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return [(span["path"].rsplit("/", 1)[-1], span["start"]) for span in spans]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the numbers of a unit's records; the counts are its records, and those that cannot be read."""
    draws: list[int] = []
    unread = 0
    for record in records_of(job, unit):
        if record.refusal is None:
            draws.append(draw_of(record, job.recipe.seed))
        else:
            unread += 1
    write_table(outputs, "draws", pa.table({"draw": pa.array(draws, pa.uint64())}, schema=SCHEMA))
    return {set_of(unit.inputs["reader"]["name"]): {"records": len(draws), "unread": unread}}


def records_of(job: Job, unit: Unit) -> Iterator[Record]:
    """Yields the records of a unit."""
    corpus = training_recipe(job.recipe).corpus
    source = next(one for one in corpus.sources if one.name == unit.inputs["reader"]["name"])
    for one in unit.inputs["spans"]:
        span = Span(one["path"], one["start"], one["stop"])
        yield from read_records(source.model_copy(update={"format": one["format"]}), span, corpus.reading)
