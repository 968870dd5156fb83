"""The sets of the quality model job: what belongs to them, how they are balanced and split, and what is refused."""

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.quality_model.definition import inputs
from beam_jobs.quality_model.sets import SETS, set_files, training_recipe
from beam_jobs.quality_model.train import balanced, split
from stages.errors import GristmillError
from stages.recipe import QualityModel, Recipe, load_recipe
from tests.end_to_end.world import warc_record, wiki_page

SOURCES = """
name = "sets"
[[corpus.sources]]
name = "pages"
format = "warc"
paths = ["{folder}/a.warc.gz"]
[[corpus.sources]]
name = "articles"
format = "mediawiki"
paths = ["{folder}/wiki.xml"]
[[corpus.sources]]
name = "mixed"
paths = ["{folder}/mixed"]
[[corpus.sources]]
name = "lines"
format = "jsonl"
paths = ["{folder}/lines.jsonl"]
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    page = warc_record("response", "https://a.test/", b"HTTP/1.1 200 OK\r\n\r\n<p>text")
    dump = f"<mediawiki>{wiki_page(1, 'One', 0, 'text')}</mediawiki>"
    (tmp_path / "mixed").mkdir()
    (tmp_path / "a.warc.gz").write_bytes(page)
    (tmp_path / "wiki.xml").write_text(dump)
    (tmp_path / "mixed" / "b.warc.gz").write_bytes(page)
    (tmp_path / "mixed" / "c.xml.gz").write_bytes(gzip.compress(dump.encode()))
    (tmp_path / "mixed" / "d.txt").write_text("A text of its own.")
    (tmp_path / "lines.jsonl").write_text('{"text": "a line"}\n')
    (tmp_path / "recipe.toml").write_text(SOURCES.format(folder=tmp_path))
    return tmp_path


def recipe(files: Path, *overrides: str) -> Recipe:
    return load_recipe(files / "recipe.toml", overrides)


def found(files: Path, *overrides: str) -> set[tuple[str, str]]:
    return {(file.source, Path(file.path).name) for file in set_files(recipe(files, *overrides))}


def test_by_default_wikis_are_positive_and_crawls_negative_told_by_their_bytes(files: Path) -> None:
    assert found(files) == {
        ("positive:articles", "wiki.xml"),
        ("positive:mixed", "c.xml.gz"),
        ("negative:pages", "a.warc.gz"),
        ("negative:mixed", "b.warc.gz"),
    }


def test_named_sources_make_a_set_whatever_their_format(files: Path) -> None:
    assert found(files, 'quality_model.positive=["lines"]', 'quality_model.negative=["articles"]') == {
        ("positive:lines", "lines.jsonl"),
        ("negative:articles", "wiki.xml"),
    }


def test_a_source_that_is_named_for_one_set_is_not_in_the_other_by_default(files: Path) -> None:
    assert found(files, 'quality_model.positive=["pages"]') == {
        ("positive:pages", "a.warc.gz"),
        ("negative:mixed", "b.warc.gz"),
    }


def test_files_make_a_set_too(files: Path) -> None:
    overrides = f'quality_model.positive=["articles"] quality_model.positive_files=["{files}/lines.jsonl"]'
    assert {one for one in found(files, overrides) if one[0].startswith("positive")} == {
        ("positive:articles", "wiki.xml"),
        ("positive:quality_model.positive_files", "lines.jsonl"),
    }


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ['quality_model.positive=["books"]'],
            r"^quality_model.positive: no source 'books' in corpus.sources: pages, ",
        ),
        (
            ['quality_model.positive=["lines"]', 'quality_model.negative=["lines"]'],
            r"^quality_model.positive: source 'lines' is in both sets",
        ),
        (['quality_model.negative_files=["/no/such.jsonl"]'], r"/no/such.jsonl: no such file"),
    ],
)
def test_sets_that_cannot_be_are_told_in_a_line(files: Path, overrides: list[str], message: str) -> None:
    with pytest.raises(GristmillError, match=message) as error:
        set_files(recipe(files, *overrides))
    assert "\n" not in str(error.value)


def test_a_corpus_without_a_wiki_must_name_its_positive_set(files: Path) -> None:
    text = (files / "recipe.toml").read_text()
    (files / "recipe.toml").write_text(text.replace("/wiki.xml", "/a.warc.gz").replace('"mediawiki"', '"warc"'))
    (files / "mixed" / "c.xml.gz").unlink()
    with pytest.raises(GristmillError, match=r"^quality_model.positive: no source .* name sources in positive"):
        set_files(recipe(files))


def test_nothing_is_judged_by_quality(files: Path) -> None:
    strict = recipe(files, "corpus.quality.gopher_quality.minimum_words=1000", "corpus.quality.classifier.model=m")
    corpus = training_recipe(strict).corpus
    assert list(corpus.quality.groups()) == []
    assert corpus.quality.gopher_quality.minimum_words == 0
    assert corpus.cleaning.mask_personal_data == ()


def test_the_inputs_change_with_extraction_and_not_with_quality(files: Path) -> None:
    plain = inputs(recipe(files))
    assert plain == inputs(recipe(files, "corpus.quality.gopher_quality.minimum_words=7"))
    assert plain == inputs(recipe(files, "corpus.quality.classifier.model=none"))
    assert plain != inputs(recipe(files, "corpus.language.threshold=0.9"))


def rows(each: str, number: int, language: str = "en") -> list[dict[str, Any]]:
    return [
        {"set": each, "draw": number - one, "id": one, "language": language, "text": f"{each} {language} {one}"}
        for one in range(number)
    ]


def test_sets_are_cut_to_the_smaller_one_by_the_lowest_draws() -> None:
    every = rows("positive", 60) + rows("negative", 90)
    sets, languages = balanced(every, QualityModel())
    assert {each: len(found) for each, found in sets.items()} == {"positive": 60, "negative": 60}
    assert [row["draw"] for row in sets["negative"]] == list(range(1, 61))
    assert languages == {"en": {"positive": 60, "negative": 90, "taken": 60}}
    assert balanced(every[::-1], QualityModel()) == (sets, languages)
    assert [len(found) for found in balanced(every, QualityModel(documents=20))[0].values()] == [20, 20]


def test_both_sets_have_as_many_documents_of_each_language_and_none_of_one_that_a_set_lacks() -> None:
    positive = rows("positive", 200) + rows("positive", 60, "fr")
    every = positive + rows("negative", 100) + rows("negative", 500, "fr") + rows("negative", 300, "de")
    sets, languages = balanced(every, QualityModel())
    for found in sets.values():
        assert Counter(row["language"] for row in found) == {"en": 100, "fr": 60}
        assert [row["draw"] for row in found] == sorted(row["draw"] for row in found)
    assert languages["de"] == {"positive": 0, "negative": 300, "taken": 0}
    fewer, _ = balanced(every, QualityModel(documents=80))
    assert Counter(row["language"] for row in fewer["negative"]) == {"en": 50, "fr": 30}


def test_the_same_text_is_an_example_once() -> None:
    same = [{**row, "text": "the same"} for row in rows("negative", 60)]
    with pytest.raises(GristmillError, match=r"^quality_model: no language has 50 documents .* en: 60 positive, 1 neg"):
        balanced(rows("positive", 60) + same, QualityModel())


def test_a_text_of_both_sets_is_an_example_of_the_first() -> None:
    positive = rows("positive", 60)
    shared = [{**row, "set": "negative"} for row in positive[:5]]
    sets, languages = balanced(positive + shared + rows("negative", 60), QualityModel())
    assert languages == {"en": {"positive": 60, "negative": 60, "taken": 60}}
    assert not {row["text"] for row in sets["positive"]} & {row["text"] for row in sets["negative"]}


def test_no_documents_at_all_are_told_in_a_line() -> None:
    with pytest.raises(GristmillError, match=r"found are none; name more sources"):
        balanced([], QualityModel())


@pytest.mark.parametrize(("number", "share"), [(50, 0.2), (7, 0.2), (5, 0.01), (100, 0.5)])
def test_every_document_is_in_one_part(number: int, share: float) -> None:
    documents = rows("positive", number)
    parts = split(documents, share)
    assert sorted(row["id"] for part in parts for row in part) == list(range(number))
    assert all(parts)
    assert len(parts.training) >= number / 2
    assert abs(len(parts.calibration) - len(parts.evaluation)) <= 1
    assert len(SETS) == 2


def test_what_comes_after_the_texts_does_not_train_the_models_again(files: Path) -> None:
    later = [
        "corpus.repeated_text.unit=lines",
        "corpus.near_duplicates.bands=20",
        "corpus.quality.c4.line_words=5",
        "corpus.decontamination.words=8",
    ]
    recipe = str(files / "recipe.toml")
    assert inputs(load_recipe(recipe, later)) == inputs(load_recipe(recipe))
    earlier = ["corpus.language.threshold=0.9"]
    assert inputs(load_recipe(recipe, earlier)) != inputs(load_recipe(recipe))
