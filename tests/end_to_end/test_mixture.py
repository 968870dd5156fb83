"""The mixture in the shards: what is drawn, what is copied, what is left out, and in which stages it comes."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from stages.document import identifier
from stages.errors import GristmillError
from stages.mixture import copies
from stages.shards import PackedRows
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.results import rows as stored_rows
from tests.end_to_end.stored_documents import (
    document,
    documents,
    ended_after,
    pieces,
    removals,
    text,
    tokenized,
    tokens_of,
    write_corpus,
)
from trainer.loader import Loader

EPOCHS = "[mixture]\nepochs = {web = 0.5, books = 2.4, wiki = 0.0}\n"
FACTORS = {"web": 0.5, "books": 2.4, "wiki": 0.0, "old": 1.0}


def rows() -> list[dict[str, object]]:
    short = [
        document(f"books {number}", source="books", quality_score=0.9, text=text(f"books {number}", 8))
        for number in range(40)
    ]
    every = [
        *documents("web", 80, quality_score=0.5),
        *short,
        *documents("french", 20, source="books", language="fr", quality_score=0.2),
        *documents("wiki", 20, source="wiki"),
        *documents("old", 20, source="old", quality_score=0.1),
        *documents("validation", 8, split="validation", source="wiki"),
    ]
    variants = [
        document(f"variant {number}", parent_id=identifier(f"web {number}"), augmentation="x", quality_score=0.5)
        for number in range(20)
    ]
    return [*every, *variants]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with(tmp_path_factory.mktemp("plain"), "")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with(tmp_path_factory.mktemp("mixed"), EPOCHS)


def run_with(folder: Path, settings: str, fragments: int = 3, workers: int = 1) -> Path:
    write_corpus(folder / "out" / "corpus", rows(), fragments)
    return tokenized(folder / "out", settings, workers)


def times(folder: Path, plain: Path) -> dict[int, float]:
    """How often each training document is in the shards."""
    once, seen = tokens_of(plain), tokens_of(folder)
    return {one: seen[one] / length for one, length in once.items()}


def test_each_document_is_there_as_often_as_its_draw_says(mixed: Path, plain: Path) -> None:
    found = times(mixed, plain)
    for row in rows():
        if row["split"] == "train":
            assert found[row["id"]] == copies(row["id"], 1, FACTORS[row["source"]])[0], row["source"]
    assert set(found.values()) == {0, 1, 2, 3}


def test_no_row_holds_a_document_twice(mixed: Path) -> None:
    for row in pieces(mixed):
        assert len({one for one, _ in row}) == len(row)


def test_held_out_documents_stay_as_they_are(mixed: Path, plain: Path) -> None:
    before, after = (manifest(one)["files"]["validation"] for one in (plain, mixed))
    assert before == after


def test_every_document_that_is_not_drawn_is_a_removal_with_its_draw(mixed: Path, plain: Path) -> None:
    gone = removals(mixed)
    assert gone.keys() == {one for one, count in times(mixed, plain).items() if not count}
    sources = {row["id"]: row["source"] for row in rows()}
    for one, row in gone.items():
        factor = FACTORS[sources[one]]
        assert (row["rule"], row["source"], row["threshold"]) == ("not_drawn", sources[one], factor)
        assert row["value"] == copies(one, 1, factor)[1] >= factor
    ledger = manifest(mixed)["facts"]["ledger"]["pack"]
    assert ledger == {"read": len(rows()), "kept": len(rows()) - len(gone), "removed": {"not_drawn": len(gone)}}


def test_the_manifest_counts_originals_variants_and_copies_apart(mixed: Path, plain: Path) -> None:
    found, tokens = times(mixed, plain), tokens_of(mixed)
    table = {row["name"]: row for row in manifest(mixed)["facts"]["mixture"]["sources"]}
    assert list(table) == ["books", "old", "web", "wiki"]
    for source, row in table.items():
        own = [one for one in rows() if one["source"] == source and one["split"] == "train"]
        there = [one for one in own if found[one["id"]]]
        assert row["documents"] == sum("parent_id" not in one for one in there)
        assert row["variants"] == sum("parent_id" in one for one in there)
        assert row["copies"] == sum(found[one["id"]] - 1 for one in there)
        assert row["tokens"] == sum(tokens[one["id"]] for one in own)
        assert row["share"] == pytest.approx(row["tokens"] / sum(tokens.values()), abs=1e-6)
    assert 2.2 < table["books"]["epochs"] < 2.6 and table["wiki"]["epochs"] == 0
    assert [row["name"] for row in manifest(mixed)["facts"]["mixture"]["languages"]] == ["en", "fr"]


@pytest.mark.parametrize(("fragments", "workers"), [(8, 1), (1, 1), (3, 2)])
def test_the_bytes_do_not_depend_on_fragments_and_workers(
    mixed: Path, tmp_path: Path, fragments: int, workers: int
) -> None:
    again = hashes(run_with(tmp_path, EPOCHS, fragments, workers))
    assert {**again, "manifest.json": ""} == {**hashes(mixed), "manifest.json": ""}


def test_a_run_that_was_ended_anywhere_goes_on_to_the_same_bytes(mixed: Path, tmp_path: Path) -> None:
    shutil.copytree(mixed.parent / "corpus", tmp_path / "out" / "corpus")
    for units in (2, 5, 4):
        with ended_after(units), pytest.raises(RuntimeError, match="ended"):
            tokenized(tmp_path / "out", EPOCHS)
    assert hashes(tokenized(tmp_path / "out", EPOCHS)) == hashes(mixed)


def test_weights_give_tokens_their_shares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "[mixture]\nweights = {web = 2, books = 5, wiki = 0, old = 3}\n"
    table = manifest(run_with(tmp_path, settings))["facts"]["mixture"]["sources"]
    asked = {row["name"]: row["asked"] for row in table}
    assert asked == {"books": 0.5, "old": 0.3, "web": 0.2, "wiki": 0.0}
    assert all(abs(row["share"] - row["asked"]) < 0.05 for row in table)
    assert "the training split by source" in capsys.readouterr().out


def test_a_source_that_is_too_small_for_its_weight_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = "[mixture]\nweights = {web = 1, books = 1, wiki = 1, old = 97}\n"
    table = {row["name"]: row for row in manifest(run_with(tmp_path, settings))["facts"]["mixture"]["sources"]}
    assert table["old"]["epochs"] == 4.0
    told = " ".join(capsys.readouterr().out.split())
    assert f"note: old has {table['old']['share']:.1%} of the tokens, not the 97.0% of the weights" in told


def test_shards_grow_with_the_mixture(tmp_path: Path, plain: Path) -> None:
    settings = "[mixture]\nepochs = {web = 4.0, books = 4.0, wiki = 4.0, old = 4.0}\n"
    more = manifest(run_with(tmp_path, settings))["files"]["train"]
    assert len(more) == pytest.approx(4 * len(manifest(plain)["files"]["train"]), rel=0.2)


def test_another_mixture_packs_anew_and_encodes_nothing(tmp_path: Path) -> None:
    folder = run_with(tmp_path, "[mixture]\nepochs = {web = 2.0, old = 0.5}\n")
    before = {path: path.stat().st_mtime_ns for path in (folder / "work" / "encode" / "tokens").iterdir()}
    again = tokenized(tmp_path / "out", "[mixture]\nepochs = {web = 2.0, old = 0.6}\n")
    assert {path: path.stat().st_mtime_ns for path in (again / "work" / "encode" / "tokens").iterdir()} == before
    assert manifest(again)["facts"]["mixture_recipe"]["epochs"]["old"] == 0.6


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("weights = {web = 1}", "mixture.weights: 'books' has none"),
        ("epochs = {wbe = 1}", "mixture.epochs.wbe: no source of this name"),
        ('curriculum.by = "quality_score"', "run `make quality-model`"),
    ],
)
def test_what_the_corpus_lacks_is_told_before_any_work(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        run_with(tmp_path, f"[mixture]\n{line}\n")
    assert not (tmp_path / "out" / "tokenizer" / "work" / "sample").exists()


def stages_of(folder: Path) -> list[set[int]]:
    """The documents of each stage, by the rows of the shards."""
    packed = PackedRows([str(folder / file["path"]) for file in manifest(folder)["files"]["train"]])
    found: list[set[int]] = []
    row = 0
    for stage, _, count in packed.runs:
        found += [set() for _ in range(stage + 1 - len(found))]
        for number in range(row, row + count):
            found[stage].update(packed.row(number).doc_ids)
        row += count
    assert row == len(packed)
    return found


LENGTHS = '[mixture]\ncurriculum = {{by = "length", order = "{order}", stages = 3}}\n'


@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_stages_by_length_hold_equally_many_tokens_in_order(tmp_path: Path, order: str) -> None:
    every = [document(f"long {number}", text=text(f"long {number}", number)) for number in range(5, 150)]
    write_corpus(tmp_path / "out" / "corpus", every)
    folder = tokenized(tmp_path / "out", LENGTHS.format(order=order))
    stages, tokens = stages_of(folder), tokens_of(folder)
    assert [sum(tokens[one] for one in stage) for stage in stages] == pytest.approx(
        [sum(tokens.values()) / 3] * 3, rel=0.05
    )
    ends = [(min(tokens[one] for one in stage), max(tokens[one] for one in stage)) for stage in stages]
    assert ends == sorted(ends, reverse=order == "descending")
    assert sum(map(len, stages)) == len(every), "a document is in one stage"


def test_a_curriculum_by_score_follows_the_mixture_and_counts_no_score_as_the_worst(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", rows(), recipe={"quality": {"classifier": {"model": "somewhere"}}})
    settings = 'epochs = {web = 0.1}\ncurriculum = {by = "quality_score", order = "ascending", stages = 2}\n'
    stages = stages_of(tokenized(tmp_path / "out", f"[mixture]\n{settings}"))
    scores = [{row.get("quality_score") for row in rows() if row["id"] in stage} for stage in stages]
    assert scores == [{None, 0.1}, {0.2, 0.5, 0.9}], "without the mixture, 0.2 were in the first half of the tokens"


def test_stages_do_not_depend_on_fragments(tmp_path: Path) -> None:
    settings = LENGTHS.format(order="descending") + "language_temperature = 3.0\n"
    one, other = (hashes(run_with(tmp_path / str(count), settings, count)) for count in (1, 8))
    assert {**one, "manifest.json": ""} == {**other, "manifest.json": ""}


def test_the_corpus_job_counts_what_a_mixture_is_computed_from(finished: Path) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in stored_rows(finished / "corpus", "documents"):
        if row["parent_id"] is None:
            counts[row["split"], row["source"], row["language"]] += len(row["text"].encode())
    groups = manifest(finished / "corpus")["facts"]["groups"]
    assert {(one["split"], one["source"], one["language"]): one["bytes"] for one in groups} == dict(counts)
    assert (
        sum(one["documents"] for one in groups)
        == manifest(finished / "corpus")["facts"]["ledger"]["duplicates"]["kept"]
    )


def test_training_goes_through_the_stages_in_each_epoch(tmp_path: Path) -> None:
    folder = run_with(tmp_path, LENGTHS.format(order="ascending"))
    packed = PackedRows([str(folder / file["path"]) for file in manifest(folder)["files"]["train"]])
    stages = np.repeat([run.stage for run in packed.runs], [run.rows for run in packed.runs])
    loader = Loader(packed, 1, 1, 1)
    for epoch in range(2):
        order = [int(loader.row_ids(epoch * len(packed) + place)[0]) for place in range(len(packed))]
        assert sorted(order) == list(range(len(packed)))
        assert stages[order].tolist() == sorted(stages.tolist())
    assert len(packed) > 1 and Counter(stages.tolist()).keys() > {0}
