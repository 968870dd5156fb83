"""`make what-if`: what other bounds would do, told from stored values, with what they cannot tell said."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.corpus.finished import open_corpus
from beam_jobs.what_if import command
from beam_jobs.what_if.evaluation import Outcome, evaluate
from beam_jobs.what_if.question import ask
from stages.errors import GristmillError
from stages.recipe import load_recipe
from tests.beam_jobs.stored_corpus import RECIPE, StoredCorpus

WORDS = "corpus.quality.gopher_quality.minimum_words"
SHORT = "corpus.quality.fineweb.maximum_short_lines"


@pytest.fixture
def stored(tmp_path: Path) -> StoredCorpus:
    """Ten documents (60 to 150 words), texts of 20 to 40 words, one with two faults, and others."""
    corpus = StoredCorpus(tmp_path / "out")
    for number in range(10):
        language = "fr" if number == 9 else "en"
        text = "word " * (60 + 10 * number)
        measured = {"words": 60.0 + 10 * number, "short_lines": number / 20}
        score = 0.7 if number == 0 else 0.95
        corpus.document(number, text, measured=measured, language=language, language_score=score)
    corpus.document(100, "variant", parent_id=3, augmentation="keyboard(rate=0.05)")
    for number, words in enumerate((20, 30, 40), 20):
        corpus.low_quality(number, measured={"words": float(words)})
    corpus.low_quality(30, measured={"words": 45.0, "alphabetic_words": 0.1})
    corpus.removal(40, "duplicates", "near_duplicate", duplicate_of=9, jaccard=0.9, value=0.9, threshold=0.8)
    corpus.measured(40, {"words": 150.0})
    corpus.removal(50, "screen", "minimum_words", value=12.0, threshold=40.0)
    corpus.removal(60, "language", "language", detail="de")
    corpus.removal(61, "language", "language_score", value=0.5, threshold=0.65, detail="en")
    corpus.write()
    return corpus


def outcome(stored: StoredCorpus, *overrides: str) -> Outcome:
    corpus = open_corpus(load_recipe(stored.recipe_file))
    return evaluate(corpus, ask(corpus.settings, str(stored.recipe_file), list(overrides)))


def shown(stored: StoredCorpus, capsys: pytest.CaptureFixture[str], *overrides: str) -> str:
    command.main(["--recipe", str(stored.recipe_file), *(part for one in overrides for part in ("--set", one))])
    return capsys.readouterr().out


def test_a_lower_minimum_keeps_what_misses_no_other_rule(stored: StoredCorpus) -> None:
    found = outcome(stored, f"{WORDS}=30")
    assert (found.texts.newly_kept, found.texts.newly_dropped) == (2, 0)
    assert found.removed_before["gopher_quality", "minimum_words"] == 4
    assert found.removed_after["gopher_quality", "minimum_words"] == 1
    assert found.removed_after["gopher_quality", "minimum_alphabetic_words"] == 1
    assert found.kept_by_source == {"web": 2}
    assert found.documents.lost == 0


def test_a_higher_minimum_drops_documents_with_their_characters(stored: StoredCorpus) -> None:
    found = outcome(stored, f"{WORDS}=85")
    assert found.documents.lost == 3
    assert found.documents.lost_characters == sum(5 * words for words in (60, 70, 80))
    assert found.texts.newly_dropped == 3
    assert (found.texts.before, found.texts.after) == (11, 8)
    assert found.documents.all == 10


def test_several_settings_act_together(stored: StoredCorpus) -> None:
    found = outcome(stored, f"{WORDS}=30 {SHORT}=0.2")
    assert (found.texts.newly_kept, found.texts.newly_dropped) == (2, 5)
    assert found.by_language["fr"].newly_dropped == 1
    assert found.documents.lost_by_language == {"en": 4, "fr": 1}
    assert found.documents.duplicates_freed == 1


def test_the_answer_is_that_of_a_run_with_the_other_bounds(stored: StoredCorpus, tmp_path: Path) -> None:
    lower = StoredCorpus(tmp_path / "lower", RECIPE + "[corpus.quality.gopher_quality]\nminimum_words = 30\n")
    rules = [
        lower.measured(
            row["id"], {name: value for name, value in row.items() if name not in ("id", "language", "rule")}
        )
        for row in stored.rows["measurements"]
    ]
    assert outcome(stored, f"{WORDS}=30").texts.after == rules.count(None)


def test_a_group_can_be_switched_off(stored: StoredCorpus) -> None:
    found = outcome(stored, "corpus.quality.gopher_quality.enabled=false")
    assert found.texts.newly_kept == 4
    assert not found.removed_after


def test_languages_that_are_no_longer_wanted_cost_their_documents(stored: StoredCorpus) -> None:
    found = outcome(stored, 'corpus.language.keep=["en"]')
    assert found.documents.lost == 1
    assert found.documents.lost_by_language == {"fr": 1}
    assert found.by_language["fr"].newly_dropped == found.texts.newly_dropped == 1
    assert found.language_admitted == 0


def test_a_higher_language_threshold_costs_documents_but_none_on_the_bound(stored: StoredCorpus) -> None:
    assert outcome(stored, "corpus.language.threshold=0.95").documents.lost == 1
    assert outcome(stored, "corpus.language.threshold=0.951").documents.lost == 10


def test_more_languages_admit_texts_that_were_never_measured(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(stored, 'corpus.language.keep=["en","fr","de"]').language_admitted == 1
    assert outcome(stored, "corpus.language.threshold=0.4").language_admitted == 1
    text = shown(stored, capsys, "corpus.language.threshold=0.4")
    assert "at most 1 texts that were removed for their language would go on" in text


def test_two_records_of_one_id_lose_their_document_only_together(stored: StoredCorpus) -> None:
    stored.measured(0, {"words": 500.0})
    stored.write()
    assert outcome(stored, f"{WORDS}=65").documents.lost == 0


def test_a_text_of_which_line_rules_left_nothing_is_kept_by_no_bound(stored: StoredCorpus) -> None:
    stored.measured(70, {"words": 100.0})
    stored.rows["measurements"][-1]["rule"] = "text_left"
    stored.write()
    found = outcome(stored, f"{WORDS}=0")
    assert (found.texts.before, found.texts.newly_kept) == (11, 3)


def test_the_tables_show_bounds_counts_and_notes(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(stored, capsys, f"{WORDS}=30 {SHORT}=0.2")
    assert re.search(r"\n  corpus\.quality\.gopher_quality\n    minimum_words +50 -> 30 +4 +1\n", text)
    assert re.search(r"\n  corpus\.quality\.fineweb\n    maximum_short_lines +0\.67 -> 0\.2 +0 +5\n", text)
    assert re.search(r"texts that pass the quality rules +11 +8 +2 +5\n", text)
    assert re.search(r"documents, at most +10 +7 +2 +5\n", text)
    assert "decontamination, repeated text and duplicates come after the rules; in the run 90.9% of them did" in text
    assert "1 pages that screening refused for too few words were never measured" in text
    assert "1 duplicates were removed for documents that are newly dropped" in text


def test_the_settings_of_the_run_count_not_those_of_the_file(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    with stored.recipe_file.open("a") as file:
        file.write("[corpus.quality.gopher_quality]\nminimum_words = 30\n")
    text = shown(stored, capsys, f"{WORDS}=30")
    assert "minimum_words: 50 -> 30" in text
    assert f"the settings of the run count, not those that the recipe has now: {WORDS} (50 in the run, now 30)" in text


def test_no_number_is_cut_on_a_narrow_terminal(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = shown(stored, capsys, "corpus.quality.gopher_repetition.maximum_duplicate_10_gram_characters=0.05")
    assert "maximum_duplicate_10_gram_characters 0.1 -> 0.05" in text
    assert "\u2026" not in text
    assert max(map(len, text.partition("note:")[0].splitlines()[3:])) <= 80


def test_no_change_is_said(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing changes: the run had these settings" in shown(stored, capsys, f"{WORDS}=50")


def test_a_setting_that_is_that_of_the_run_may_be_named(stored: StoredCorpus) -> None:
    found = outcome(stored, f"corpus.quality.c4.line_words=3 corpus.quality.reference=papers {WORDS}=30")
    assert found.texts.newly_kept == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("corpus.quality.c4.line_words=5", "stored values cannot tell .*; `make corpus SET="),
        ("corpus.quality.reference=datatrove", "decides how texts are measured"),
        ("corpus.quality.c4.enabled=false", "c4 edits the text that later rules measured"),
        ("corpus.quality.line_corrections.maximum_removed_words=0.1", "line_corrections was switched off in the run"),
        ("corpus.quality.classifier.minimum_quality_score=0.5", "classifier was switched off in the run"),
        ("corpus.near_duplicates.threshold=0.7", "only bounds of corpus.quality"),
        ("corpus.quality.gopher_quality.minimum_wrods=3", "unknown key corpus.quality.gopher_quality.minimum_wrods"),
        ("corpus.quality.gopher_quality.minimum_words=few", "minimum_words: Input should be a valid number"),
        ("corpus.quality.gopher_quality.minimum_words=200000", "no text can pass"),
        ("seed=3", "say what to change"),
    ],
)
def test_what_cannot_be_told_is_one_line(stored: StoredCorpus, override: str, message: str) -> None:
    with pytest.raises(GristmillError, match=message) as raised:
        command.main(["--recipe", str(stored.recipe_file), "--set", override])
    assert "\n" not in str(raised.value)


def change_manifest(stored: StoredCorpus, change: Any) -> None:
    path = stored.folder / "corpus" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_values_that_do_not_explain_the_run_are_refused(stored: StoredCorpus) -> None:
    def change(manifest: Any) -> None:
        manifest["facts"]["recipe"]["quality"]["gopher_quality"]["minimum_words"] = 45.0

    change_manifest(stored, change)
    with pytest.raises(GristmillError, match="its values and verdicts do not agree; run `make corpus` again"):
        outcome(stored, f"{WORDS}=30")


def test_a_corpus_of_another_version_is_one_line(stored: StoredCorpus) -> None:
    change_manifest(stored, lambda manifest: manifest["files"].pop("measurements"))
    with pytest.raises(GristmillError, match="made by another version, without measurements; run `make corpus` again"):
        outcome(stored, f"{WORDS}=30")


def test_no_corpus_names_the_job_to_run(tmp_path: Path) -> None:
    recipe = StoredCorpus(tmp_path / "none").recipe_file
    with pytest.raises(GristmillError, match="run `make corpus` first"):
        command.main(["--recipe", str(recipe), "--set", f"{WORDS}=30"])
