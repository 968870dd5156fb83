"""The search for duplicates as a whole: the same results in every way to run it, and what each setting does."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beam_jobs import pipeline, units
from beam_jobs.certify.definition import COMMAND as CERTIFY
from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from beam_jobs.corpus.duplicates import choose, clusters, components, giants
from stages.artifacts import list_files
from stages.errors import GristmillError
from stages.near_duplicates.signatures import jaccard, shingle_hashes
from stages.recipe import NearDuplicates
from tests.end_to_end.duplicate_world import documents, write_recipe, write_world
from tests.end_to_end.results import as_set, hashes, manifest, rows


def made(
    folder: Path, fragments: int = 7, seed: int = 0, workers: int = 1, overrides: str = "", rows: Any = None
) -> Path:
    """Runs the corpus job over the world as it is cut into fragments; its folder."""
    write_world(folder / "raw", fragments, seed, rows)
    return run(folder / "out", folder / "raw", workers, overrides)


def run(output: Path, world: Path, workers: int = 1, overrides: str = "") -> Path:
    recipe = write_recipe(output, world)
    changed = ["--set", overrides] if overrides else []
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(workers), *changed])
    return output / "corpus"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("reference"))


def results(corpus: Path) -> tuple[set[str], set[str], Any]:
    without = ("origin",)
    return (
        as_set(rows(corpus, "documents"), without),
        as_set(rows(corpus, "removals"), without),
        manifest(corpus)["facts"]["ledger"],
    )


@pytest.mark.parametrize(("fragments", "seed"), [(1, 1), (64, 2)])
def test_order_and_fragments_of_the_inputs_decide_nothing(
    reference: Path, tmp_path: Path, fragments: int, seed: int
) -> None:
    assert results(made(tmp_path, fragments, seed)) == results(reference)


def test_two_workers_write_the_same_bytes(reference: Path, tmp_path: Path) -> None:
    assert hashes(run(tmp_path / "out", reference.parents[1] / "raw", workers=2)) == hashes(reference)


def test_rounds_of_stars_and_giants_in_portions_decide_the_same(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "EDGES_IN_ONE_UNIT", 10)
    monkeypatch.setattr(components, "EDGES_PER_PART", 50)
    monkeypatch.setattr(choose, "GIANT_SHINGLES", 500)
    monkeypatch.setattr(giants, "DOCUMENTS_PER_LEAD", 3)
    in_rounds = made(tmp_path)
    phases = {name.split("/")[1] for name in list_files(str(in_rounds)) if name.startswith("work/")}
    assert {"components-01-small", "giants-001-compare"} <= phases
    assert results(in_rounds) == results(reference)


def test_giants_in_portions_decide_the_same_on_addresses_and_an_index(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = list(documents())
    first = made(tmp_path / "first", rows=every[::3])
    other = [{**row, "text": f"{row['text']} and it has been written anew since"} for row in every[::6]]
    second = made(tmp_path / "second", rows=other)  # the same ids with other words
    overrides = f'corpus.near_duplicates.one_per_url="newest" corpus.near_duplicates.index=["{first}", "{second}"]'
    whole = made(tmp_path / "whole", overrides=overrides)
    monkeypatch.setattr(choose, "GIANT_SHINGLES", 200)
    monkeypatch.setattr(giants, "DOCUMENTS_PER_LEAD", 2)
    portions = made(tmp_path / "portions", overrides=overrides)
    assert (portions / "work" / "giants-001-lead").exists()
    assert results(portions) == results(whole) != results(reference)


def test_which_copy_stays_does_not_depend_on_the_order_where_records_have_no_id(tmp_path: Path) -> None:
    text = next(row["text"] for row in documents())
    stays = set()
    for seed in range(4):
        copies = [{"text": text, "url": f"http://{name}.org/", "date": "2020-01-01"} for name in "abcdef"]
        write_world(tmp_path / f"raw-{seed}", 3, seed, copies)
        recipe = write_recipe(tmp_path / f"out-{seed}", tmp_path / f"raw-{seed}")
        recipe.write_text(recipe.read_text().replace('id_column = "key"\n', ""))
        run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1"])
        stays.update(row["url"] for row in rows(tmp_path / f"out-{seed}" / "corpus", "documents"))
    assert len(stays) == 1


def test_every_kind_of_duplicate_goes_by_its_rule(reference: Path) -> None:
    removed = {row["rule"] for row in rows(reference, "removals")}
    assert removed == {"exact_duplicate", "near_duplicate"}
    texts = {row["text"] for row in rows(reference, "documents") if len(row["text"]) < 20}
    assert len(texts) == 4 and {"other", "?!", "!"} < texts


def test_a_removal_names_a_document_that_stays_and_is_as_similar(reference: Path) -> None:
    kept = {row["id"]: row for row in rows(reference, "documents")}
    removals = rows(reference, "removals")
    assert len(removals) > 80
    for row in removals:
        both = shingle_hashes([row["text"], kept[row["duplicate_of"]]["text"]], NearDuplicates())
        if row["rule"] == "near_duplicate":
            assert row["value"] == jaccard(*both) >= row["threshold"] == 0.8
        else:
            assert row["text"].lower().strip("!") == kept[row["duplicate_of"]]["text"].lower().strip("!")


def test_the_chain_keeps_what_resembles_nothing_that_is_left(reference: Path) -> None:
    long_ones = [row for row in rows(reference, "documents") if len(row["text"].split()) == 100]
    links = [row for row in long_ones if row["url"] is None]
    assert 14 <= len(links) <= 25  # of 40: one that stays takes at most two on either side with it


def test_no_split_holds_what_is_alike_to_another_split_s(reference: Path) -> None:
    kept = rows(reference, "documents")
    sets = shingle_hashes([row["text"] for row in kept], NearDuplicates())
    pairs = [
        (jaccard(sets[place], sets[other]), kept[place]["split"], kept[other]["split"])
        for place in range(len(kept))
        for other in range(place)
    ]
    assert max(similarity for similarity, split, other in pairs if split != other) < 0.7
    together = Counter(split for similarity, split, other in pairs if similarity >= 0.7 and split == other)
    assert together["train"] > 10 and together["validation"] > 0
    assert {row["split"] for row in kept} == {"train", "validation", "test"}


@pytest.mark.parametrize(("choice", "day"), [("newest", 3), ("priority", 1)])
def test_one_version_of_a_page_stays(reference: Path, tmp_path: Path, choice: str, day: int) -> None:
    corpus = made(tmp_path, overrides=f"corpus.near_duplicates.one_per_url={choice}")
    pages = [row for row in rows(corpus, "documents") if (row["url"] or "").startswith("http://pages.test")]
    assert [row["date"] for row in pages] == [f"2026-02-0{day}T10:00:00Z"] * 8
    gone = [row for row in rows(corpus, "removals") if row["rule"] == "duplicate_url"]
    assert Counter(row["duplicate_of"] for row in gone) == {row["id"]: 2 for row in pages}


@pytest.mark.parametrize(
    ("priority", "date"),
    [('["length"]', "2026-01-02"), ('["newest"]', "2026-03-03"), ('["oldest", "length"]', "2025-01-01")],
)
def test_the_recipe_says_who_stays(tmp_path: Path, priority: str, date: str) -> None:
    text = next(row["text"] for row in documents() if row["key"] == "family-4")
    versions = [
        {"key": "long", "text": text + " more", "date": "2026-01-02"},
        {"key": "old", "text": text, "date": "2025-01-01"},
        {"key": "new", "text": "less " + text[1:], "date": "2026-03-03"},
    ]
    corpus = made(tmp_path, rows=versions, overrides=f"corpus.near_duplicates.priority={priority}")
    (stays,) = rows(corpus, "documents")
    assert stays["date"] == date


def test_a_new_crawl_is_compared_with_the_signatures_of_an_earlier_run(reference: Path, tmp_path: Path) -> None:
    earlier = {row["id"]: row for row in rows(reference, "documents")}
    family = next(row for row in documents() if row["key"] == "family-7")["text"].split()
    fresh = " ".join(random.Random(99).choices(family, k=120))
    new = [
        {"key": "again", "text": next(row["text"] for row in documents() if row["key"] == "alone-5").title()},
        {"key": "near", "text": " ".join([*family[:50], "changed", *family[51:]])},
        {"key": "fresh", "text": fresh},
        {"key": "alone-3", "text": "the same key as in the earlier run but other words than it had there"},
    ]
    corpus = made(tmp_path, rows=new, overrides=f'corpus.near_duplicates.index=["{reference}"]')
    assert [row["text"] for row in rows(corpus, "documents")] == [fresh]
    removed = {row["rule"]: row for row in rows(corpus, "removals")}
    assert set(removed) == {"indexed_exact_duplicate", "indexed_near_duplicate", "indexed_id"}
    assert all(row["duplicate_of"] in earlier for row in removed.values())
    near = removed["indexed_near_duplicate"]
    assert near["value"] >= near["threshold"] and near["jaccard"] is None


def signatures_of(corpus: Path) -> Iterator[tuple[int, list[int]]]:
    for row in rows(corpus, "signatures"):
        yield row["id"], row["signature"]


def test_the_index_holds_a_signature_of_each_document(reference: Path) -> None:
    found = dict(signatures_of(reference))
    assert set(found) == {row["id"] for row in rows(reference, "documents")}
    assert {len(signature) for signature in found.values()} == {112}


def test_datatrove_s_signatures_serve_the_whole_search(reference: Path, tmp_path: Path) -> None:
    corpus = made(tmp_path, overrides="corpus.near_duplicates.reference=datatrove")
    names = {
        setting: Counter(row["rule"] for row in rows(folder, "removals"))
        for setting, folder in (("ours", reference), ("datatrove", corpus))
    }
    assert names["datatrove"]["exact_duplicate"] == names["ours"]["exact_duplicate"]
    assert abs(names["datatrove"]["near_duplicate"] - names["ours"]["near_duplicate"]) <= 6


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ('corpus.near_duplicates.index=["nowhere/corpus"]', "nowhere/corpus: no finished corpus is there"),
        ('corpus.near_duplicates.index=["{out}"]', "is this run's own folder"),
        (
            'corpus.near_duplicates.index=["{reference}"] corpus.near_duplicates.bands=9',
            "was made with bands = 14, not 9; signatures can be compared only where",
        ),
    ],
)
def test_an_index_that_cannot_serve_is_told_before_any_work(
    reference: Path, tmp_path: Path, overrides: str, line: str
) -> None:
    named = overrides.format(out=tmp_path / "out" / "corpus", reference=reference)
    with pytest.raises(GristmillError, match=re.escape(line)) as caught:
        made(tmp_path, overrides=named)
    assert str(caught.value).startswith("corpus.near_duplicates.index: ")
    assert not (tmp_path / "out" / "corpus" / "work").exists()


def test_a_run_that_wrote_no_signatures_is_no_index(reference: Path, tmp_path: Path) -> None:
    corpus = made(
        tmp_path / "earlier", rows=list(documents())[:5], overrides="corpus.near_duplicates.write_index=false"
    )
    assert manifest(corpus)["files"]["signatures"] == []
    with pytest.raises(GristmillError, match="holds no signatures; run `make corpus` for it again with"):
        made(tmp_path / "later", overrides=f'corpus.near_duplicates.index=["{corpus}"]')


@pytest.mark.parametrize("overrides", ["", "corpus.near_duplicates.one_per_url=newest"])
def test_the_results_prove_themselves(
    reference: Path, tmp_path: Path, overrides: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(tmp_path / "out", reference.parents[1] / "raw", overrides=overrides)
    run_job(CERTIFY, ["--recipe", str(tmp_path / "out.toml"), "--workers", "1"])
    certificate = json.loads((folder.parent / "certify" / "certificate.json").read_text())
    assert certificate["proven"] and certificate["removals"]["smallest_jaccard"] >= 0.8
    assert sum(certificate["removals"]["by_rule"].values()) == len(rows(folder, "removals"))
    assert certificate["across_splits"]["documents"]["validation"] > 10
    assert "corpus: proven" in capsys.readouterr().out


def test_a_kill_in_the_middle_of_the_rounds_changes_nothing(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "EDGES_IN_ONE_UNIT", 10)
    monkeypatch.setattr(choose, "GIANT_SHINGLES", 500)
    monkeypatch.setattr(giants, "DOCUMENTS_PER_LEAD", 3)
    whole = run(tmp_path / "whole", reference.parents[1] / "raw")
    for phase in ("components-00-large", "giants-001-compare"):
        with monkeypatch.context() as patch:
            patch.setattr(units, "do_unit", killed_in(phase))
            patch.setattr(pipeline, "do_unit", killed_in(phase))
            with pytest.raises(Exception, match="killed"):
                run(tmp_path / "killed", reference.parents[1] / "raw")
    assert hashes(run(tmp_path / "killed", reference.parents[1] / "raw")) == hashes(whole)


def killed_in(phase: str) -> Any:
    do_unit = units.do_unit

    def do(job: Any, one: Any, unit: Any) -> Any:
        if unit.phase == phase and unit.ordinal == 1:
            raise GristmillError("killed")
        return do_unit(job, one, unit)

    return do
