"""`make what-if` against the truth: what it tells of other bounds is what a run with them does."""

from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from beam_jobs.corpus.finished import open_corpus
from beam_jobs.what_if.evaluation import evaluate
from beam_jobs.what_if.question import ask
from stages.recipe import load_recipe
from tests.end_to_end.results import manifest
from tests.end_to_end.world import UNISOLATED, World


@pytest.mark.parametrize(
    "change",
    [
        "corpus.quality.gopher_quality.minimum_words=140",
        "corpus.quality.gopher_quality.maximum_mean_word_length=5 corpus.quality.gopher_quality.minimum_words=125",
        "corpus.quality.gopher_repetition.enabled=false",
    ],
)
def test_the_counts_are_those_of_a_run(world: World, finished: Path, tmp_path: Path, change: str) -> None:
    recipe = finished.with_suffix(".toml")
    corpus = open_corpus(load_recipe(recipe))
    told = evaluate(corpus, ask(corpus.settings, str(recipe), [change]))
    other = world.recipe(tmp_path / "out")
    settings = f"corpus.screening.enabled=false corpus.limits.minimum_kept_share=0 {UNISOLATED} {change}"
    run_job(COMMAND, ["--recipe", str(other), "--workers", "1", "--set", settings])
    quality = manifest(tmp_path / "out" / "corpus")["facts"]["ledger"]["quality"]
    before = corpus.manifest.facts["ledger"]["quality"]
    unmeasured = quality["read"] - before["read"]
    assert unmeasured <= told.screened["minimum_words"] + told.screened["language_attribute"]
    assert told.texts.after == quality["kept"]
    for rule in set(quality["removed"]) - {"minimum_words"}:
        assert sum(count for (_, name), count in told.removed_after.items() if name == rule) == quality["removed"][rule]
