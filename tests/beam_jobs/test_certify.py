"""`make certify`: a finished corpus is proven from its tables alone, and whatever is wrong in them is named."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_jobs.certify import comparing, pairs, read
from beam_jobs.certify.definition import COMMAND, phases
from beam_jobs.command import run_job
from beam_jobs.units import Job, do_unit, inputs_path, plan_units
from stages.artifacts import sha256_of, write_json
from stages.errors import GristmillError
from stages.near_duplicates.signatures import jaccard, shingle_hashes
from stages.recipe import NearDuplicates, load_recipe
from tests.beam_jobs.stored_corpus import RECIPE, SCHEMAS, StoredCorpus

ROOT = Path(__file__).parents[2]
SETTINGS = NearDuplicates()
WORDS = 150
ONE_PER_URL = RECIPE + '[corpus.near_duplicates]\none_per_url = "newest"\n'


def text(seed: int) -> str:
    generator = random.Random(seed)
    vocabulary = ["".join(generator.choices("etaoinshrdlu", k=generator.randint(2, 9))) for _ in range(400)]
    return " ".join(generator.choices(vocabulary, k=WORDS))


def changed(base: str, words: int, seed: int = 0) -> str:
    """The text with some words changed, far from each other: each costs five shingles."""
    found = base.split()
    for number in range(words):
        found[5 + number * 9] = f"other{seed}x{number}"
    return " ".join(found)


@pytest.fixture(autouse=True)
def fast_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def similarity(left: str, right: str) -> float:
    return jaccard(*shingle_hashes([left, right], SETTINGS))


A, B, C, D, E, F = map(text, range(6))
ALMOST_A = changed(A, 2)
LIKE_B = changed(B, 4)
"""Alike, and not enough to be removed: the closest of those that are kept."""
HELD_OUT = changed(C, 6)
"""As alike to C as a document of another split may be."""


def stored(folder: Path, settings: str = RECIPE) -> StoredCorpus:
    """A corpus in which everything is as it should be."""
    corpus = StoredCorpus(folder / "out", settings)
    for number, one in enumerate((A, B, C, D, LIKE_B), 1):
        corpus.document(number, one)
    corpus.document(6, HELD_OUT, split="validation")
    corpus.document(7, E, split="test")
    corpus.document(101, changed(A, 1), parent_id=1, augmentation="keyboard(rate=0.05)")
    measured = np.float32(similarity(A, ALMOST_A))
    near = {"jaccard": measured, "value": round(float(measured), 6), "threshold": 0.8}
    corpus.removal(11, "duplicates", "near_duplicate", duplicate_of=1, text=ALMOST_A, **near)
    corpus.removal(12, "duplicates", "exact_duplicate", duplicate_of=4, text=D.upper() + "!", jaccard=1.0)
    corpus.removal(3, "duplicates", "duplicate_id", duplicate_of=3, text=F)
    corpus.removal(14, "quality", "minimum_words")
    corpus.write()
    relist(corpus)
    return corpus


def relist(corpus: StoredCorpus) -> None:
    """Makes the manifest list the files as they are."""
    folder = corpus.folder / "corpus"
    manifest = json.loads((folder / "manifest.json").read_text())
    for files in manifest["files"].values():
        for file in files:
            path = folder / file["path"]
            file |= {"sha256": sha256_of(path), "bytes": path.stat().st_size, "rows": pq.read_metadata(path).num_rows}
    (folder / "manifest.json").write_text(json.dumps(manifest))


Row = dict[str, Any]


def falsify(corpus: StoredCorpus, kind: str, row_id: int, change: Callable[[Row], Row | None], rule: str = "") -> str:
    """Changes one row, or removes it, in the file where it is; returns the file's name."""
    for path in sorted((corpus.folder / "corpus" / kind).iterdir()):
        rows = pq.read_table(path).to_pylist()
        wanted = [row for row in rows if row["id"] == row_id and (not rule or row["rule"] == rule)]
        if wanted:
            kept = [(change(row) if row is wanted[0] else row) for row in rows]
            table = pa.Table.from_pylist([row for row in kept if row], schema=SCHEMAS[kind])
            pq.write_table(table, path)
            relist(corpus)
            return f"{kind}/{path.name}"
    raise AssertionError(row_id)


