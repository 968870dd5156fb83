"""The recipe: read into frozen sections, overridden by dotted names, refused in one line."""

from pathlib import Path

import pydantic
import pytest

from stages.errors import GristmillError
from stages.recipe import Recipe, load_recipe

MINIMAL = """
name = "small"
[[corpus.sources]]
name = "pages"
format = "text"
paths = ["pages/*.txt"]
"""
RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


def load(folder: Path, text: str = MINIMAL, *overrides: str) -> Recipe:
    path = folder / "recipe.toml"
    path.write_text(text)
    return load_recipe(path, overrides)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_of_the_repository_is_valid(path: Path) -> None:
    assert load_recipe(path).name == path.stem


def test_results_go_to_a_folder_by_the_recipe_s_name_unless_it_says_where(tmp_path: Path) -> None:
    assert load(tmp_path).folder("corpus") == "build/small/corpus"
    assert load(tmp_path, MINIMAL, "output=elsewhere").folder("corpus") == "elsewhere/corpus"


def test_overrides_replace_settings_by_their_dotted_names(tmp_path: Path) -> None:
    recipe = load(tmp_path, MINIMAL, "pretrain.steps=7", "corpus.sources.0.name=other", 'corpus.language.keep=["fr"]')
    assert recipe.pretrain.steps == 7
    assert recipe.corpus.sources[0].name == "other"
    assert recipe.corpus.language.keep == ("fr",)


def test_one_text_may_hold_several_overrides_and_values_may_have_spaces(tmp_path: Path) -> None:
    text = 'pretrain.steps=7  name=other pretrain.generation.prompts=["To be or", "a = b"] seed=3'
    recipe = load(tmp_path, MINIMAL, text)
    assert (recipe.pretrain.steps, recipe.name, recipe.seed) == (7, "other", 3)
    assert recipe.pretrain.generation.prompts == ("To be or", "a = b")


def test_a_recipe_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(pydantic.ValidationError):
        load(tmp_path).seed = 3  # type: ignore[misc]


