"""How `make certify` is cut into units: what is proven does not depend on it, and a unit is small."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from beam_jobs.certify import across_splits
from beam_jobs.certify.definition import COMMAND, phases
from beam_jobs.certify.evidence import DOCUMENTS, File
from beam_jobs.units import Job, Unit, plan_units
from stages.recipe import load_recipe
from tests.beam_jobs.stored_corpus import StoredCorpus
from tests.beam_jobs.test_certify import certificate, certify, changed, refusal, relist, stored, text


@pytest.fixture(autouse=True)
def fast_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def planned(corpus: StoredCorpus) -> dict[str, list[Unit]]:
    """The units of each phase of a corpus that was certified."""
    job = Job(COMMAND.name, load_recipe(corpus.recipe_file), ())
    return {phase.name: plan_units(job, phase) for phase in phases()}


@pytest.mark.parametrize(
    ("held_out_bytes", "documents_bytes", "chunks", "groups"),
    [(1, 10**9, [7], [1]), (5_000, 25_000, range(2, 7), range(2, 7)), (10**9, 1, [1], [7])],
)
def test_the_result_does_not_depend_on_how_much_is_compared_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    held_out_bytes: int,
    documents_bytes: int,
    chunks: Sequence[int],
    groups: Sequence[int],
) -> None:
    corpus = stored(tmp_path)
    held_out = [text(seed) for seed in range(200, 206)]
    for number, one in enumerate(held_out, 20):
        corpus.document(number, one, split="test" if number % 2 else "validation")
        corpus.document(number + 10, changed(one, 5), split="validation" if number in (21, 23) else "train")
    corpus.write(7)
    relist(corpus)
    assert "violations (across_splits 6): first 5: " in refusal(corpus)
    whole = certificate(corpus)
    assert whole["across_splits"]["pairs"] == 10 * 10 + 6 * 4
    assert len(planned(corpus)["across_splits"]) == 7

    monkeypatch.setattr(across_splits, "HELD_OUT_BYTES", held_out_bytes)
    monkeypatch.setattr(across_splits, "DOCUMENTS_BYTES", documents_bytes)
    monkeypatch.setattr(across_splits, "LEAST_GROUPS", 1)
    refusal(corpus)
    assert certificate(corpus) == whole
    units = planned(corpus)["across_splits"]
    found = len({unit.inputs["held_out"]["path"] for unit in units})
    assert found in chunks and len(units) / found in groups


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([5], [1]),
        ([5, 5, 5], [1, 1, 1]),
        ([3, 3, 3, 3, 3, 3], [1, 1, 1, 1, 1, 1]),
        ([100, 1, 1, 1, 1, 1, 1, 1, 1], [1, 5, 1, 1, 1]),
        ([1] * 24, [4, 4, 4, 4, 4, 4]),
        ([4] * 24, [2] * 12),
    ],
)
def test_files_are_read_in_groups(sizes: list[int], expected: list[int]) -> None:
    files = [File(number, DOCUMENTS, "", "", 1, size, "", "") for number, size in enumerate(sizes)]
    groups = across_splits.consecutive(files, 10, 5)
    assert [file for group in groups for file in group] == files
    assert [len(group) for group in groups] == expected


def test_no_unit_carries_the_list_of_all_files(tmp_path: Path) -> None:
    def longest(folder: Path, files: int) -> dict[str, int]:
        corpus = stored(folder)
        corpus.write(files)
        relist(corpus)
        certify(corpus)
        return {name: max(len(unit.to_text()) for unit in units) for name, units in planned(corpus).items()}

    few, many = longest(tmp_path / "1", 1), longest(tmp_path / "8", 8)
    for name, length in few.items():
        assert many[name] < length + 30, name
