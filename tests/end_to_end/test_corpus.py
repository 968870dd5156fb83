"""The corpus of the tiny world: every record accounted for, the same bytes however it is made."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from stages.near_duplicates.signatures import jaccard, shingle_hashes
from stages.recipe import NearDuplicates
from tests.end_to_end.results import as_set, hashes, manifest, rows
from tests.end_to_end.world import RECIPE, RECORDS, UNISOLATED, World, passages

ROOT = Path(__file__).parents[2]


def test_every_record_is_a_document_or_a_removal(finished: Path) -> None:
    documents, removals = rows(finished / "corpus", "documents"), rows(finished / "corpus", "removals")
    originals = [row for row in documents if row["parent_id"] is None]
    read = Counter(row["source"] for row in originals) + Counter(row["source"] for row in removals)
    assert read == RECORDS
    ledger = manifest(finished / "corpus")["facts"]["ledger"]
    assert ledger["read"]["read"] == sum(RECORDS.values())
    assert ledger["duplicates"]["kept"] == len(originals)
    for stage, count in ledger.items():
        removed = Counter(row["rule"] for row in removals if row["stage"] == stage)
        assert removed == count["removed"]
        assert count["read"] == count["kept"] + removed.total()


def test_each_removal_has_its_rule(finished: Path) -> None:
    by_url = {row["url"]: row["rule"] for row in rows(finished / "corpus", "removals") if row["url"]}
    assert by_url["https://site.test/gone"] == "http_status"
    assert by_url["https://site.test/picture"] == "content_type"
    assert by_url["https://site.test/short"] == "minimum_words"
    assert by_url["https://site.test/french"] == "language"
    assert by_url["https://wiki.test/wiki/Elsewhere"] == "redirect"
    assert by_url["https://wiki.test/wiki/Talk:Article_1"] == "namespace"


def test_a_duplicate_goes_only_for_a_kept_document_as_similar_as_the_threshold(finished: Path) -> None:
    documents = {row["id"]: row for row in rows(finished / "corpus", "documents")}
    removals = [row for row in rows(finished / "corpus", "removals") if row["stage"] == "duplicates"]
    assert Counter(row["rule"] for row in removals) == {"exact_duplicate": 1, "near_duplicate": 2}
    for row in removals:
        assert row["duplicate_of"] in documents
        assert row["jaccard"] >= NearDuplicates().threshold


def test_documents_carry_their_provenance(finished: Path) -> None:
    for row in rows(finished / "corpus", "documents"):
        assert Path(row["origin"]["file"]).is_file()
        assert row["split"] in ("train", "validation", "test")
        assert row["language"] == "en"
        if row["source"] in ("web", "wiki"):
            assert row["url"].startswith("https://")
            assert row["title"]
            assert row["date"] == "2026-01-02T03:04:05Z"


def test_variants_are_made_of_training_documents_and_keep_their_lines(finished: Path) -> None:
    documents = rows(finished / "corpus", "documents")
    by_id = {row["id"]: row for row in documents}
    variants = [row for row in documents if row["parent_id"] is not None]
    assert len(by_id) == len(documents)
    assert {row["augmentation"].split("(")[0] for row in variants} == {"keyboard", "word_swap"}
    booked = manifest(finished / "corpus")["facts"]["variants"]
    assert Counter(row["augmentation"] for row in variants) == {name: one["documents"] for name, one in booked.items()}
    for row in variants:
        parent = by_id[row["parent_id"]]
        assert row["split"] == parent["split"] == "train"
        assert row["text"] != parent["text"]
        assert row["text"].count("\n") == parent["text"].count("\n")


def test_a_corpus_without_duplicates_passes_every_phase(tmp_path: Path) -> None:
    for number, text in zip(range(3), passages(), strict=False):
        (tmp_path / f"{number}.txt").write_text(text)
    recipe = tmp_path / "few.toml"
    source = f'[[corpus.sources]]\nname = "few"\nformat = "text"\npaths = ["{tmp_path}/*.txt"]\n'
    recipe.write_text(f'name = "few"\noutput = "{tmp_path}/out"\n{source}')
    run_job(COMMAND, ["--recipe", str(recipe), "--set", UNISOLATED, "--workers", "1"])
    assert len(rows(tmp_path / "out" / "corpus", "documents")) == 3
    assert rows(tmp_path / "out" / "corpus", "removals") == []


def test_splits_share_no_near_duplicates(finished: Path) -> None:
    originals = [row for row in rows(finished / "corpus", "documents") if row["parent_id"] is None]
    shingles = shingle_hashes([row["text"] for row in originals], NearDuplicates())
    assert {row["split"] for row in originals} == {"train", "validation", "test"}
    for place, row in enumerate(originals):
        for other in range(place):
            if row["split"] != originals[other]["split"]:
                assert jaccard(shingles[place], shingles[other]) < 0.7


@pytest.mark.parametrize("megabytes", ["0.003", "64"])
def test_the_documents_do_not_depend_on_how_the_inputs_are_cut(
    world: World, finished: Path, tmp_path: Path, megabytes: str
) -> None:
    settings = f"corpus.unit_megabytes={megabytes} {UNISOLATED}"
    run_job(COMMAND, ["--recipe", str(world.recipe(tmp_path / "out")), "--set", settings, "--workers", "1"])
    assert_same_rows(tmp_path / "out" / "corpus", finished / "corpus")


def test_the_documents_do_not_depend_on_the_order_and_sharding_of_the_inputs(
    world: World, finished: Path, tmp_path: Path
) -> None:
    shuffled = World(tmp_path / "raw")
    shutil.copytree(world.folder, shuffled.folder)
    web = shuffled.folder / "web"
    records = [part for path in sorted(web.iterdir()) for part in members(path.read_bytes())]
    random.Random(3).shuffle(records)
    for path in web.iterdir():
        path.unlink()
    for number in range(5):
        (web / f"{number}.warc.gz").write_bytes(b"".join(records[number::5]))
    lines = (shuffled.folder / "lines.jsonl").read_text().splitlines(keepends=True)
    (shuffled.folder / "lines.jsonl").write_text("".join(reversed(lines)))
    head, *sources = RECIPE.split("[[corpus.sources]]")
    last, tail = sources[-1].split("[corpus.split]")
    reordered = "[[corpus.sources]]".join([head, *reversed([*sources[:-1], last])]) + "[corpus.split]" + tail
    recipe = shuffled.recipe(tmp_path / "out", reordered)
    run_job(COMMAND, ["--recipe", str(recipe), "--set", UNISOLATED, "--workers", "1"])
    assert_same_rows(tmp_path / "out" / "corpus", finished / "corpus")


def members(data: bytes) -> list[bytes]:
    parts = data.split(b"\x1f\x8b\x08\x00")
    return [b"\x1f\x8b\x08\x00" + part for part in parts[1:]]


def assert_same_rows(one: Path, other: Path) -> None:
    for kind in ("documents", "removals"):
        # A removed line without an id is known by its place alone.
        without = ("origin",) if kind == "documents" else ("origin", "id")
        assert as_set(rows(one, kind), without) == as_set(rows(other, kind), without)
    ledgers = [manifest(folder)["facts"]["ledger"] for folder in (one, other)]
    assert ledgers[0] == ledgers[1]


def test_a_run_that_was_ended_goes_on_and_writes_the_same_bytes(world: World, finished: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "beam_jobs.corpus", "--recipe", str(world.recipe(tmp_path / "out"))]
    command += ["--workers", "2"]
    corpus = tmp_path / "out" / "corpus"
    status, errors = ended(command, corpus, units=2, how=signal.SIGINT)
    assert status == 130
    assert errors.splitlines() == ["interrupted: what is done is kept, the same command goes on from here"]
    interrupted = units_done(corpus)
    assert interrupted and not (corpus / "manifest.json").exists()
    ended(command, corpus, units=len(interrupted) + 1, how=signal.SIGKILL)
    killed = units_done(corpus)
    assert len(killed) > len(interrupted) and not (corpus / "manifest.json").exists()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    assert hashes(corpus) == hashes(finished / "corpus")
    done = units_done(corpus)
    assert len(done) > len(killed), "the end came too late to prove anything"
    assert interrupted.items() <= killed.items() <= done.items()


def ended(command: list[str], corpus: Path, units: int, how: signal.Signals) -> tuple[int, str]:
    """Starts a run, ends it by a signal as soon as so many units of work are done, and gives its status and errors."""
    process = subprocess.Popen(
        command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=-1, text=True
    )
    deadline = time.monotonic() + 120
    while len(units_done(corpus)) < units and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, how)
    _, errors = process.communicate()
    return process.returncode, errors


def units_done(corpus: Path) -> dict[str, int]:
    """The units of extraction that are done, and when each was."""
    return {path.name: path.stat().st_mtime_ns for path in (corpus / "work" / "extract" / "_done").glob("*.json")}


def test_a_second_run_does_nothing_and_says_so(
    world: World, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = hashes(finished / "corpus")
    run_job(COMMAND, ["--recipe", str(finished.with_suffix(".toml"))])
    assert "corpus: nothing to do" in capsys.readouterr().out
    assert hashes(finished / "corpus") == before


def test_a_changed_threshold_repeats_only_what_it_decides(world: World, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "out")
    before = units_done(tmp_path / "out" / "corpus")
    recipe = world.recipe(tmp_path / "out")
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1", "--set", "corpus.near_duplicates.threshold=1.0"])
    assert units_done(tmp_path / "out" / "corpus") == before
    removed = json.loads((tmp_path / "out" / "corpus" / "ledger.json").read_text())["duplicates"]["removed"]
    assert removed == {"exact_duplicate": 1}
