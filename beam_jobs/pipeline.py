"""A job's phases as one Beam pipeline. Beam carries references to units, never text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from beam_jobs.units import Job, Phase, Unit, do_unit, plan_units

NO_UNIT = ""


def build(pipeline: beam.Pipeline, job: Job, phases: Sequence[Phase]) -> None:
    """Adds the phases to a pipeline, each beginning when all units of the one before it are committed."""
    ready = pipeline | "Start" >> beam.Create([0])
    for phase in phases:
        ready = ready | phase.name.capitalize() >> RunPhase(job, phase)


@dataclass
class RunPhase(beam.PTransform):  # type: ignore[misc]
    """Plans and does one phase: a token in, and a token out when every unit is committed.

    Grouping by the number of a unit deals units evenly, and grouping by one key waits for them: both by the runner's
    shuffle, with a fifth of the steps that Reshuffle and CombineGlobally are made of.
    """

    job: Job
    phase: Phase

    def expand(self, ready: beam.PCollection) -> beam.PCollection:
        """Plan, deal the units evenly over the workers, do them, wait for all."""
        return (
            ready
            | "Plan" >> beam.ParDo(PlanUnits(self.job, self.phase)).with_output_types(tuple[int, str])
            | "Deal" >> beam.GroupByKey()
            | "Work" >> beam.ParDo(DoUnits(self.job, self.phase)).with_output_types(tuple[int, int])
            | "Wait" >> beam.GroupByKey()
        )


class PlanUnits(beam.DoFn):  # type: ignore[misc]
    """A token to the units of a phase, numbered, the largest first, so that the last one to end is a small one."""

    def __init__(self, job: Job, phase: Phase):
        self._job, self._phase = job, phase

    def process(self, _token: object) -> Iterator[tuple[int, str]]:
        """Yields units as text, and NO_UNIT, so that a phase without units comes to its end too."""
        units = plan_units(self._job, self._phase)
        for number, unit in enumerate(sorted(units, key=lambda unit: (-unit.weight, unit.ordinal))):
            yield number, unit.to_text()
        yield len(units), NO_UNIT


class DoUnits(beam.DoFn):  # type: ignore[misc]
    """A number and its unit to one key when it is committed; its counts become Beam metrics."""

    def __init__(self, job: Job, phase: Phase):
        self._job, self._phase = job, phase

    def process(self, numbered: tuple[int, Iterable[str]]) -> Iterator[tuple[int, int]]:
        """Does one unit."""
        for text in numbered[1]:
            if text != NO_UNIT:
                commit = do_unit(self._job, self._phase, Unit.from_text(text))
                for name, value in flat_counts(commit.counts):
                    Metrics.counter(self._job.name, name).inc(value)
        yield 0, 1


def flat_counts(counts: Any, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yields nested counts as dotted names and integers: `ledger.quality.removed.minimum_words`."""
    for name, value in counts.items():
        if isinstance(value, dict):
            yield from flat_counts(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            yield f"{prefix}{name}", value
