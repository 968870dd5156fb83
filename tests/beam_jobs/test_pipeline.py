"""Phases as a Beam pipeline: the same bytes on one worker and on two, resumed after faults, planned for Dataflow."""

from pathlib import Path

import apache_beam as beam
import pytest

from beam_jobs.pipeline import build, flat_counts
from beam_jobs.runner import run_pipeline
from beam_jobs.units import Job
from stages.errors import GristmillError
from tests.beam_jobs.toy_phases import PHASES, UNITS, products, toy_job


def run(job: Job, workers: int = 1, runner: str = "", options: tuple[str, ...] = ()) -> None:
    run_pipeline(lambda pipeline: build(pipeline, job, PHASES), runner, workers, options)


def test_two_workers_write_the_bytes_of_one(tmp_path: Path) -> None:
    one, two = toy_job(tmp_path / "one"), toy_job(tmp_path / "two")
    run(one, workers=1)
    run(two, workers=2)
    assert products(one) == products(two)
    assert Path(one.folder, "total/total.txt").read_text() == str(sum(n * n + 1 for n in range(UNITS)))


def test_a_run_goes_on_where_it_failed(tmp_path: Path) -> None:
    whole, broken = toy_job(tmp_path / "whole"), toy_job(tmp_path / "broken")
    run(whole)
    trouble = tmp_path / "broken" / "trouble-4"
    trouble.parent.mkdir()
    trouble.write_text("refuse")
    with pytest.raises(GristmillError, match=r"^number 4: cannot be squared; take another$"):
        run(broken)
    assert 0 < len((tmp_path / "broken" / "log").read_text().split()) < UNITS
    trouble.unlink()
    run(broken)
    assert products(broken) == products(whole)
    assert sorted(map(int, (tmp_path / "broken" / "log").read_text().split())) == list(range(UNITS))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_full_disk_is_one_line(tmp_path: Path, workers: int, capfd: pytest.CaptureFixture[str]) -> None:
    job = toy_job(tmp_path / "out")
    trouble = tmp_path / "out" / "trouble-2"
    trouble.parent.mkdir()
    trouble.write_text("full")
    with pytest.raises(GristmillError, match=r"^some/file: No space left on device$"):
        run(job, workers)
    assert "Traceback" not in capfd.readouterr().err


# Beam's threads that talked to the dead worker complain on their way out.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_worker_ends_the_run_and_nothing_is_lost(tmp_path: Path) -> None:
    job, whole = toy_job(tmp_path / "out"), toy_job(tmp_path / "whole")
    trouble = tmp_path / "out" / "trouble-5"
    trouble.parent.mkdir()
    trouble.write_text("die")
    with pytest.raises(GristmillError, match="a worker process died"):
        run(job, workers=2)
    trouble.unlink()
    run(job, workers=2)
    run(whole)
    assert products(job) == products(whole)


def test_dask_is_refused() -> None:
    with pytest.raises(GristmillError, match="RUNNER=DaskRunner: refused, it loses data"):
        run_pipeline(lambda pipeline: None, "DaskRunner", 1, ())


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"--temp_lokation: neither this command nor Beam"):
        run(toy_job(tmp_path / "out"), options=("--temp_lokation=x",))


def test_counts_become_metrics_by_dotted_names() -> None:
    counts = {"ledger": {"read": {"read": 3, "removed": {"rule": 1}}}, "name": "text"}
    assert list(flat_counts(counts)) == [("ledger.read.read", 3), ("ledger.read.removed.rule", 1)]


def test_the_ledger_is_a_beam_metric(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    pipeline = beam.Pipeline(runner="FnApiRunner")
    build(pipeline, job, PHASES)
    result = pipeline.run()
    counters = {one.key.metric.name: one.committed for one in result.metrics().query()["counters"]}
    assert counters["ledger.square.kept"] == UNITS
