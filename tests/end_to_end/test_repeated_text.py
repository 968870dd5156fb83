"""Text that recurs over a corpus: cut from all documents or all but one, the same however the inputs are cut."""

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus import extract, repeated
from beam_jobs.corpus.definition import COMMAND
from stages.document import identifier
from stages.recipe import load_recipe
from tests.end_to_end.results import as_set, hashes, manifest, rows
from tests.end_to_end.world import passages

NOTICE = "This page belongs to the mill; ask the miller before you grind it."
MENU = "Home and grain and stone and water and wheel"
RECIPE = """
name = "few"
output = "{output}"
[[corpus.sources]]
name = "lines"
format = "jsonl"
paths = ["{inputs}/*.jsonl"]
id_column = "key"
[corpus.quality.gopher_repetition]
enabled = false
[corpus.quality.c4]
enabled = false
[corpus.quality.fineweb]
enabled = false
[corpus.repeated_text]
unit = "lines"
minimum_documents = 4
keep_first = false
[corpus.isolation]
enabled = false
"""
SMALL_UNITS = "corpus.unit_megabytes=0.002"
LICENCE = "Licence: " + " ".join(f"term{number}" for number in range(58)) + " end."
SUBSTRINGS = (
    'corpus.repeated_text.unit="substrings"',
    "corpus.repeated_text.minimum_documents=2",
    "corpus.repeated_text.keep_first=true",
)


def documents() -> list[dict[str, object]]:
    """Eight texts with a notice, three of them with a menu too, one with an address to mask; a ninth that is short
    without it; copies of a tenth."""
    texts = [text for text, _ in zip(passages(), range(10), strict=False)]
    every = [f"{text}\n\n{NOTICE}" for text in texts[:8]]
    every[7] = f"Write to miller@mill.org and ask.\n{every[7]}"
    every[:3] = [f"{MENU}\n{text}" for text in every[:3]]
    every.append(f"{NOTICE.upper()}\n{' '.join(texts[8].split()[:45])}")
    every += [texts[9]] * 5
    return [{"key": number, "text": text} for number, text in enumerate(every)]


def licensed_documents() -> list[dict[str, object]]:
    """Six texts that hold one licence, each in a place, case and punctuation of its own: one of them has it twice, one
    is short without it. A seventh holds two thirds of it, an eighth is a copy of the third in capitals.
    """
    texts = [text for text, _ in zip(passages(), range(7), strict=False)]
    before, after = texts[0].split(". ", 1)
    every = [
        f"{before}. {LICENCE} {after}",
        f"{LICENCE.upper()}\n{texts[1]}",
        f"{texts[2]}\n\n* {LICENCE}",
        f"{texts[3]}\n({LICENCE.replace(' ', ', ')})\n\nNothing follows.",
        f"{LICENCE}\n\n{texts[4]}\n\n{LICENCE}\n\nThe end of it.",
        f"{' '.join(texts[5].split()[:40])} {LICENCE}",
        f"{texts[6]} {' '.join(LICENCE.split()[:40])}",
    ]
    return [{"key": number, "text": text} for number, text in enumerate([*every, every[2].upper()])]


