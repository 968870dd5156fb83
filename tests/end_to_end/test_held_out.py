"""Corpora that join, and one that holds out for all: ids stay unique, and splits stay apart."""

import hashlib
import random
from pathlib import Path

import fsspec
import pytest

from stages.artifacts import Manifest, write_manifest
from stages.document import identifier
from stages.errors import GristmillError
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.stored_documents import (
    RECIPE,
    document,
    documents,
    ended_after,
    removals,
    text,
    tokenized,
    tokens_of,
    write_corpus,
)

ALIKE = 0.7
SHARED = {identifier(name) for name in ("both", *(f"shared {number}" for number in range(12)))}


def near(name: str, words: int = 2) -> str:
    """The text of a name with some words changed at its end."""
    return " ".join([*text(name).split()[:-words], *["changed"] * words])


def first() -> list[dict[str, object]]:
    rows = documents("a", 40) + documents("a test", 4, split="test") + documents("a validation", 4, split="validation")
    # A variant far from its parent: it is no longer alike to what its parent is alike to.
    child = document("child", text=text("far"), parent_id=identifier("a like b"), augmentation="x")
    # What is alike inside of a corpus is not for this job to judge.
    inside = document("a like a", text=near("a validation 0"))
    both = [document("both"), *documents("shared", 12)]
    return [*rows, document("a like b", text=near("b validation 1")), *both, child, inside]


def second() -> list[dict[str, object]]:
    rows = documents("b", 30, source="books") + documents("b validation", 4, split="validation", source="books")
    variant = document("variant", text=near("a test 2"), parent_id=identifier("b 0"), augmentation="x", source="books")
    test = document("b test", split="test", text=near("a validation 3"), source="books")
    both = [document("both", source="books", split="test"), *documents("shared", 12, source="books")]
    return [*rows, variant, test, *both]


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_joined(tmp_path_factory.mktemp("joined"))


def run_joined(folder: Path, fragments: int = 3, workers: int = 1) -> Path:
    write_corpus(folder / "out" / "corpus", first(), fragments)
    other = write_corpus(folder / "books", second(), fragments)
    return tokenized(folder / "out", f'[mixture]\ncorpora = ["{other}"]\n', workers)


def test_what_two_corpora_share_is_removed_with_its_partner_and_its_similarity(joined: Path) -> None:
    gone = removals(joined)
    found = {one: (row["rule"], row["duplicate_of"], row["source"]) for one, row in gone.items()}
    assert found == {
        **{one: ("duplicate_id", one, "books") for one in SHARED},
        identifier("a like b"): ("near_held_out", identifier("b validation 1"), "web"),
        identifier("child"): ("parent_removed", identifier("a like b"), "web"),
        identifier("variant"): ("near_held_out", identifier("a test 2"), "books"),
        identifier("b test"): ("near_held_out", identifier("a validation 3"), "books"),
    }
    for row in gone.values():
        if row["rule"] == "near_held_out":
            assert (row["value"], row["threshold"]) == (34 / 38, ALIKE), "36 shingles each, 2 of them changed"


def test_all_other_documents_of_both_are_in_the_shards(joined: Path) -> None:
    gone = removals(joined).keys()
    for split in ("train", "validation", "test"):
        mine, theirs = ({row["id"] for row in rows if row["split"] == split} for rows in (first(), second()))
        assert tokens_of(joined, split).keys() == mine - (gone - SHARED) | theirs - gone


def test_the_ledger_says_so(joined: Path) -> None:
    ledger = manifest(joined)["facts"]["ledger"]
    rules = {"duplicate_id": 13, "near_held_out": 3, "parent_removed": 1}
    read = len(first()) + len(second())
    assert ledger["mix"] == {"read": read, "kept": read - 17, "removed": rules}
    assert ledger["pack"]["read"] == ledger["encode"]["kept"] == read - 17


@pytest.mark.parametrize(("fragments", "workers"), [(7, 1), (1, 1), (3, 2)])
def test_the_bytes_do_not_depend_on_fragments_and_workers(
    joined: Path, tmp_path: Path, fragments: int, workers: int
) -> None:
    again = run_joined(tmp_path, fragments, workers)
    assert {**hashes(again), "manifest.json": ""} == {**hashes(joined), "manifest.json": ""}


def test_a_run_that_was_ended_anywhere_goes_on_to_the_same_bytes(joined: Path, tmp_path: Path) -> None:
    for units in (3, 6, 2, 5, 4, 9):
        with ended_after(units), pytest.raises(RuntimeError, match="ended"):
            run_joined(tmp_path)
    assert {**hashes(run_joined(tmp_path)), "manifest.json": ""} == {**hashes(joined), "manifest.json": ""}


