"""Decontamination in a run: what shares text with an evaluation set is in the removals with its match, or cut."""

import json
from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from stages.errors import GristmillError
from stages.isolated_judging import isolated_function
from stages.recipe import load_recipe
from tests.end_to_end.results import manifest, rows
from tests.end_to_end.world import passages

RECIPE = """
name = "few"
output = "{folder}/out"
[[corpus.sources]]
name = "lines"
format = "jsonl"
paths = ["{folder}/lines.jsonl"]
[corpus.quality.c4]
enabled = false
[corpus.decontamination]
files = ["{folder}/exam/*.jsonl"]
[corpus.isolation]
enabled = {isolated}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return written(tmp_path, isolated=False)


def written(tmp_path: Path, *, isolated: bool) -> Path:
    texts = [text for text, _ in zip(passages(), range(6), strict=False)]
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "exam").mkdir()
    asked = " ".join(texts[2].split()[40:60]).upper()
    (tmp_path / "exam" / "questions.jsonl").write_text(json.dumps({"question": asked, "choices": ["yes", "no"]}) + "\n")
    (tmp_path / "recipe.toml").write_text(RECIPE.format(folder=tmp_path, isolated=str(isolated).lower()))
    return tmp_path / "recipe.toml"


def run(recipe: Path, *overrides: str) -> Path:
    settings = [part for override in overrides for part in ("--set", override)]
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1", *settings])
    return recipe.parent / "out" / "corpus"


def test_a_document_with_a_question_is_removed_and_the_match_named(recipe: Path) -> None:
    corpus = run(recipe)
    (removal,) = rows(corpus, "removals")
    assert (removal["stage"], removal["rule"]) == ("decontaminate", "evaluation_overlap")
    assert (removal["value"], removal["threshold"]) == (8, 0)
    assert removal["detail"].startswith(f"{recipe.parent}/exam/questions.jsonl, row 1: ")
    assert manifest(corpus)["facts"]["ledger"]["decontaminate"]["removed"] == {"evaluation_overlap": 1}
    (example,) = rows(corpus, "examples")
    assert example["id"] == removal["id"]
    assert len(rows(corpus, "measurements")) == 6


def test_a_cut_stands_in_the_document_s_edits(recipe: Path) -> None:
    corpus = run(
        recipe,
        'corpus.decontamination.action="cut"',
        "corpus.decontamination.margin_characters=10",
        "corpus.decontamination.minimum_piece_characters=50",
    )
    assert rows(corpus, "removals") == []
    (cut,) = [row for row in rows(corpus, "documents") if row["edits"]]
    (edit,) = cut["edits"]
    assert (edit["edit"], edit["count"]) == ("cut_evaluation", 1)


def test_a_changed_evaluation_file_repeats_the_work(tmp_path: Path) -> None:
    recipe = written(tmp_path, isolated=True)
    assert len(rows(run(recipe), "removals")) == 1
    exam = recipe.parent / "exam" / "questions.jsonl"
    exam.write_text(json.dumps({"question": "What else could be asked that no document here would ever say?"}) + "\n")
    # The process that has loaded the old file ends with its run; here the run ends before this process does.
    isolated_function(load_recipe(recipe).corpus).close()
    assert rows(run(recipe), "removals") == []


def test_a_missing_file_is_told_before_any_work(recipe: Path) -> None:
    with pytest.raises(GristmillError, match=r"^corpus\.decontamination\.files: .*none\.jsonl: no such file$"):
        run(recipe, 'corpus.decontamination.files=["none.jsonl"]')
    assert not (recipe.parent / "out" / "corpus" / "work").exists()