def run(
    folder: Path,
    *overrides: str,
    texts: Sequence[Mapping[str, object]] = (),
    shards: int = 1,
    workers: int = 1,
    name: str = "out",
) -> Path:
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row) + "\n" for row in texts or documents()]
    for number in range(shards):
        (inputs / f"{number}.jsonl").write_text("".join(lines[::-1][number::shards]))
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(output=folder / name, inputs=inputs))
    settings = [part for override in overrides for part in ("--set", override)]
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(workers), *settings])
    return folder / name / "corpus"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("repeated"))


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the lines spread over four files, in small units."""
    return run(tmp_path_factory.mktemp("sharded"), SMALL_UNITS, shards=4)


def test_what_recurs_is_cut_and_told(corpus: Path) -> None:
    found = rows(corpus, "documents")
    assert not any(NOTICE in row["text"] for row in found)
    assert sum(MENU in row["text"] for row in found) == 3
    cut = [row for row in found if row["edits"]]
    assert len(cut) == 8
    assert all(row["edits"][-1] == {"edit": "repeated_lines", "count": 1, "characters": 68} for row in cut)
    assert sorted(len(row["edits"]) for row in cut) == [1] * 7 + [2], "an edit of before the cut is lost"
    facts = manifest(corpus)["facts"]["repeated_text"]
    (top,) = facts["top"]
    assert (top["text"].capitalize(), top["documents"]) == (NOTICE, 9)
    assert (facts["repeated"], facts["documents"], facts["units"]) == (1, 9, 9)


def test_what_has_too_little_left_is_a_removal_with_an_example(corpus: Path) -> None:
    (removal,) = [row for row in rows(corpus, "removals") if row["stage"] == "repeated_text"]
    assert (removal["rule"], removal["threshold"]) == ("minimum_words_left", 50)
    assert 0 < removal["value"] < 50
    assert removal["detail"] == "1 lines that recur were cut"
    examples = Counter((row["stage"], row["rule"]) for row in rows(corpus, "examples"))
    assert examples == {("repeated_text", "minimum_words_left"): 1, ("duplicates", "exact_duplicate"): 4}


def test_copies_of_one_text_count_once(corpus: Path) -> None:
    copy = documents()[-1]["text"]
    assert sum(row["text"] == copy for row in rows(corpus, "documents")) == 1


def test_the_ledger_closes(corpus: Path) -> None:
    ledger = manifest(corpus)["facts"]["ledger"]
    assert ledger["decontaminate"]["kept"] == 14
    assert ledger["repeated_text"] == {"read": 14, "kept": 13, "removed": {"minimum_words_left": 1}}
    assert ledger["duplicates"]["read"] == 13


def test_the_first_copy_may_stay(tmp_path: Path) -> None:
    corpus = run(tmp_path, "corpus.repeated_text.keep_first=true", "corpus.repeated_text.minimum_documents=3")
    found = rows(corpus, "documents")
    for text in (NOTICE, MENU):
        (kept,) = [row for row in found if text in row["text"]]
        assert text == MENU or kept["id"] == min(row["id"] for row in found if row["edits"] or row is kept)


def assert_same_results(other: Path, corpus: Path) -> None:
    without = ("origin", "split", "text")
    for kind in ("documents", "removals"):
        assert as_set(rows(other, kind), without) == as_set(rows(corpus, kind), without)
    assert {row["text"] for row in rows(other, "documents")} == {row["text"] for row in rows(corpus, "documents")}
    for fact in ("repeated_text", "ledger"):
        assert manifest(other)["facts"][fact] == manifest(corpus)["facts"][fact]


def test_the_result_does_not_depend_on_sharding_order_ranges_and_workers(
    corpus: Path, sharded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated, "UNITS_PER_RANGE", 7)
    ranges = run(tmp_path / "ranges", shards=4)
    for other in (sharded, ranges):
        assert_same_results(other, corpus)


def test_two_workers_write_the_bytes_of_one(sharded: Path) -> None:
    two = run(sharded.parents[1], SMALL_UNITS, shards=4, workers=2, name="two")
    assert hashes(two) == hashes(sharded)


def test_another_bound_does_not_extract_again(tmp_path: Path) -> None:
    corpus = run(tmp_path)
    done = corpus / "work" / "extract" / "_done"
    before = {path.name: path.stat().st_mtime_ns for path in done.glob("*.json")}
    arguments = ["--recipe", str(tmp_path / "recipe.toml"), "--workers", "1"]
    run_job(COMMAND, [*arguments, "--set", "corpus.repeated_text.minimum_documents=10"])
    assert {path.name: path.stat().st_mtime_ns for path in done.glob("*.json")} == before
    assert manifest(corpus)["facts"]["repeated_text"]["top"] == []
    assert [[edit["edit"] for edit in row["edits"]] for row in rows(corpus, "documents") if row["edits"]] == [
        ["mask_email"]
    ]


def test_if_nothing_is_looked_for_the_stage_keeps_all(tmp_path: Path) -> None:
    corpus = run(tmp_path, 'corpus.repeated_text.unit="none"')
    facts = manifest(corpus)["facts"]
    assert facts["ledger"]["repeated_text"] == {"read": 14, "kept": 14, "removed": {}}
    assert "repeated_text" not in facts


@pytest.fixture(scope="module")
def licensed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("licensed"), *SUBSTRINGS, texts=licensed_documents())


def identity(key: object) -> int:
    return identifier(f"lines:{key}")


def words(text: object) -> str:
    return " ".join(re.findall(r"\w+", str(text).lower()))


def test_a_licence_stays_in_the_first_text_and_its_copy_alone(licensed: Path) -> None:
    given = {identity(row["key"]): words(row["text"]) for row in licensed_documents()}
    assert min(given, key=lambda one: (words(LICENCE) not in given[one], one)) == identity(2)
    found = rows(licensed, "documents")
    (first,) = [row for row in found if words(LICENCE) in words(row["text"])]
    assert words(first["text"]) == given[identity(2)] == given[identity(7)]
    cut = [row for row in found if row["edits"]]
    assert {row["id"] for row in cut} == {identity(key) for key in (0, 1, 3, 4)}
    for row in cut:
        left = given[row["id"]].split(words(LICENCE))
        assert words(row["text"]) == " ".join(part.strip() for part in left if part)
        (edit,) = row["edits"]
        assert (edit["edit"], edit["count"]) == ("repeated_substrings", len(left) - 1)
    texts = {row["id"]: row["text"] for row in found}
    assert texts[identity(0)] == next(passages()), "the cut left a gap"
    assert texts[identity(4)].endswith("\n\nThe end of it.")
    assert (first["edits"], texts[identity(6)]) == ([], licensed_documents()[6]["text"])


def test_a_licence_is_told_once(licensed: Path) -> None:
    facts = manifest(licensed)["facts"]["repeated_text"]
    (top,) = facts["top"]
    assert (words(top["text"]), top["documents"]) == (words(LICENCE)[: len(words(top["text"]))], 7)
    assert (facts["repeated"], facts["documents"], facts["units"]) == (11, 5, 6)
    (removal,) = [row for row in rows(licensed, "removals") if row["stage"] == "repeated_text"]
    assert (removal["id"], removal["value"]) == (identity(5), 40)
    assert removal["detail"] == "1 substrings that recur were cut"
    ledger = manifest(licensed)["facts"]["ledger"]
    assert ledger["repeated_text"] == {"read": 8, "kept": 7, "removed": {"minimum_words_left": 1}}
    assert ledger["duplicates"]["removed"] == {"exact_duplicate": 1}


def test_without_the_first_a_licence_is_gone(tmp_path: Path) -> None:
    corpus = run(tmp_path, *SUBSTRINGS[:-1], texts=licensed_documents())
    assert [row["id"] for row in rows(corpus, "documents") if "term" in row["text"].lower()] == [identity(6)]


def test_substrings_do_not_depend_on_files_order_runs_and_ranges(
    licensed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shuffled = licensed_documents()
    random.Random(5).shuffle(shuffled)
    sharded = run(tmp_path / "sharded", *SUBSTRINGS, SMALL_UNITS, texts=shuffled, shards=3)
    for name, size in (
        ("UNITS_PER_RANGE", 200),
        ("UNITS_PER_RUN", 300),
        ("ROWS_PER_GROUP", 50),
        ("TEXTS_PER_BATCH", 2),
    ):
        monkeypatch.setattr(repeated, name, size)
    small = run(tmp_path / "small", *SUBSTRINGS, texts=shuffled)
    assert len(list((small / "work" / "repeated" / "_done").glob("*.json"))) > 3
    for other in (sharded, small):
        assert_same_results(other, licensed)


def test_only_settings_of_the_unit_make_extract_begin_again(licensed: Path) -> None:
    def settings(*overrides: str) -> object:
        return extract.settings(load_recipe(licensed.parents[1] / "recipe.toml", [*SUBSTRINGS, *overrides]))

    assert settings("corpus.repeated_text.span_sentences=5") == settings()
    assert settings("corpus.repeated_text.substring_words=51") != settings()
