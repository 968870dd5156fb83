"""Rounds: repeated until their results say so, each unit done once, whatever ended the run before."""

from functools import partial
from pathlib import Path

import pytest

from beam_jobs.command import run_phases
from beam_jobs.units import Job, Outputs, Phase, Planned, Rounds, Unit, Waiting, commits_of, do_unit, plan_units
from beam_jobs.units import rounds_done as rounds_done_of
from tests.beam_jobs.toy_phases import toy_job

DONE: list[str] = []


def plan_start(job: Job) -> list[Planned]:
    return [Planned({"number": 100}, 1)]


def plan_round(number: int, job: Job) -> list[Planned]:
    before = f"halving-{number - 1}" if number else "start"
    return [Planned({"number": commit.counts["number"]}, 1) for commit in commits_of(job, before)]


def halve(job: Job, unit: Unit, outputs: Outputs) -> dict[str, int]:
    DONE.append(unit.phase)
    return {"number": unit.inputs["number"] // (2 if unit.phase.startswith("halving") else 1)}


def plan_end(job: Job) -> list[Planned]:
    rounds = rounds_done_of(job, "halving")
    return [Planned({"number": commit.counts["number"]}, 1) for commit in commits_of(job, f"halving-{rounds - 1}")]


def plan_after(job: Job) -> list[Planned]:
    return [Planned({"number": commit.counts["number"]}, 1) for commit in commits_of(job, "end")]


def none(recipe: object) -> None:
    return None


PHASES = [
    Phase("start", plan_start, halve, none),
    Phase("end", plan_end, halve, none),
    Phase("after", plan_after, halve, none),
]
ROUNDS = Rounds(
    "halving",
    lambda number: [Phase(f"halving-{number}", partial(plan_round, number), halve, none)],
    lambda job, number: commits_of(job, f"halving-{number}")[0].counts["number"] <= 6,
)


def run(job: Job, most: int = 100) -> list[list[str]]:
    """Runs it all in this process; the names of the phases of each pipeline. `most` ends it as a kill would."""
    pipelines: list[list[str]] = []

    def pipeline(phases: list[Phase]) -> None:
        if len(pipelines) == most:
            raise KeyboardInterrupt
        pipelines.append([phase.name for phase in phases])
        for phase in phases:
            for unit in plan_units(job, phase):
                do_unit(job, phase, unit)

    DONE.clear()
    run_phases(job, PHASES, {"halving": ROUNDS}, pipeline)  # type: ignore[arg-type]
    return pipelines


def test_phases_wait_for_rounds_and_go_on_after_them(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    every = ["start", "end", "after"]
    rounds = [f"halving-{number}" for number in range(5)]  # 50, 25, 12, 6
    assert run(job) == [every, *([one] for one in rounds[:4]), every]
    assert ["start", *rounds[:4], "end", "after"] == DONE
    assert commits_of(job, "after")[0].counts == {"number": 6}


def test_an_ended_run_goes_on_with_the_round_that_it_was_in(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        run(job, most=3)
    assert DONE == ["start", "halving-0", "halving-1"]
    run(job)
    assert DONE == ["halving-2", "halving-3", "end", "after"]


def test_a_second_run_does_nothing_again(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    run(job)
    run(job)
    assert DONE == []


def test_what_waits_has_no_commits(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    assert plan_units(job, PHASES[1]) == []
    with pytest.raises(Waiting, match="halving"):
        commits_of(job, "end")
