"""Synonyms and antonyms: words of the same part of speech, in the same form and case, drawn by nlpaug."""

import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.augmentation.change import Change, Context
from stages.augmentation.lexicon import antonym, synonym
from stages.augmentation.tagging import Tag, Tagger
from stages.augmentation.wordnet_files import Lexicon
from stages.errors import GristmillError
from stages.recipe import Step

LEXICON = """
adult a 30:big:
apple n 5:pome:
apartment n 9:flat:
big a 90:large:small 1:adult:little
book n 90:volume:
book v 5:reserve:
city n 60:town metropolis:
flat a 90:level:
flat n 4:apartment:
fast r 30:quickly:slowly
fly v 20:wing:
go v 90:move travel walk:stop
home n 80:house:
homes n 9:house:
house n 90:home homes apartment:
in n 9:inch:
inch n 3:in:
level a 20:flat:
large a 80:big:small
metropolis n 0:city:
move v 50:go:
pome n 3:apple:
quick a 40:fast:slow
quickly r 50:fast:slowly
reserve v 9:book:
say v 99:tell:
slowly r 20::quickly
small a 70:little:large big
little a 50:small:big
stop v 70:halt:start
start v 70::stop
halt v 8:stop:
tell v 90:say:
country n 9::
town n 50:city:country
towns n 4:city:
travel v 30:go:
volume n 20:book:
walk v 40::ride
ride v 30::walk
wing v 2:fly:
""".replace(" 1:", "\t1:")
Relation = Literal["synonym", "antonym"]
TEXT = (
    "The big city said that a small house goes quickly. He will book an apartment, and books are volumes.\n\n"
    "    large = walk(city)\n```\nbig city\n```\n"
    "Towns are CITIES\tof the big inch; walking to walk fast, Big apples stop.\r\n"
)


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wordnet")
    lines = [line.split(" ", 2) for line in LEXICON.strip().splitlines()]
    (folder / "lexicon.tsv").write_text("".join("\t".join(line) + "\n" for line in sorted(lines)))
    return str(folder)


def change(
    text: str, wordnet: str, rate: float = 1.0, seed: int = 1, relation: Relation = "synonym", language: str = "en"
) -> Change:
    augmenter = synonym if relation == "synonym" else antonym
    return augmenter(text, Step(augmenter=relation, rate=rate), Context(language, wordnet, ""), random.Random(seed))


def outcomes(text: str, wordnet: str, relation: Relation = "synonym") -> set[str]:
    return {change(text, wordnet, 1.0, seed, relation).text for seed in range(30)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the cities", {"the towns"}),
        ("they said it", {"they told it"}),
        ("it goes", {"it moves", "it travels", "it walks"}),
        ("the going", {"the moving", "the traveling", "the walking"}),
        ("a bigger one", {"a larger one"}),
        ("two towns", {"two cities"}),
    ],
)
def test_the_form_is_kept(wordnet: str, text: str, expected: set[str]) -> None:
    assert outcomes(text, wordnet) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("he will book it", {"he will reserve it"}),
        ("the book of it", {"the volume of it"}),
        ("a flat town", {"a level city"}),
        ("he will: book of it", {"he will: volume of it"}),
    ],
)
def test_the_part_of_speech_comes_from_the_sentence(wordnet: str, text: str, expected: set[str]) -> None:
    assert outcomes(text, wordnet) == expected


def test_rare_senses_and_words_without_use_give_no_synonym(wordnet: str) -> None:
    assert "the adult town" not in outcomes("the big town", wordnet)
    assert "the metropolis" not in outcomes("the city", wordnet)
    assert outcomes("the metropolis", wordnet) == {"the metropolis"}


def test_function_words_neither_change_nor_come_in(wordnet: str) -> None:
    assert outcomes("an inch in it", wordnet) == {"an inch in it"}


def test_a_and_an_still_fit(wordnet: str) -> None:
    assert outcomes("a house", wordnet) == {"a home"}
    assert outcomes("the house", wordnet) == {"the home", "the apartment"}
    assert outcomes("an apartment", wordnet) == {"an apartment"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("City of it. Big it is.", "Town of it. Large it is."),
        ("THE CITY", "THE TOWN"),
        ("the City of it", "the City of it"),
        ("the BIG of it", "the BIG of it"),
    ],
)
def test_case_is_kept_and_names_stay(wordnet: str, text: str, expected: str) -> None:
    assert outcomes(text, wordnet) == {expected}


def test_antonyms_are_of_verbs_adjectives_and_adverbs(wordnet: str) -> None:
    assert outcomes("he walks fast to the small city", wordnet, "antonym") == {
        "he rides slowly to the large city",
        "he rides slowly to the big city",
    }
    assert outcomes("the town", wordnet, "antonym") == {"the town"}