def certify(corpus: StoredCorpus) -> Row:
    """The certificate, made without Beam."""
    recipe = load_recipe(corpus.recipe_file)
    job = Job(COMMAND.name, recipe, ())
    write_json(inputs_path(job), COMMAND.inputs(recipe))
    for phase in phases():
        for unit in plan_units(job, phase):
            do_unit(job, phase, unit)
    COMMAND.close(job)
    return certificate(corpus)


def certificate(corpus: StoredCorpus) -> Row:
    return json.loads((corpus.folder / "certify" / "certificate.json").read_text())


def refusal(corpus: StoredCorpus) -> str:
    with pytest.raises(GristmillError) as error:
        certify(corpus)
    assert "\n" not in str(error.value)
    assert certificate(corpus)["proven"] is False
    assert not (corpus.folder / "certify" / "manifest.json").exists()
    return str(error.value).removeprefix(f"{corpus.folder}/corpus: not proven, ")


def test_a_corpus_is_proven_with_its_closest_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = certify(stored(tmp_path))
    assert found["proven"] is True
    assert found["removals"]["by_rule"] == {"duplicate_id": 1, "exact_duplicate": 1, "near_duplicate": 1}
    assert found["removals"]["smallest_jaccard"] == similarity(A, ALMOST_A) > 0.8
    assert found["kept"] == {"documents": 7, "threshold": 0.8, "pairs": 2, "largest": similarity(B, LIKE_B)}
    assert found["across_splits"]["pairs"] == 6 * 2 + 1
    assert found["across_splits"]["largest"] == similarity(C, HELD_OUT) > 0.56
    assert found["violations"] == {"counts": {}, "first": []}
    shown = capsys.readouterr().out
    assert "/corpus: proven\n" in shown
    assert "removals by near_duplicate" in shown
    assert f"largest Jaccard {similarity(B, LIKE_B):.4f}, below 0.8" in shown
    assert f"smallest Jaccard {similarity(A, ALMOST_A):.4f}" in shown


def test_one_command_proves_it_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = stored(tmp_path)
    arguments = ["--recipe", str(corpus.recipe_file), "--workers", "1"]
    run_job(COMMAND, arguments)
    assert json.loads((corpus.folder / "certify" / "manifest.json").read_text())["facts"]["proven"] is True
    capsys.readouterr()
    run_job(COMMAND, arguments)
    assert "nothing to do" in capsys.readouterr().out


