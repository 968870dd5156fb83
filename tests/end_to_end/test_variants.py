"""Variants of training documents: apart from records in the books, and never near to what is held out."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.certify.definition import COMMAND as CERTIFY
from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from beam_jobs.corpus.variants import words as words_phase
from beam_jobs.why import command as why
from stages.errors import GristmillError
from stages.near_duplicates.signatures import jaccard, shingle_hashes
from stages.recipe import NearDuplicates
from tests.end_to_end.duplicate_world import words, write_recipe, write_world
from tests.end_to_end.results import as_set, manifest, rows

BASE_WORDS, MORE_WORDS = 150, 90
FAMILIES = 40
PLUGIN = "augment_for_test.beginning"
MODULE = f'''
"""A plug-in: the first words of a text."""
def beginning(text):
    return " ".join(text.split()[:{BASE_WORDS}])
'''
AUGMENTATION = f"""
[[corpus.augmentation]]
augmenter = "plugin"
function = "{PLUGIN}"
share = 1.0
[[corpus.augmentation]]
augmenter = "word_swap"
share = 0.5
rate = 0.2
[[corpus.augmentation]]
augmenter = "tf_idf"
share = 0.5
rate = 0.1
"""
NEAR = NearDuplicates()


def families() -> list[dict[str, Any]]:
    """Pairs of a text and a longer one that begins with it, too unlike to be kept together: Jaccard about 0.61."""
    texts = []
    for number in range(FAMILIES):
        text = words(number, BASE_WORDS + MORE_WORDS)
        texts += [(f"base-{number}", text[:BASE_WORDS]), (f"longer-{number}", text)]
    return [{"key": key, "text": " ".join(text), "url": None, "date": None} for key, text in texts]


def run(folder: Path, fragments: int = 3, seed: int = 0, workers: int = 1, settings: str = AUGMENTATION) -> Path:
    """The corpus of the families; its folder."""
    if not (folder / "raw").exists():
        write_world(folder / "raw", fragments, seed, families())
    recipe = write_recipe(folder / "out", folder / "raw", settings)
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(workers)])
    return folder / "out" / "corpus"


def statistics(corpus: Path) -> dict[str, bytes]:
    """The files of word statistics, by language and name."""
    folder = corpus / "word_statistics"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.glob("*/*.txt")}


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module of the plug-in, where this process and its workers find it."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "augment_for_test.py").write_text(MODULE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


@pytest.fixture(scope="module")
def corpus(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("variants"))


def test_a_variant_that_comes_near_to_a_held_out_document_is_refused(corpus: Path) -> None:
    documents = rows(corpus, "documents")
    originals = {row["id"]: row for row in documents if row["parent_id"] is None}
    held_out = {row["id"]: row for row in originals.values() if row["split"] != "train"}
    variants = [row for row in documents if row["parent_id"] is not None]
    refused = rows(corpus, "refused_variants")
    beginnings = {" ".join(row["text"].split()[:BASE_WORDS]) for row in held_out.values()}
    from_plugin = [row for row in refused if row["augmentation"].startswith("plugin")]
    assert from_plugin
    for row in from_plugin:
        assert row["text"] in beginnings
        assert (row["stage"], row["rule"], row["jaccard"]) == ("augment", "near_held_out", 1.0)
        assert row["threshold"] == 0.7 <= row["value"]
        assert held_out[row["duplicate_of"]]["text"] == row["text"]
        assert originals[row["parent_id"]]["split"] == "train"
    sets = shingle_hashes([row["text"] for row in held_out.values()], NEAR)
    for one in shingle_hashes([row["text"] for row in variants], NEAR):
        assert max(jaccard(one, other) for other in sets) < 0.7


def test_variants_are_booked_apart_from_records(corpus: Path) -> None:
    facts = manifest(corpus)["facts"]
    documents, refused = rows(corpus, "documents"), rows(corpus, "refused_variants")
    assert facts["ledger"]["duplicates"]["kept"] == sum(row["parent_id"] is None for row in documents) == 2 * FAMILIES
    kept = Counter(row["augmentation"] for row in documents if row["parent_id"] is not None)
    gone = Counter(row["augmentation"] for row in refused)
    assert set(facts["variants"]) == {f"plugin(function={PLUGIN})", "word_swap(rate=0.2)", "tf_idf(rate=0.1)"}
    for name, count in facts["variants"].items():
        assert count["documents"] == kept[name]
        assert count["removed"] == gone[name]
        assert count["made"] == kept[name] + gone[name]
        assert 0 < count["edits"] <= count["units"]
    assert json.loads((corpus / "ledger.json").read_text())["variants"] == facts["variants"]
    assert not {row["id"] for row in refused} & {row["id"] for row in documents}
    assert all(row["split"] == "train" for row in documents if row["parent_id"] is not None)


@pytest.mark.parametrize(("fragments", "seed", "workers"), [(1, 1, 1), (17, 2, 2)])
def test_variants_are_the_same_in_every_way_to_run(
    corpus: Path, tmp_path: Path, fragments: int, seed: int, workers: int
) -> None:
    other = run(tmp_path, fragments, seed, workers)
    for kind in ("documents", "refused_variants"):
        assert as_set(rows(other, kind)) == as_set(rows(corpus, kind))
    assert manifest(other)["facts"]["variants"] == manifest(corpus)["facts"]["variants"]
    assert statistics(other) == statistics(corpus)


def test_word_statistics_do_not_depend_on_how_words_are_dealt(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words_phase, "GROUPS_PER_RANGE", 1)
    other = run(tmp_path)
    assert len(list((other / "work" / "word_sums" / "_done").iterdir())) > 1
    assert statistics(other) == statistics(corpus) != {}


def test_the_corpus_with_variants_is_certified_and_a_variant_put_back_is_not(corpus: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    recipe = corpus.parent.with_suffix(".toml")
    run_job(CERTIFY, ["--recipe", str(recipe), "--workers", "1"])
    refused = rows(corpus, "refused_variants")[0]
    files = manifest(corpus)["files"]["documents"]
    path = corpus / next(file["path"] for file in files if file["rows"])
    table = pq.read_table(path)
    originals, document = path.read_bytes(), table.to_pylist()[-1]
    put_back = {**document, "text": refused["text"], "split": "train", "parent_id": 1, "augmentation": "x"}
    pq.write_table(pa.Table.from_pylist([*table.to_pylist()[:-1], put_back], schema=table.schema), path)
    try:
        with pytest.raises(GristmillError, match="alike across splits"):
            run_job(CERTIFY, ["--recipe", str(recipe), "--workers", "1"])
    finally:
        path.write_bytes(originals)


def test_why_tells_what_became_of_a_refused_variant(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused = rows(corpus, "refused_variants")[0]
    why.main(["--recipe", str(corpus.parent.with_suffix(".toml")), "--id", str(refused["id"])])
    shown = capsys.readouterr().out
    assert f"of {refused['parent_id']}" in shown
    assert "augment: near_held_out, measured" in shown
    assert "corpus.split.similarity" in shown


def test_another_augmentation_does_no_other_work_again(plugin: Path, tmp_path: Path) -> None:
    corpus = run(tmp_path)
    markers = {path: path.stat().st_mtime_ns for path in (corpus / "work").glob("*/_done/*.json")}
    run(tmp_path, settings=AUGMENTATION.replace("rate = 0.2", "rate = 0.3"))
    done_again = {path.parent.parent.name for path, time in markers.items() if path.stat().st_mtime_ns != time}
    assert done_again == {"augment", "apart", "finish"}


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("", "augment_for_test.*beginning"),
        ("def beginning(text): raise ValueError('bad')", "augment_for_test.beginning.*bad"),
        ("def beginning(text): return 3", "augment_for_test.beginning.*int"),
    ],
)
def test_a_plug_in_that_fails_is_named(tmp_path: Path, module: str, message: str) -> None:
    name = f"broken_{abs(hash(module)) % 1000}_augment_for_test"
    (tmp_path / f"{name}.py").write_text(module)
    settings = AUGMENTATION.replace("augment_for_test", name)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        patch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(GristmillError, match=message):
            run(tmp_path, settings=settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            '"plugin"\nfunction = "not_there.change"',
            r"\.function: not_there\.change: there is no module not_there here",
        ),
        ('"contextual"\nmodel = "nowhere"', r"\.model: nowhere holds no model; put a masked language model"),
        (
            '"back_translation"\nmodel = "nowhere"\nback_model = "nowhere"',
            r"\.model: nowhere holds no model; put a translation model",
        ),
        ('"antonym"', ": antonym needs WordNet, which is not at build/wordnet; run `make wordnet`"),
    ],
)
def test_what_an_augmenter_lacks_is_named_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GristmillError, match=rf"^corpus\.augmentation\.0{message}"):
        run(tmp_path, settings=f"[[corpus.augmentation]]\naugmenter = {settings}\n")
    assert not (tmp_path / "out" / "corpus" / "work" / "extract").exists()


def test_without_the_search_duplicates_stay_in_one_split_and_ids_differ(tmp_path: Path) -> None:
    folder = tmp_path / "stay"
    every = families()
    copies = [{**row, "key": f"copy-{row['key']}"} for row in every[:20]]
    twins = [{**row, "text": row["text"] + " twin"} for row in every[:5]]  # another text of an id that is taken
    same = every[5:8]  # the same record twice
    write_world(folder / "raw", 3, 0, [*every, *copies, *twins, *same])
    recipe = write_recipe(folder / "out", folder / "raw", "[corpus.near_duplicates]\nenabled = false\n")
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1"])
    corpus = folder / "out" / "corpus"
    removed = Counter(row["rule"] for row in rows(corpus, "removals"))
    assert removed == {"duplicate_id": len(twins), "exact_duplicate": len(same)}
    documents = rows(corpus, "documents")
    assert len({row["id"] for row in documents}) == len(documents) == len(every) + len(copies)
    splits: dict[str, set[str]] = {}
    for row in documents:
        splits.setdefault(row["text"].removesuffix(" twin"), set()).add(row["split"])
    assert all(len(one) == 1 for one in splits.values())
    assert len({row["split"] for row in documents}) == 3
    run_job(CERTIFY, ["--recipe", str(recipe), "--workers", "1"])
