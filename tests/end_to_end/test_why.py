"""`make why`: every document and removal leads back to its record."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from beam_jobs.units import Job
from beam_jobs.why import command
from beam_jobs.why import record as shown_record
from beam_jobs.why.origin import fetch
from stages.document import Record
from stages.errors import GristmillError
from stages.isolation import CallLostError
from stages.judging import judge
from stages.recipe import load_recipe
from stages.verdict import STAGES
from tests.end_to_end.results import rows
from tests.end_to_end.world import UNISOLATED, World

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def job(finished: Path) -> Job:
    return Job("corpus", load_recipe(finished.with_suffix(".toml")), ())


def all_rows(finished: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("documents", "removals"):
        for row in rows(finished / "corpus", kind):
            yield kind, row


def test_every_row_leads_back_to_its_record(finished: Path, job: Job) -> None:
    for kind, row in all_rows(finished):
        record = fetch(job, row)
        assert isinstance(record, Record), row
        verdict = judge(record, job.recipe.corpus)
        if kind == "documents" and row["parent_id"] is None:
            assert verdict.refusal is None
            assert verdict.text == row["text"]
            assert [edit.to_json() for edit in verdict.edits] == row["edits"]
        if row.get("stage") in STAGES:
            assert verdict.refusal is not None
            assert (verdict.stage, verdict.refusal.rule) == (row["stage"], row["rule"])


def test_every_row_is_answered_for(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind, row in all_rows(finished):
        shown = answer(finished, capsys, "--id", str(row["id"]), "--most", "100")
        if kind == "documents":
            assert f"kept as        document, {row['split']}" in shown
            assert "corpus.quality.gopher_quality" in shown
        else:
            assert f"removed by     {row['stage']}: {row['rule']}" in shown


def answer(finished: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    command.main(["--recipe", str(finished.with_suffix(".toml")), *arguments])
    return capsys.readouterr().out


def test_a_part_of_a_text_finds_its_document(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = next(row for kind, row in all_rows(finished) if kind == "documents" and row["source"] == "wiki")
    shown = answer(finished, capsys, "--text", row["text"][20:80])
    assert f"document  {row['id']}" in shown
    assert "its way" in shown


def test_stored_data_answer_without_the_sources(
    finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_jobs.why.origin.fetch", lambda *_: pytest.fail("the record was fetched again"))
    assert "bytes of html" not in answer(finished, capsys, "--url", "https://site.test/1")


def test_a_document_is_shown_with_its_record(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = next(row for kind, row in all_rows(finished) if kind == "documents" and row["source"] == "web")
    shown = answer(finished, capsys, "--url", row["url"], "--record")
    for part in (
        row["url"],
        str(row["id"]),
        "document, ",
        "bytes of html",
        "<article>",
        row["text"][:40],
        "minimum_words",
        "the quality rules measure on it what the run stored (above)",
    ):
        assert part in shown
    assert answer(finished, capsys, "--id", str(row["id"]), "--record") == shown


def test_a_removal_is_shown_with_rule_and_values(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = answer(finished, capsys, "--url", "https://site.test/short", "--record")
    assert "screen: minimum_words, measured" in shown
    assert "bound 40" in shown
    assert "Only a few words here." in shown


def test_a_duplicate_is_shown_with_what_stayed(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = next(row for kind, row in all_rows(finished) if kind == "removals" and row["rule"] == "near_duplicate")
    shown = answer(finished, capsys, "--id", str(row["id"]))
    assert f"{row['duplicate_of']} (https://" in shown
    assert f"true Jaccard similarity {row['jaccard']:.4f}" in shown


def test_the_record_can_be_saved(finished: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    row = next(row for kind, row in all_rows(finished) if kind == "documents" and row["source"] == "web")
    answer(finished, capsys, "--url", row["url"], "--save", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_bytes().startswith(b"<html><head><title>Page https://")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--url", "https://site.test/never"], "no document and no removal has the address https://site.test/never"),
        (["--url", "site.test/1"], "similar: https://site.test/1, "),
        (["--id", "7"], "no document and no removal has the id 7"),
        (["--id", "-7"], "ids are numbers below"),
        ([], "give one of URL=…, ID=… and TEXT=…"),
        (["--url", "x", "--id", "1"], "give one of URL=…, ID=… and TEXT=…"),
    ],
)
def test_what_is_not_there_is_one_line(finished: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(GristmillError, match=message.replace("…", ".")):
        command.main(["--recipe", str(finished.with_suffix(".toml")), *arguments])


def test_a_changed_file_is_said(finished: Path, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for _, row in all_rows(finished))
    assert fetch(job, {**row, "id": 1, "parent_id": None}) == f"{row['origin']['file']} has changed since"
    gone = {**row, "origin": {"file": "/never/there.warc.gz", "offset": 0}}
    assert fetch(job, gone) == "/never/there.warc.gz is not among the inputs of the last run"


def test_a_corpus_that_its_limits_refused_can_be_asked_too(
    world: World, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = world.recipe(tmp_path / "out")
    settings = f"corpus.limits.minimum_kept_share=0.99 {UNISOLATED}"
    with pytest.raises(GristmillError, match="minimum_kept_share"):
        run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1", "--set", settings])
    command.main(["--recipe", str(recipe), "--url", "https://site.test/short"])
    assert "screen: minimum_words" in capsys.readouterr().out


def test_a_page_that_breaks_the_parser_breaks_no_answer(
    finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __call__(self, record: Record) -> None:
            raise CallLostError("seconds", "more than 20 s")

        def close(self) -> None:
            pass

    monkeypatch.setattr(shown_record, "isolated_extraction", lambda _: Broken())
    shown = answer(finished, capsys, "--url", "https://site.test/1", "--record")
    assert "no text: the parser was stopped, seconds: more than 20 s" in shown


def test_before_the_corpus_is_made_the_job_to_run_is_named(tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(f'name = "r"\noutput = "{tmp_path}/out"\n[[corpus.sources]]\nname = "a"\npaths = ["x"]\n')
    arguments = [sys.executable, "-m", "beam_jobs.why", "--recipe", str(recipe), "--id", "1"]
    result = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f"error: {tmp_path}/out/corpus/manifest.json: not there; run `make corpus` first\n"
