"""Which variants are compared, what each of them changes, and that a copy made of links never changes its original."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_jobs.ablate import linked
from beam_jobs.ablate.linked import link_from, remove_leftovers
from beam_jobs.ablate.texts import source_lists
from beam_jobs.ablate.variants import Variant, folder_name, texts_recipe, variants_of
from beam_jobs.command import on_beam, run_here
from stages.artifacts import Manifest, OutputFile, mark_finished, write_bytes, write_json, write_manifest
from stages.errors import GristmillError
from stages.recipe import Recipe, load_recipe
from tests.beam_jobs.toy_phases import PHASES, products, toy_job

RECIPE = """
name = "r"
output = "out"
[[corpus.sources]]
name = "a"
paths = ["a.txt"]
[[corpus.sources]]
name = "b"
paths = ["b.txt"]
[corpus.repeated_text]
unit = "lines"
[corpus.decontamination]
files = ["evaluation.jsonl"]
[corpus.quality.classifier]
model = "model"
[corpus.near_duplicates]
one_per_url = "newest"
index = ["earlier"]
[[corpus.augmentation]]
augmenter = "keyboard"
[[corpus.augmentation]]
augmenter = "sequence"
steps = [{ augmenter = "word_swap" }, { augmenter = "split" }]
"""
LISTS = {"a": "lists/0.txt", "b": "lists/1.txt"}


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def by_name(recipe: Recipe) -> dict[str, Variant]:
    return {one.name: one for one in variants_of(recipe, LISTS, "out/variants")}


def test_there_is_a_variant_for_all_that_the_recipe_turns_on(recipe_file: Path) -> None:
    assert list(by_name(load_recipe(recipe_file))) == [
        "base",
        "without gopher_quality",
        "without gopher_repetition",
        "without c4",
        "without fineweb",
        "without classifier",
        "without decontamination",
        "without repeated_text",
        "with near-duplicates",
        "without source a",
        "without source b",
        "with keyboard(rate=0.05), share 0.05",
        "with sequence(word_swap(rate=0.05), split(rate=0.05)), share 0.05",
    ]


def test_what_is_off_already_is_not_left_out(recipe_file: Path) -> None:
    off = ["corpus.quality.c4.enabled=false", "corpus.near_duplicates.enabled=false", "corpus.repeated_text.unit=none"]
    names = by_name(load_recipe(recipe_file, [*off, "corpus.decontamination.files=[]", "mixture.epochs.b=0"]))
    for absent in ("without c4", "with near-duplicates", "without repeated_text", "without decontamination"):
        assert absent not in names
    assert not [name for name in names if "source" in name]  # only one is seen


def test_every_part_can_be_switched_off(recipe_file: Path) -> None:
    parts = ("filters", "near_duplicates", "sources")
    recipe = load_recipe(recipe_file, [*(f"ablate.{one}=false" for one in parts)])
    assert len(by_name(recipe)) == 3
    with pytest.raises(GristmillError, match="nothing to compare"):
        by_name(load_recipe(recipe_file, [*(f"ablate.{one}=false" for one in parts), "corpus.augmentation=[]"]))


def test_a_variant_differs_from_the_base_in_one_thing(recipe_file: Path) -> None:
    variants = by_name(load_recipe(recipe_file))
    base = variants["base"].recipe
    assert variants["without c4"].recipe.corpus.quality.c4.enabled is False
    assert variants["without classifier"].recipe.corpus.quality.classifier.model == ""
    assert variants["without repeated_text"].recipe.corpus.repeated_text.unit == "none"
    assert variants["without decontamination"].recipe.corpus.decontamination.files == ()
    duplicates = variants["with near-duplicates"].recipe.corpus.near_duplicates
    assert (duplicates.enabled, duplicates.one_per_url, duplicates.index) == (False, "off", ())
    assert variants["without source b"].recipe.mixture.epochs == {"b": 0.0}
    assert variants["without source b"].recipe.corpus == base.corpus
    assert [one.name for one in variants["with keyboard(rate=0.05), share 0.05"].recipe.corpus.augmentation] == [
        "keyboard(rate=0.05)"
    ]
    assert base.corpus.augmentation == ()
    for variant in list(variants.values())[1:]:
        same = (variant.recipe.corpus == base.corpus, variant.recipe.mixture == base.mixture)
        assert sorted(same) == [False, True], variant.name
        assert variant.recipe.tokenizer == base.tokenizer


def test_all_are_measured_with_the_recipes_own_tokenizer_and_documents(recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file)
    for variant in by_name(recipe).values():
        assert variant.recipe.tokenizer.pretrained == "out/tokenizer/tokenizer"
        assert variant.recipe.mixture.held_out == "out/corpus"
        assert (variant.recipe.corpus.split.validation, variant.recipe.corpus.split.test) == (0.0, 0.0)
        assert [source.path_list for source in variant.recipe.corpus.sources] == ["lists/0.txt", "lists/1.txt"]


def test_documents_that_the_recipe_holds_out_by_another_corpus_stay_the_measure(recipe_file: Path) -> None:
    variants = by_name(load_recipe(recipe_file, ["mixture.held_out=other/corpus", "mixture.curriculum.by=length"]))
    for variant in variants.values():
        assert variant.recipe.mixture.held_out == "other/corpus"
        assert variant.recipe.mixture.curriculum.by == "none"


def test_a_source_without_texts_is_left_out(recipe_file: Path) -> None:
    variants = variants_of(load_recipe(recipe_file), {"b": "lists/1.txt"}, "out")
    assert [source.name for source in variants[0].recipe.corpus.sources] == ["b"]
    assert not [one.name for one in variants if "source" in one.name]


def test_weights_lose_one_source(recipe_file: Path) -> None:
    variants = by_name(load_recipe(recipe_file, ["mixture.weights.a=3", "mixture.weights.b=1"]))
    assert variants["without source a"].recipe.mixture.weights == {"a": 0.0, "b": 1.0}


def test_texts_are_kept_whole_whatever_the_rules(recipe_file: Path) -> None:
    corpus = texts_recipe(load_recipe(recipe_file), "out/texts").corpus
    assert not list(corpus.quality.groups())
    assert corpus.repeated_text.unit == "none"
    assert corpus.decontamination.files == corpus.augmentation == corpus.cleaning.mask_personal_data == ()
    assert (corpus.near_duplicates.enabled, corpus.near_duplicates.one_per_url) == (False, "off")
    assert corpus.near_duplicates.index == ()
    assert corpus.limits.minimum_kept_share == 0.0


def test_folders_of_variants_differ_even_if_their_names_look_alike() -> None:
    names = ["without source a b", "without source a-b", "without source A b", "x" * 300, "x" * 301]
    folders = [folder_name(name) for name in names]
    assert len(set(folders)) == len(names)
    assert max(map(len, folders)) < 100


def test_units_done_without_a_runner_are_those_of_a_pipeline(tmp_path: Path) -> None:
    here, there = toy_job(tmp_path / "here"), toy_job(tmp_path / "there")
    run_here(here, PHASES)
    on_beam("", 1, ())(there, PHASES)
    assert products(here) == products(there)


def finished(folder: Path, content: bytes = b"one") -> Path:
    """A base variant with two finished jobs."""
    for job in linked.JOBS:
        write_bytes(str(folder / job / "documents" / "0.parquet"), content)
        write_json(str(folder / job / "manifest.json"), {"of": content.decode()})
        (folder / job / ".lock").touch()
        mark_finished(str(folder / job), content.decode())
    return folder


def test_a_copy_shares_its_files_but_not_its_locks(tmp_path: Path) -> None:
    base, copy = finished(tmp_path / "base"), tmp_path / "copy"
    link_from(base, copy)
    for job in linked.JOBS:
        ours, theirs = (folder / job / "documents" / "0.parquet" for folder in (copy, base))
        assert ours.samefile(theirs)
        assert not (copy / job / ".lock").exists()


def test_what_is_written_in_a_copy_leaves_the_original_alone(tmp_path: Path) -> None:
    base, copy = finished(tmp_path / "base"), tmp_path / "copy"
    link_from(base, copy)
    write_bytes(str(copy / "corpus" / "documents" / "0.parquet"), b"other")
    (copy / "tokenizer" / "manifest.json").unlink()
    assert (base / "corpus" / "documents" / "0.parquet").read_bytes() == b"one"
    assert (base / "tokenizer" / "manifest.json").exists()


def test_a_copy_is_kept_until_the_original_changes(tmp_path: Path) -> None:
    base, copy = finished(tmp_path / "base"), tmp_path / "copy"
    link_from(base, copy)
    (copy / "own").touch()
    link_from(base, copy)
    assert (copy / "own").exists()
    link_from(finished(tmp_path / "base", b"two"), copy)
    assert not (copy / "own").exists()
    assert (copy / "corpus" / "documents" / "0.parquet").read_bytes() == b"two"


def test_a_copy_that_was_ended_in_the_middle_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, copy = finished(tmp_path / "base"), tmp_path / "copy"

    def ended(_source: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(linked.os, "link", ended)
        with pytest.raises(KeyboardInterrupt):
            link_from(base, copy)
    assert not copy.exists()
    remove_leftovers(tmp_path)
    link_from(base, copy)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "copy"]


def texts_of(recipe: Recipe, folder: Path, sources: dict[str, int]) -> Recipe:
    """The recipe of a finished corpus of texts: a file a source, with so many documents."""
    texts = texts_recipe(recipe, str(folder))
    files, made = [], 0
    for number, (source, count) in enumerate(sources.items()):
        name = f"documents/finish-{number:05d}.parquet"
        ids = range(made, made + count)
        (folder / "corpus" / "documents").mkdir(parents=True, exist_ok=True)
        rows = [{"id": one, "text": f"text {one}", "source": source} for one in ids]
        schema = pa.schema([("id", pa.uint64()), ("text", pa.string()), ("source", pa.string())])
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "corpus" / name)
        files.append(OutputFile(name, 1, f"hash {made}", count))
        made += count
    write_manifest(str(folder / "corpus"), Manifest("corpus", {"documents": files}))
    return texts


def listed_ids(list_path: str) -> list[int]:
    paths = Path(list_path).read_text().splitlines()
    return [one for path in paths for one in pq.read_table(path).column("id").to_pylist()]


def test_each_source_has_a_list_of_its_files(recipe_file: Path, tmp_path: Path) -> None:
    lists = source_lists(texts_of(load_recipe(recipe_file), tmp_path / "texts", {"a": 3, "b": 0}))
    assert list(lists) == ["a"]
    assert listed_ids(lists["a"]) == [0, 1, 2]


def test_no_text_at_all_is_one_line(recipe_file: Path, tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"not one text; change corpus.language, or raise ablate.share"):
        source_lists(texts_of(load_recipe(recipe_file), tmp_path / "texts", {"a": 0}))


def test_a_share_of_the_texts_is_drawn_by_their_ids(recipe_file: Path, tmp_path: Path) -> None:
    drawn = {}
    for share in (0.3, 0.6):
        recipe = load_recipe(recipe_file, [f"ablate.share={share}"])
        lists = source_lists(texts_of(recipe, tmp_path / "texts", {"a": 300, "b": 100}))
        drawn[share] = {*listed_ids(lists["a"]), *listed_ids(lists["b"])}
        assert len(drawn[share]) == pytest.approx(share * 400, abs=40)
    assert drawn[0.3] < drawn[0.6]


def test_drawn_texts_are_written_once(recipe_file: Path, tmp_path: Path) -> None:
    texts = texts_of(load_recipe(recipe_file, ["ablate.share=0.5"]), tmp_path / "texts", {"a": 50})
    source_lists(texts)
    (path,) = (tmp_path / "texts" / "drawn" / "documents").glob("*")
    written = path.stat().st_mtime_ns
    source_lists(texts)
    assert path.stat().st_mtime_ns == written
    source_lists(texts_of(load_recipe(recipe_file, ["ablate.share=0.5"]), tmp_path / "texts", {"a": 60}))
    assert path.stat().st_mtime_ns != written