def test_one_corpus_holds_out_for_another(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", first())
    base = write_corpus(tmp_path / "base" / "corpus", second())
    folder = tokenized(tmp_path / "out", f'[mixture]\nheld_out = "{base}"\n')
    assert tokens_of(folder, "validation").keys() == {identifier(f"b validation {number}") for number in range(4)}
    assert tokens_of(folder, "test").keys() == {identifier("b test"), identifier("both")}
    rules = manifest(folder)["facts"]["ledger"]["mix"]["removed"]
    assert rules == {"held_out_elsewhere": 8, "near_held_out": 1, "parent_removed": 1, "duplicate_id": 1}
    assert removals(folder)[identifier("both")]["source"] == "web", "what is held out stays"
    gone = {identifier(one) for one in ("a like b", "child", "both")}
    assert tokens_of(folder).keys() == {row["id"] for row in first() if row["split"] == "train"} - gone


def test_a_corpus_that_holds_out_for_itself_changes_nothing(tmp_path: Path) -> None:
    own = write_corpus(tmp_path / "out" / "corpus", first())
    plain, named = tokenized(tmp_path / "out"), {}
    before = hashes(plain)
    named = hashes(tokenized(tmp_path / "out", f'[mixture]\nheld_out = "{own}"\n'))
    shards = {name for name in before if name.endswith(".arrow")}
    assert {name: named[name] for name in shards} == {name: before[name] for name in shards}
    assert not removals(plain)


def test_the_sample_of_the_tokenizer_holds_nothing_that_is_removed(tmp_path: Path) -> None:
    """Whatever is removed, the tokenizer is that of the documents that stay."""
    rows = documents("a", 60)
    held_out = write_corpus(tmp_path / "base", documents("v", 5, split="validation"))
    alike = [document(f"like {number}", text=near(f"v {number}")) for number in range(5)]
    random.Random(1).shuffle(rows)
    models = []
    for name, own in (("with", [*rows, *alike]), ("without", rows)):
        write_corpus(tmp_path / name / "corpus", own)
        folder = tokenized(tmp_path / name, f'[mixture]\nheld_out = "{held_out}"\n')
        models.append(hashes(folder)["tokenizer/tokenizer.model"])
    assert models[0] == models[1]


def test_sources_of_equal_names_are_one(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", documents("a", 40))
    other = write_corpus(tmp_path / "more", documents("b", 30) + documents("c", 30, source="books"))
    folder = tokenized(tmp_path / "out", f'[mixture]\ncorpora = ["{other}"]\nepochs = {{web = 2.0}}\n')
    table = {row["name"]: row for row in manifest(folder)["facts"]["mixture"]["sources"]}
    assert {name: (row["documents"], row["copies"]) for name, row in table.items()} == {
        "books": (30, 0),
        "web": (70, 70),
    }


def test_a_held_out_document_that_is_not_in_the_run_keeps_nothing_away(tmp_path: Path) -> None:
    own = [*documents("a", 40), document("alike", text=near("a 1"))]
    write_corpus(tmp_path / "out" / "corpus", own)
    other = write_corpus(tmp_path / "other", [*documents("b", 20), document("a 1", split="validation")])
    folder = tokenized(tmp_path / "out", f'[mixture]\ncorpora = ["{other}"]\n')
    gone = removals(folder)
    assert {one: row["rule"] for one, row in gone.items()} == {identifier("a 1"): "duplicate_id"}
    assert identifier("alike") in tokens_of(folder)


def test_remote_corpora_give_the_same_files(joined: Path, tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.put(str(joined.parent / "corpus"), "/joined/out/corpus", recursive=True)
    files.put(str(joined.parent.parent / "books"), "/joined/books", recursive=True)
    recipe = RECIPE.replace("{output}", "memory://joined/out")
    tokenized(tmp_path / "out", '[mixture]\ncorpora = ["memory://joined/books/"]\n', recipe=recipe)
    for name, sha256 in hashes(joined).items():
        if name != "manifest.json":
            assert hashlib.sha256(files.cat_file(f"/joined/out/tokenizer/{name}")).hexdigest() == sha256, name


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('corpora = ["{own}"]', "mixture.corpora: {own}: the run's own corpus"),
        ('corpora = ["{other}", "{other}/."]', "mixture.corpora: {other}/.: named twice"),
        (
            'corpora = ["{none}"]',
            "mixture.corpora: {none}: no finished corpus; run `make corpus` with its recipe first",
        ),
        ('held_out = "{none}"', "mixture.held_out: {none}: no finished corpus"),
        ('held_out = "{made}"', "mixture.held_out: {made}: no corpus, but what `make tokenizer` wrote"),
    ],
)
def test_folders_that_cannot_join_are_named(tmp_path: Path, line: str, message: str) -> None:
    own = write_corpus(tmp_path / "out" / "corpus", first())
    other = write_corpus(tmp_path / "other", second())
    write_manifest(str(tmp_path / "made"), Manifest("tokenizer", {}))
    names = {"own": own, "other": other, "none": tmp_path / "none", "made": tmp_path / "made"}
    with pytest.raises(GristmillError) as error:
        tokenized(tmp_path / "out", "[mixture]\n" + line.format(**names))
    assert message.format(**names) in str(error.value)