def test_all_between_words_and_all_code_stays(wordnet: str) -> None:
    after = change(TEXT, wordnet)
    assert after.edits > 8
    assert "\n\n    large = walk(city)\n```\nbig city\n```\n" in after.text
    assert after.text.count("\n") == TEXT.count("\n")
    assert after.text.endswith(".\r\n") and "\tof the" in after.text


def test_edits_are_the_words_that_differ(wordnet: str) -> None:
    after = change(TEXT, wordnet, 0.3)
    assert len(after.text.split()) == len(TEXT.split())
    assert after.edits == sum(old != new for old, new in zip(TEXT.split(), after.text.split(), strict=True)) > 0


@pytest.mark.parametrize("relation", ["synonym", "antonym"])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
def test_the_rate_is_met_over_many_documents(wordnet: str, rate: float, relation: Relation) -> None:
    text = "the big town goes quickly to large stops, and they walk fast there. " * 8
    changes = [change(text, wordnet, rate, seed, relation) for seed in range(150)]
    assert sum(one.edits for one in changes) == pytest.approx(rate * sum(one.units for one in changes), rel=0.1)


def test_texts_in_other_languages_stay(tmp_path: Path) -> None:
    assert change("the big city", str(tmp_path), language="de") == Change("the big city", 0, 3)


def test_equal_arguments_give_equal_texts_in_any_order_and_in_threads(wordnet: str) -> None:
    seeds = list(range(40))
    one_by_one = [change(TEXT, wordnet, 0.4, seed) for seed in seeds]
    assert len({after.text for after in one_by_one}) > 20
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda seed: change(TEXT, wordnet, 0.4, seed), reversed(seeds)))
    assert together[::-1] == one_by_one


def test_global_generators_are_neither_read_nor_changed(wordnet: str) -> None:
    first = change(TEXT, wordnet, 0.4)
    random.seed(5)
    np.random.seed(5)
    states = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    assert change(TEXT, wordnet, 0.4) == first
    assert states == (random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[index, union-attr]


@pytest.mark.parametrize("relation", ["synonym", "antonym"])
@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "🙂 👩‍👩‍👧 big", "猫坐在垫子上", "\ud800 big \udfff", "\0 big", "12 34", "`big`", "a",
     "b\u0301ig city", "city\u2028big", "גדול big", "x" * 200_000, "`" * 9],
)  # fmt: skip
def test_odd_texts_give_a_text(wordnet: str, text: str, relation: Relation) -> None:
    after = change(text, wordnet, 1.0, relation=relation).text
    assert bool(after) == bool(text)
    assert len(after.splitlines()) == len(text.splitlines())


def test_one_very_long_line_takes_seconds(wordnet: str) -> None:
    start = time.process_time()
    assert change("the big city " * 70_000, wordnet, 0.3).edits == pytest.approx(63_000, rel=0.02)
    assert time.process_time() - start < 15


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_missing_wordnet_is_named(tmp_path: Path, folder: str) -> None:
    with pytest.raises(GristmillError, match=r"lexicon\.tsv: WordNet is not there; run `make wordnet`"):
        change("the city", folder and str(tmp_path / folder))


def test_no_tag_is_given_in_doubt() -> None:
    tagger = Tagger(Lexicon(["book\tn\t9::", "book\tv\t9::", "light\tn\t9::", "light\ta\t9::", "light\tv\t9::"]))
    assert tagger.tags(["to", "book", "", "the", "book"]) == [
        None,
        Tag("book", "v", ""),
        None,
        None,
        Tag("book", "n", ""),
    ]
    assert tagger.tags(["light"]) == [None]


def test_words_on_both_sides_of_a_gap_are_no_neighbours() -> None:
    tagger = Tagger(Lexicon(["book\tn\t9::", "book\tv\t30::"]))
    assert tagger.tags(["the", "book"])[-1] == Tag("book", "n", "")
    assert tagger.tags(["the", "", "book"])[-1] is None


def test_nltk_is_not_loaded(wordnet: str) -> None:
    change(TEXT, wordnet)
    assert "nltk" not in sys.modules


PIECES = ["big city", "The House", "goes", " ", "\n", "\n\n    ", "\t", ". ", "`", "```\n", "x=1;", "猫", "é"]


@given(st.lists(st.sampled_from(PIECES)))
def test_whatever_stands_between_words_stays(wordnet: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    after = change(text, wordnet)
    assert re.split(r"[^\W\d_]+", after.text) == re.split(r"[^\W\d_]+", text)
    assert after.edits <= after.units