def test_equal_settings_have_equal_fingerprints(tmp_path: Path) -> None:
    base = load(tmp_path).pretrain.fingerprint()
    assert base == load(tmp_path, MINIMAL, "pretrain.steps=1000").pretrain.fingerprint()
    assert base != load(tmp_path, MINIMAL, "pretrain.steps=1001").pretrain.fingerprint()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("pretrain.stepz=1", "unknown key pretrain.stepz"),
        ('pretrain.steps="many"', "pretrain.steps: Input should be a valid integer (given: 'many')"),
        ("pretrain.steps=0", "pretrain.steps: Input should be greater than 0 (given: 0)"),
        ("pretrain.batch_rows=10", "pretrain: batch_rows must be a multiple of micro_batch_rows"),
        ("corpus.sources=[]", "corpus.sources: "),
        (
            "corpus.sources.0.paths=[]",
            "corpus.sources.0: source 'pages' needs exactly one of paths, path_list, crawl and wikipedia (given: none)",
        ),
        ("corpus.sources.4.name=x", "override 'corpus.sources.4.name=x': '4' is not an index below 1"),
        (
            'corpus.augmentation=[{augmenter = "keyboard"}, {augmenter = "keyboard"}]',
            "corpus: two augmentations are keyboard(rate=0.05)",
        ),
        ('corpus.augmentation=[{augmenter = "keybord"}]', "corpus.augmentation.0.augmenter: Input should be"),
        ('corpus.augmentation=[{augmenter = "ocr", rate = 0.0}]', "corpus.augmentation.0.rate: Input should be"),
        ('corpus.augmentation=[{augmenter = "ocr", share = 1.1}]', "corpus.augmentation.0.share: Input should be less"),
        (
            'corpus.augmentation=[{augmenter = "ocr", mask = "[MASK]"}]',
            "corpus.augmentation.0: mask goes with span_mask, not with ocr",
        ),
        (
            'corpus.augmentation=[{augmenter = "ocr", languages = ["english"]}]',
            "corpus.augmentation.0.languages: no language 'english', did you mean 'en'?",
        ),
        ('corpus.augmentation=[{augmenter = "plugin"}]', "corpus.augmentation.0: plugin needs function"),
        (
            'corpus.augmentation=[{augmenter = "plugin", function = "upper"}]',
            "corpus.augmentation.0.function: String should match pattern",
        ),
        (
            'corpus.augmentation=[{augmenter = "plugin", function = "a.b", rate = 0.1}]',
            "corpus.augmentation.0: plugin has no rate",
        ),
        (
            'corpus.augmentation=[{augmenter = "back_translation", model = "a"}]',
            "corpus.augmentation.0: back_translation needs back_model",
        ),
        ('corpus.augmentation=[{augmenter = "sequence"}]', "corpus.augmentation.0: sequence needs steps"),
        (
            'corpus.augmentation=[{augmenter = "sequence", steps = [{augmenter = "sequence"}]}]',
            "corpus.augmentation.0.steps.0: a sequence holds no other sequence; list its steps instead",
        ),
        (
            "pretrain.quotas=[{weights = {a = 1.0}}]",
            "pretrain.quotas needs tokenizer.packing.rows_of = 'source' or 'language'",
        ),
        ("pretrain.quotas=[{weights = {a = -1.0}}]", "pretrain.quotas.0: weights.a is negative: -1"),
        ("pretrain.quotas=[{from_step = 3}]", "pretrain.quotas.0: weights are missing or all 0"),
        (
            "pretrain.quotas=[{from_step = 3, weights = {a = 1.0}}]",
            "pretrain: quotas need from_step = 0 in the first and greater ones after it",
        ),
        ("tokenizer.sample={weights = {a = 0.0}}", "tokenizer.sample: all weights are 0"),
        (
            "tokenizer.sample={language_weights = {en = 1.0}, language_temperature = 2.0}",
            "tokenizer.sample: give language_weights or language_temperature, not both",
        ),
        (
            "tokenizer.sample={sentences = 10, megabytes = 1.0}",
            "tokenizer.sample: give sentences or megabytes, not both",
        ),
        ("tokenizer.sweep.vocabulary_sizes=[400, 400]", "tokenizer.sweep: vocabulary_sizes has 400 twice"),
        ("tokenizer.packing.mode=first_fit", "tokenizer.packing.mode: Input should be 'best_fit', 'concatenate' or"),
        ("mixture.weights={a = 0.0}", "mixture: all weights are 0"),
        ("mixture.epochs={a = -1.0}", "mixture: epochs.a is negative: -1"),
        ("mixture={weights = {a = 1.0}, epochs = {a = 1.0}}", "mixture: give weights or epochs, not both"),
        ("mixture.language_temperature=0.5", "mixture.language_temperature: Input should be greater"),
        ("ablate.seeds=1", "ablate.seeds: Input should be greater"),
        ("ablate.pretrain.checkpoint_every=5", "ablate.pretrain: checkpoint_every means nothing for models"),
        (
            "corpus.quality.gopher_quality.minimum_words=200000",
            "corpus.quality: gopher_quality.minimum_words is above gopher_quality.maximum_words: no text can pass",
        ),
        ("corpus.quality.minimum_words=30", "unknown key corpus.quality.minimum_words"),
        ("corpus.repeated_text.minimum_documents=1", "corpus.repeated_text.minimum_documents: Input should be greater"),
        ('corpus.sources.0.crawl="CC-MAIN-2025-51"', "wikipedia (given: paths and crawl)"),
        (
            'corpus.sources=[{name = "c", path_list = "a", path_prefix = "https://one.example"}]',
            "corpus.sources.0: source 'c': end path_prefix 'https://one.example' with a slash",
        ),
        ('corpus.sources.0.segments="3"', "corpus.sources.0: source 'pages': segments goes with crawl"),
        ('corpus.sources.0.server="https://mirror"', "source 'pages': server goes with crawl or wikipedia"),
        (
            'corpus.sources=[{name = "c", crawl = "CC-MAIN-2025"}]',
            "corpus.sources.0.crawl: String should match pattern",
        ),
        (
            'corpus.sources=[{name = "c", wikipedia = "../en"}]',
            "corpus.sources.0.wikipedia: String should match pattern",
        ),
        (
            'corpus.sources=[{name = "c", wikipedia = "en", dump_date = "today"}]',
            "corpus.sources.0.dump_date: String should",
        ),
        (
            'corpus.sources=[{name = "c", crawl = "CC-MAIN-2025-51", segments = "9-3"}]',
            "corpus.sources.0: source 'c': segments '9-3' end before they begin",
        ),
        (
            'corpus.sources=[{name = "c", wikipedia = "en", format = "jsonl"}]',
            "corpus.sources.0: source 'c': its files are mediawiki, not jsonl; leave format out",
        ),
        ("corpus.reading.http.requests_per_second=0.0", "requests_per_second: Input should be greater than 0"),
        ("seed", "override 'seed': write it as section.key=value"),
        ("name.inner=1", "override 'name.inner=1': 'name' is a value, not a section"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(GristmillError) as caught:
        load(tmp_path, MINIMAL, override)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_broken_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"none\.toml: cannot read the recipe"):
        load_recipe(tmp_path / "none.toml")
    with pytest.raises(GristmillError, match=r"recipe\.toml: not valid TOML"):
        load(tmp_path, "name = ")
    with pytest.raises(GristmillError, match=r"recipe\.toml: corpus is missing"):
        load(tmp_path, 'name = "x"')


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = MINIMAL + MINIMAL.split("\n", 2)[2]
    with pytest.raises(GristmillError, match="two sources are named 'pages'"):
        load(tmp_path, twice)


@pytest.mark.parametrize("key", ["minimum_words", "corpus.quality.minimum_words", "corpus.minimum_words"])
def test_a_key_in_the_wrong_place_is_told_with_its_place(tmp_path: Path, key: str) -> None:
    place = "did you mean corpus.quality.gopher_quality.minimum_words?"
    with pytest.raises(GristmillError, match=f"unknown key {key}, {place}"):
        load(tmp_path, MINIMAL, f"{key}=30")


def test_a_key_that_is_nowhere_is_only_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"unknown key corpus\.nonsense$"):
        load(tmp_path, MINIMAL, "corpus.nonsense=1")
