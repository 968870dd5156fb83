"""The progress display counts what this run's plan asks for and what is committed, and nothing else."""

from pathlib import Path

import pytest

from beam_jobs.progress import JobProgress
from beam_jobs.units import do_unit, plan_units
from tests.beam_jobs.toy_phases import PHASES, UNITS, toy_job

NAMES = [phase.name for phase in PHASES]


def test_each_finished_phase_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = toy_job(tmp_path / "out")
    with JobProgress(job, NAMES):
        for phase in PHASES:
            for unit in plan_units(job, phase):
                do_unit(job, phase, unit)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [f"toy: square: {UNITS} units", "toy: sum: 1 units"]


def test_an_unfinished_phase_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = toy_job(tmp_path / "out")
    with JobProgress(job, NAMES):
        for unit in plan_units(job, PHASES[0])[1:]:
            do_unit(job, PHASES[0], unit)
    assert capsys.readouterr().out == ""


def test_markers_of_other_settings_do_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, now = toy_job(tmp_path / "out"), toy_job(tmp_path / "out", "seed=2")
    for unit in plan_units(before, PHASES[0]):
        do_unit(before, PHASES[0], unit)
    with JobProgress(now, NAMES):
        plan_units(now, PHASES[0])
    assert capsys.readouterr().out == ""


def test_a_failed_run_tells_of_no_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = toy_job(tmp_path / "out")
    with pytest.raises(RuntimeError), JobProgress(job, NAMES):
        raise RuntimeError
    assert capsys.readouterr().out == ""