def test_a_file_that_changed_since_is_read_again(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    recipe = load_recipe(corpus.recipe_file)
    before = COMMAND.inputs(recipe)
    assert before == COMMAND.inputs(recipe)
    os.utime(corpus.folder / "corpus" / "documents" / "part-00000.parquet", (1, 1))
    assert before != COMMAND.inputs(recipe)


def test_a_wrong_one_ends_with_status_1_and_one_line(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "removals", 11, lambda row: row | {"jaccard": 0.99})
    command = [sys.executable, "-m", "beam_jobs.certify", "--recipe", str(corpus.recipe_file), "--workers", "1"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ") and ended.stderr.count("\n") == 1
    assert "near_duplicate: 11 in removals/" in ended.stderr
    assert "not proven" in ended.stdout


def test_a_raised_similarity_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    file = falsify(corpus, "removals", 11, lambda row: row | {"jaccard": 0.99})
    measured = similarity(A, ALMOST_A)
    assert refusal(corpus) == (
        f"1 violation (removals 1): near_duplicate: 11 in {file} and 1 in documents/part-00000.parquet: "
        f"Jaccard {measured:.6f}, needed 0.9900000095367432 as stored"
    )


def test_a_similarity_one_bit_off_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    next_one = np.nextafter(np.float32(similarity(A, ALMOST_A)), np.float32(1))
    falsify(corpus, "removals", 11, lambda row: row | {"jaccard": next_one})
    assert "1 violation (removals 1): near_duplicate: 11 in " in refusal(corpus)


def test_a_value_that_is_not_the_similarity_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "removals", 11, lambda row: row | {"value": 0.9})
    assert "needed 0.9 as stored" in refusal(corpus)


@pytest.mark.parametrize(
    ("row_id", "other", "expected"),
    [
        (11, 5, "near_duplicate: 11 in {} and 5 in {}: Jaccard 0.000000, needed at least 0.8"),
        (11, 999, "near_duplicate: 11 in {}: duplicate_of 999, needed the id of a kept document"),
        (11, 12, "near_duplicate: 11 in {}: duplicate_of 12, needed the id of a kept document"),
        (11, 101, "near_duplicate: 11 in {}: duplicate_of 101, needed the id of a kept document"),
        (11, None, "near_duplicate: 11 in {}: duplicate_of None, needed the id of a kept document"),
        (12, 1, "exact_duplicate: 12 in {} and 1 in {}: another content, needed the same content"),
        (3, 5, "duplicate_id: 3 in {} and 5 in {}: another id, needed the same id"),
    ],
)
def test_a_removal_for_another_document_is_found(tmp_path: Path, row_id: int, other: int, expected: str) -> None:
    corpus = stored(tmp_path)
    file = falsify(corpus, "removals", row_id, lambda row: row | {"duplicate_of": other})
    told = expected.format(file, "documents/part-00000.parquet")
    assert refusal(corpus) == f"1 violation (removals 1): {told}"


@pytest.mark.parametrize("other", [1, 7])
def test_every_swap_of_documents_is_found(tmp_path: Path, other: int) -> None:
    corpus = stored(tmp_path)
    for row_id, own in ((11, 1), (12, 4), (3, 3)):
        if other != own:
            falsify(corpus, "removals", row_id, lambda row: row | {"duplicate_of": other})
    assert f"{3 - (other in (1, 4, 3))} violations" in refusal(corpus)


def test_an_unknown_rule_is_not_believed(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "removals", 11, lambda row: row | {"rule": "looks_alike"})
    assert "looks_alike: 11 in removals/part-00000.parquet: an unknown rule, needed a rule that " in refusal(corpus)


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (ALMOST_A, f"alike: 1 in {{0}} and 8 in {{0}}: Jaccard {similarity(A, ALMOST_A):.6f}, needed below 0.8"),
        (D.title(), "same content: 8 in {0} and 4 in {1}: equal, needed different"),
    ],
)
def test_a_duplicate_among_the_documents_is_found(tmp_path: Path, again: str, expected: str) -> None:
    corpus = stored(tmp_path)
    corpus.document(8, again)
    corpus.write()
    relist(corpus)
    assert expected.format("documents/part-00000.parquet", "documents/part-00001.parquet") in refusal(corpus)


def test_two_documents_of_one_id_are_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    corpus.document(7, F)
    corpus.write()
    relist(corpus)
    assert "(kept 1): same id: 7 in " in refusal(corpus)


def test_documents_without_words_are_alike_to_none(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    for number, one in enumerate(("!!!", "...", ";"), 20):
        corpus.document(number, one, split="test" if number == 20 else "train")
    corpus.write()
    relist(corpus)
    found = certify(corpus)
    assert (found["kept"]["documents"], found["kept"]["pairs"]) == (10, 2)


def test_a_corpus_in_which_nothing_is_alike_is_proven(tmp_path: Path) -> None:
    corpus = StoredCorpus(tmp_path / "out")
    corpus.document(1, A)
    corpus.document(2, B)
    corpus.removal(3, "quality", "minimum_words")
    corpus.write(3)
    relist(corpus)
    found = certify(corpus)
    assert found["removals"] == {"by_rule": {}, "smallest_jaccard": None}
    assert (found["kept"]["pairs"], found["across_splits"]["pairs"]) == (0, 0)


@pytest.mark.parametrize(("row_id", "split"), [(6, "train"), (3, "validation")])
def test_documents_alike_in_one_split_are_in_order(tmp_path: Path, row_id: int, split: str) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "documents", row_id, lambda row: row | {"split": split})
    assert certify(corpus)["proven"]


def test_a_document_alike_to_a_held_out_one_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    near = changed(E, 5)
    corpus.document(8, near)
    corpus.document(9, changed(HELD_OUT, 5, seed=1), split="test")
    corpus.write()
    relist(corpus)
    message = refusal(corpus)
    assert similarity(E, near) > 0.7 > similarity(C, changed(HELD_OUT, 5, seed=1))
    assert message.startswith("2 violations (across_splits 2): alike across splits: ")
    assert (
        f"8 in documents/part-00000.parquet and 7 in documents/part-00000.parquet: Jaccard {similarity(E, near):.6f}"
        in message
    )
    assert "6 in documents/part-00001.parquet and 9 in documents/part-00001.parquet" in message


