"""The quality models of the tiny world: trained, used by the corpus job, and the same bytes however they are made."""

from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.quality_model.definition import COMMAND
from tests.end_to_end.results import hashes, manifest, rows
from tests.end_to_end.world import RECIPE, RECORDS, UNISOLATED, World

SECTION = """
[quality_model]
positive = ["wiki", "lines", "table"]
minimum_documents = 5
"""


def train(world: World, output: Path, workers: int = 1, *overrides: str) -> Path:
    """Runs the job in this process and returns its folder."""
    recipe = world.recipe(output, RECIPE + SECTION)
    settings = [part for override in overrides for part in ("--set", override)]
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(workers), *settings])
    return output / "quality_model"


@pytest.fixture(scope="module")
def trained(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(world, tmp_path_factory.mktemp("trained") / "out")


def test_every_record_is_accounted_for(trained: Path) -> None:
    facts = manifest(trained)["facts"]
    records = {"positive": RECORDS["wiki"] + RECORDS["lines"] + RECORDS["table"], "negative": RECORDS["web"]}
    for each, counts in facts["sets"].items():
        assert counts["records"] + counts["unread"] == records[each]
        assert counts["drawn"] == counts["kept"] + sum(counts["removed"].values())
        parts = (counts["training"], counts["calibration"], counts["evaluation"])
        assert sum(parts) == counts["documents"] <= counts["kept"]
    documents = [counts["documents"] for counts in facts["sets"].values()]
    assert documents[0] == documents[1] >= 20


def test_the_texts_that_test_the_models_are_written_with_their_scores(trained: Path) -> None:
    texts = rows(trained, "evaluation")
    sizes = manifest(trained)["facts"]["sets"]
    for each in ("positive", "negative"):
        assert sum(row["set"] == each for row in texts) == sizes[each]["evaluation"]
    assert all(0 <= row["quality_score"] <= 1 and row["perplexity"] >= 1 for row in texts)


def test_workers_cuts_and_quality_rules_change_no_byte(world: World, trained: Path, tmp_path: Path) -> None:
    overrides = (UNISOLATED, "corpus.unit_megabytes=0.01", "corpus.quality.gopher_quality.minimum_words=90")
    assert hashes(train(world, tmp_path / "out", 2, *overrides)) == hashes(trained)


def test_a_second_run_does_nothing(world: World, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(world, trained.parent, 1, "corpus.quality.gopher_quality.minimum_words=3")
    assert "quality_model: nothing to do" in capsys.readouterr().out


def test_the_corpus_job_scores_and_filters_with_the_models(world: World, trained: Path, tmp_path: Path) -> None:
    models = f"corpus.quality.classifier.model={trained} corpus.quality.perplexity.model={trained}"
    bound = sorted(row["perplexity"] for row in rows(trained, "evaluation"))[-2]
    bounds = f"corpus.quality.perplexity.maximum_perplexity={bound}"
    recipe = world.recipe(tmp_path / "out")
    run_job(CORPUS, ["--recipe", str(recipe), "--workers", "1", "--set", f"{models} {bounds} {UNISOLATED}"])
    documents = [row for row in rows(tmp_path / "out" / "corpus", "documents") if row["parent_id"] is None]
    assert documents
    assert all(0 <= row["quality_score"] <= 1 and 1 <= row["perplexity"] <= bound for row in documents)
    removed = [row for row in rows(tmp_path / "out" / "corpus", "removals") if row["rule"] == "maximum_perplexity"]
    assert removed
    assert all(row["value"] > row["threshold"] == bound for row in removed)
