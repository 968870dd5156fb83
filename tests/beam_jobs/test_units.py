"""Units of work: committed whole, done once, redone when what decides them changes."""

from pathlib import Path

import pytest

from beam_jobs.units import Unit, commits_of, do_unit, in_groups, marker_path, plan_units, share, shared
from stages.errors import GristmillError
from tests.beam_jobs.toy_phases import PHASES, UNITS, products, toy_job

SQUARE = PHASES[0]


def done_numbers(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().split() if log.exists() else []


def test_a_unit_travels_as_text() -> None:
    unit = Unit("phase", 3, "key", 7, {"files": [{"path": "a\nb"}]})
    assert Unit.from_text(unit.to_text()) == unit
    assert "\n" not in unit.to_text()


def test_a_unit_is_done_once(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    unit = plan_units(job, SQUARE)[3]
    first, again = do_unit(job, SQUARE, unit), do_unit(job, SQUARE, unit)
    assert first == again
    assert done_numbers(tmp_path / "out") == ["3"]


def test_a_unit_whose_file_is_gone_is_done_again(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    unit = plan_units(job, SQUARE)[3]
    commit = do_unit(job, SQUARE, unit)
    before = products(job)
    Path(job.folder, commit.files["squares"][0].path).unlink()
    do_unit(job, SQUARE, unit)
    assert products(job) == before


def test_settings_that_a_phase_reads_change_its_keys(tmp_path: Path) -> None:
    keys = {unit.key for unit in plan_units(toy_job(tmp_path / "out"), SQUARE)}
    other = {unit.key for unit in plan_units(toy_job(tmp_path / "out", "seed=2"), SQUARE)}
    same = {unit.key for unit in plan_units(toy_job(tmp_path / "out", "pretrain.steps=7"), SQUARE)}
    assert len(keys) == UNITS
    assert keys == same
    assert not keys & other


def test_a_marker_never_vouches_for_the_files_of_another_key(tmp_path: Path) -> None:
    job, other = toy_job(tmp_path / "out"), toy_job(tmp_path / "out", "seed=2")
    unit = plan_units(job, SQUARE)[0]
    do_unit(job, SQUARE, unit)
    changed = plan_units(other, SQUARE)[0]
    (tmp_path / "out" / "trouble-0").write_text("refuse")
    with pytest.raises(GristmillError):
        do_unit(other, SQUARE, changed)
    assert not Path(marker_path(job, "square", 0)).exists()


def test_a_failed_unit_leaves_no_file(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    unit = plan_units(job, SQUARE)[0]
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "trouble-0").write_text("full")
    with pytest.raises(GristmillError, match="some/file: No space left on device"):
        do_unit(job, SQUARE, unit)
    assert not [name for name in products(job) if "squares" in name or "_done" in name]


def test_an_unfinished_phase_is_named(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    units = plan_units(job, SQUARE)
    for unit in units[:-1]:
        do_unit(job, SQUARE, unit)
    with pytest.raises(GristmillError, match=r"00011\.json: the unit is not done"):
        commits_of(job, "square")


def test_groups_are_consecutive_and_no_larger_than_they_may_be() -> None:
    assert list(in_groups([3, 4, 1, 9, 2, 2], lambda item: item, 8)) == [[3, 4, 1], [9], [2, 2]]
    assert list(in_groups([], lambda item: item, 8)) == []


def test_what_units_share_is_written_once_and_named_by_what_it_says(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    first = share(job, "square", "files", ["a", "b"])
    assert shared(job, first) == ["a", "b"]
    assert share(job, "square", "files", ["a", "b"]) == first != share(job, "square", "files", ["a"])


def test_the_manifest_is_gone_before_a_product_changes_and_stays_while_none_does(tmp_path: Path) -> None:
    job = toy_job(tmp_path / "out")
    manifest = Path(job.folder, "manifest.json")
    unit = plan_units(job, SQUARE)[0]
    do_unit(job, SQUARE, unit)
    manifest.write_text("{}")
    do_unit(job, SQUARE, unit)
    assert manifest.exists()
    do_unit(job, SQUARE, plan_units(job, SQUARE)[1])
    assert not manifest.exists()