@pytest.mark.parametrize(("kind", "row_id"), [("removals", 11), ("removals", 14), ("documents", 2), ("documents", 101)])
def test_a_lost_row_is_found(tmp_path: Path, kind: str, row_id: int) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, kind, row_id, lambda row: None)
    name = {11: "removals by duplicates.near_duplicate", 14: "removals by quality.minimum_words"}.get(row_id)
    name = name or {2: "documents", 101: "variants"}[row_id]
    needed = 7 if row_id == 2 else 1
    assert (
        refusal(corpus)
        == f"1 violation (counts 1): {name}: {needed - 1} in the files, needed {needed} as in the ledger"
    )


def test_a_changed_text_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "documents", 1, lambda row: row | {"text": row["text"] + " One more word."})
    falsify(corpus, "removals", 12, lambda row: row | {"text": row["text"] + " More."})
    message = refusal(corpus)
    assert "2 violations (removals 2)" in message
    assert "near_duplicate: 11 in " in message and "exact_duplicate: 12 in " in message


def test_a_file_that_is_not_the_listed_one_is_found(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    path = corpus.folder / "corpus" / "documents" / "part-00001.parquet"
    pq.write_table(pq.read_table(path), path, compression="gzip")
    assert f"1 violation (files 1): documents/part-00001.parquet: sha256 {sha256_of(path)}, needed " in refusal(corpus)


def test_only_the_first_are_named_and_all_are_counted(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    for number in range(20, 28):
        corpus.removal(number, "duplicates", "duplicate_id", duplicate_of=1)
    corpus.write()
    relist(corpus)
    message = refusal(corpus)
    assert message.startswith("8 violations (removals 8): first 5: duplicate_id: 2")
    assert message.count("duplicate_id: ") == 5
    assert len(certificate(corpus)["violations"]["first"]) == 5


def test_a_text_that_was_not_kept_is_asked_for(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    file = falsify(corpus, "removals", 11, lambda row: row | {"text": None})
    with pytest.raises(GristmillError, match=r"keep_text = true and run `make corpus` again$") as error:
        certify(corpus)
    assert file in str(error.value)


def test_a_text_that_no_proof_needs_can_be_missing(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "removals", 3, lambda row: row | {"text": None}, rule="duplicate_id")
    assert certify(corpus)["proven"]


def test_the_result_does_not_depend_on_parts_or_on_how_groups_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def many(folder: Path) -> StoredCorpus:
        corpus = stored(folder)
        for number in range(30, 42):
            corpus.document(number, changed(F, 4, seed=number))
        corpus.document(50, F)
        corpus.document(51, changed(F, 1))
        corpus.write(3)
        relist(corpus)
        return corpus

    first = refusal(many(tmp_path / "a"))
    monkeypatch.setattr(read, "KEYS_PER_PART", 20)
    monkeypatch.setattr(pairs, "CHECK_BYTES", 10_000)
    monkeypatch.setattr(comparing, "PAIRS_PER_BLOCK", 20)
    assert refusal(many(tmp_path / "b")) == first
    assert "1 violation (kept 1): alike: 5" in first and all(f"{one} in " in first for one in (50, 51))


@pytest.mark.parametrize("small", [1, 3, 100])
def test_large_groups_are_compared_as_small_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    monkeypatch.setattr("beam_jobs.certify.check.SMALL_GROUP", small)
    monkeypatch.setattr("beam_jobs.certify.comparing.SMALL_GROUP", small)
    corpus = stored(tmp_path)
    family = [changed(F, 4 + number % 2, seed=number) for number in range(6)]
    for number, one in enumerate(family, 20):
        corpus.document(number, one)
    corpus.write()
    relist(corpus)
    found = certify(corpus)
    largest = max(similarity(one, other) for one in family for other in family if one != other)
    assert found["kept"]["largest"] == max(largest, similarity(B, LIKE_B))
