"""The text that a tokenizer is trained on: exact shares, in an order that nothing but ids and the seed decides."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stages.errors import GristmillError
from stages.tokenizer import training_lines
from stages.tokenizer_sample import sample_draw
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.stored_documents import RECIPE, document, documents, text, tokenized, write_corpus

LINES = 4


def many_lines(name: str, **changes: Any) -> dict[str, Any]:
    """A document of some lines, of which two are empty."""
    lines = [text(f"{name} {number}", 8 + number) for number in range(LINES)]
    return document(name, text="\n".join([lines[0], "", *lines[1:], ""]), **changes)


ROWS = [
    *(many_lines(f"web {number}") for number in range(80)),
    *(many_lines(f"toile {number}", language="fr") for number in range(60)),
    *(many_lines(f"books {number}", source="books") for number in range(40)),
    *(many_lines(f"livres {number}", source="books", language="fr") for number in range(20)),
    *documents("validation", 6, split="validation"),
    document("variant", parent_id=document("web 1")["id"], augmentation="x", text=text("variant", 400)),
]
LONGEST_LINE = 200


def run(folder: Path, sample: str, fragments: int = 3, workers: int = 1, rows: list[dict[str, Any]] = ROWS) -> Path:
    write_corpus(folder / "out" / "corpus", rows, fragments)
    recipe = RECIPE.replace("sample.megabytes = 0.5", sample.replace("{", "{{").replace("}", "}}"))
    return tokenized(folder / "out", workers=workers, recipe=recipe)


def cells(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["source"], one["language"]): one for one in manifest(folder)["facts"]["sample"]["cells"]}


def sampled_lines(folder: Path) -> list[str]:
    (path,) = (folder / "work" / "sample" / "lines").iterdir()
    return pq.read_table(path).column("line").to_pylist()  # type: ignore[no-any-return]


def share(folder: Path, axis: int, unit: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for group, cell in cells(folder).items():
        found[group[axis]] = found.get(group[axis], 0) + cell[unit]
    return found


def test_bytes_are_as_many_as_asked_to_within_a_line_of_each_source_and_language(tmp_path: Path) -> None:
    folder = run(tmp_path, "sample.megabytes = 0.03")
    there = sum(len(row["text"].encode()) for row in ROWS if row["split"] == "train" and "parent_id" not in row)
    for group, cell in cells(folder).items():
        own = [row for row in ROWS if (row["source"], row["language"]) == group and row["split"] == "train"]
        natural = sum(len(row["text"].encode()) for row in own if "parent_id" not in row)
        assert 0 <= 30_000 * natural / there - cell["bytes"] < LONGEST_LINE
    lines = sampled_lines(folder)
    assert len(lines) == sum(cell["lines"] for cell in cells(folder).values())


def test_the_lines_are_those_of_the_documents_in_the_order_of_their_draws(tmp_path: Path) -> None:
    folder = run(tmp_path, "sample.megabytes = 0.03")
    originals = [row for row in ROWS if row["split"] == "train" and "parent_id" not in row]
    left = {group: cell["lines"] for group, cell in cells(folder).items()}
    expected = []
    for row in sorted(originals, key=lambda one: sample_draw(one["id"], 1)):
        group = (row["source"], row["language"])
        lines = list(training_lines(row["text"]))[: left[group]]
        left[group] -= len(lines)
        expected += lines
    assert sampled_lines(folder) == expected


def test_weights_of_sources_and_languages_are_met_together(tmp_path: Path) -> None:
    weights = "sample.weights = {web = 1, books = 3}\nsample.language_weights = {en = 0.6, fr = 0.4}"
    folder = run(tmp_path, f"sample.megabytes = 0.02\n{weights}")
    for axis, expected in ((0, {"web": 5_000, "books": 15_000}), (1, {"en": 12_000, "fr": 8_000})):
        found = share(folder, axis, "bytes")
        assert all(0 <= expected[name] - size < 2 * LONGEST_LINE for name, size in found.items()), found


def test_sentences_are_counted_exactly(tmp_path: Path) -> None:
    folder = run(tmp_path, "sample.sentences = 300\nsample.weights = {web = 2, books = 1}")
    assert share(folder, 0, "lines") == {"web": 200, "books": 100}
    assert len(sampled_lines(folder)) == 300
    assert manifest(folder)["facts"]["sample"]["unit"] == "lines"


def test_a_small_source_gives_all_and_the_others_the_rest(tmp_path: Path) -> None:
    folder = run(tmp_path, "sample.sentences = 400\nsample.weights = {web = 1, books = 9}")
    books = sum(row["source"] == "books" for row in ROWS) * LINES
    assert share(folder, 0, "lines") == {"web": 400 - books, "books": books}


def test_the_temperature_makes_languages_more_alike(tmp_path: Path) -> None:
    plain = share(run(tmp_path / "plain", "sample.sentences = 100"), 1, "lines")
    warm = share(run(tmp_path / "warm", "sample.sentences = 100\nsample.language_temperature = 5.0"), 1, "lines")
    assert plain == {"en": 60, "fr": 40}
    assert abs(warm["fr"] - 100 / (1 + 1.5**0.2)) <= 1


def test_more_than_there_is_takes_all(tmp_path: Path) -> None:
    folder = run(tmp_path, "sample.megabytes = 5.0")
    assert all(cell["bytes"] == cell["available"] for cell in cells(folder).values())
    assert len(sampled_lines(folder)) == 200 * LINES


SHARES = "sample.megabytes = 0.02\nsample.weights = {web = 1, books = 2}\nsample.language_temperature = 3.0"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("reference"), SHARES)


@pytest.mark.parametrize(("fragments", "workers", "backwards"), [(1, 1, False), (9, 1, True), (3, 2, False)])
def test_fragments_workers_and_order_change_nothing(
    reference: Path, tmp_path: Path, fragments: int, workers: int, backwards: bool
) -> None:
    folder = run(tmp_path, SHARES, fragments, workers, ROWS[::-1] if backwards else ROWS)
    assert sampled_lines(folder) == sampled_lines(reference)
    mine, theirs = hashes(folder), hashes(reference)
    assert {**mine, "manifest.json": ""} == {**theirs, "manifest.json": ""}
    assert mine["report.json"] and cells(folder) == cells(reference)


def test_another_seed_draws_another_sample(reference: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    recipe = "seed = 2\n" + RECIPE.replace("sample.megabytes = 0.5", SHARES.replace("{", "{{").replace("}", "}}"))
    assert sampled_lines(tokenized(tmp_path / "out", recipe=recipe)) != sampled_lines(reference)


def test_only_a_change_of_the_sample_trains_anew(reference: Path) -> None:
    model = reference / "tokenizer" / "tokenizer.model"
    before = model.stat().st_mtime_ns
    recipe = RECIPE.replace("sample.megabytes = 0.5", SHARES.replace("{", "{{").replace("}", "}}"))
    tokenized(reference.parent, recipe=recipe.replace("[tokenizer]\n", "[tokenizer]\nreport.megabytes = 0.002\n"))
    assert model.stat().st_mtime_ns == before


def test_what_a_run_has_drawn_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "sample.megabytes = 5.0")
    shown = " ".join(capsys.readouterr().out.split())
    assert "the tokenizer's sample" in shown and f"books fr 20 {20 * LINES}" in shown and "100.0%" in shown


def test_of_joined_corpora_a_document_that_is_left_out_is_not_drawn(tmp_path: Path) -> None:
    again = [row for row in ROWS if row["source"] == "books"]
    more = documents("more", 20, source="more")
    write_corpus(tmp_path / "other" / "corpus", again + more)
    joined = f"[mixture]\ncorpora = ['{tmp_path / 'other' / 'corpus'}']\n"
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    folder = tokenized(tmp_path / "out", joined, recipe=RECIPE.replace("0.5", "5.0"))
    assert {group: cell["documents"] for group, cell in cells(folder).items()} == {
        ("books", "en"): 40,
        ("books", "fr"): 20,
        ("more", "en"): 20,
        ("web", "en"): 80,
        ("web", "fr"): 60,
    }
    assert all(cell["bytes"] == cell["available"] for cell in cells(folder).values())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sample.weights = {web = 1, boks = 1}", r"tokenizer\.sample\.weights\.boks: no source .*; books, web have"),
        ("sample.weights = {web = 1}", r"tokenizer\.sample\.weights: 'books' has none; 0 leaves it out"),
        ("sample.language_weights = {en = 1, de = 1}", r"language_weights\.de: no language .*; en, fr have"),
    ],
)
def test_names_that_the_corpus_has_not_are_told_before_any_work(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        run(tmp_path, line)
    assert not (tmp_path / "out" / "tokenizer" / "work" / "count").exists()
