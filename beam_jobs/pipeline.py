"""A job's phases as one Beam pipeline. Beam carries references to units, never text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from beam_jobs.units import Job, Phase, Unit, do_unit, plan_units


def build(pipeline: beam.Pipeline, job: Job, phases: Sequence[Phase]) -> None:
    """Adds the phases to a pipeline, each beginning when all units of the one before it are committed."""
    ready = pipeline | "Start" >> beam.Create([0])
    for phase in phases:
        ready = ready | phase.name.capitalize() >> RunPhase(job, phase)


@dataclass
class RunPhase(beam.PTransform):  # type: ignore[misc]
    """Plans and does one phase: a token in, and a token out (the number of units) when every unit is committed."""

    job: Job
    phase: Phase

    def expand(self, ready: beam.PCollection) -> beam.PCollection:
        """Plan, deal the units evenly over the workers, do them, wait for all."""
        return (
            ready
            | "Plan" >> beam.ParDo(PlanUnits(self.job, self.phase)).with_output_types(str)
            | "Deal" >> beam.Reshuffle()
            | "Work" >> beam.ParDo(DoUnit(self.job, self.phase)).with_output_types(int)
            | "Wait" >> beam.CombineGlobally(sum)
        )


class PlanUnits(beam.DoFn):  # type: ignore[misc]
    """A token to the units of a phase as text, the largest first, so that the last one to end is a small one."""

    def __init__(self, job: Job, phase: Phase):
        self._job, self._phase = job, phase

    def process(self, _token: int) -> Iterator[str]:
        """Yields units."""
        units = plan_units(self._job, self._phase)
        for unit in sorted(units, key=lambda unit: (-unit.weight, unit.ordinal)):
            yield unit.to_text()


class DoUnit(beam.DoFn):  # type: ignore[misc]
    """A unit to the number 1 when it is committed; its counts become Beam metrics."""

    def __init__(self, job: Job, phase: Phase):
        self._job, self._phase = job, phase

    def process(self, text: str) -> Iterator[int]:
        """Does one unit."""
        commit = do_unit(self._job, self._phase, Unit.from_text(text))
        for name, value in flat_counts(commit.counts):
            Metrics.counter(self._job.name, name).inc(value)
        yield 1


def flat_counts(counts: Any, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yields nested counts as dotted names and integers: `ledger.quality.removed.minimum_words`."""
    for name, value in counts.items():
        if isinstance(value, dict):
            yield from flat_counts(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            yield f"{prefix}{name}", value
