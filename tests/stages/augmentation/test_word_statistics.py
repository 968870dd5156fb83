"""Word statistics: exact under any partition, in the form that nlpaug reads; replacement of words by them."""

import math
import random
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.augmentation.change import Change, Context
from stages.augmentation.word_statistics import (
    COUNTS_SCHEMA,
    IDF_FILE,
    TFIDF_FILE,
    count_words,
    merge,
    tf_idf,
    write_statistics,
)
from stages.errors import GristmillError
from stages.recipe import Step

WORDS = [f"{first}{last}" for first in "bcdfghklmn" for last in ("ale", "ord", "ist", "une", "ark")]


def english(seed: int, words: int = 60) -> str:
    generator = random.Random(seed)
    text = generator.choices(WORDS, [1 / (rank + 1) for rank in range(len(WORDS))], k=words)
    return "\n\n".join(" ".join(text[start : start + 12]).capitalize() + "." for start in range(0, words, 12))


DOCUMENTS = [("en", english(seed)) for seed in range(40)]
DOCUMENTS += [("es", f"el gato {seed * 'muy '}negro") for seed in range(9)]


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("statistics")
    write_statistics(str(folder), count_words(DOCUMENTS))
    return str(folder)


def values_in(path: Path) -> dict[str, float]:
    return {word: float(value) for word, value in (line.split(" ") for line in path.read_text().splitlines())}


def test_counts_tell_how_many_documents_hold_a_word_and_what_share_of_them_it_is() -> None:
    counts = count_words([("en", "The cat, the dog."), ("en", "A cat"), ("fr", "Le chat"), ("en", "")])
    rows = {(row["language"], row["word"]): (row["documents"], row["frequency"] / 2**32) for row in counts.to_pylist()}
    assert rows == {
        ("en", ""): (3, 0),
        ("en", "the"): (1, 0.5),
        ("en", "cat"): (2, 0.75),
        ("en", "dog"): (1, 0.25),
        ("en", "a"): (1, 0.5),
        ("fr", ""): (1, 0),
        ("fr", "le"): (1, 0.5),
        ("fr", "chat"): (1, 0.5),
    }
    assert counts.schema == COUNTS_SCHEMA


def test_code_and_endless_words_are_not_counted() -> None:
    text = f"Call the function\n\n```\nreturn value\n```\n\nhttps://example.org/page {'x' * 41}"
    assert set(count_words([("en", text)])["word"].to_pylist()) == {"", "call", "the", "function"}


@given(st.lists(st.integers(0, 4), min_size=len(DOCUMENTS), max_size=len(DOCUMENTS)), st.randoms(use_true_random=False))
def test_any_partition_of_the_documents_gives_the_same_counts(parts: list[int], shuffler: random.Random) -> None:
    shuffled = list(zip(parts, DOCUMENTS, strict=True))
    shuffler.shuffle(shuffled)
    counted = [count_words([document for part, document in shuffled if part == number]) for number in range(5)]
    shuffler.shuffle(counted)
    nested = merge([merge(counted[:2]), *counted[2:]])
    assert nested.equals(count_words(DOCUMENTS))


def test_no_counts_are_an_empty_table_and_write_nothing(tmp_path: Path) -> None:
    assert merge([]).equals(COUNTS_SCHEMA.empty_table())
    assert count_words([]).equals(merge([]))
    assert write_statistics(str(tmp_path), merge([])) == []


def test_equal_counts_write_equal_bytes(tmp_path: Path) -> None:
    halves = [count_words(DOCUMENTS[1::2]), count_words(DOCUMENTS[::2])]
    paths = write_statistics(str(tmp_path / "one"), merge(halves))
    assert paths == [f"{language}/{name}" for language in ("en", "es") for name in sorted((IDF_FILE, TFIDF_FILE))]
    assert write_statistics(str(tmp_path / "other"), count_words(DOCUMENTS)) == paths
    for path in paths:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes()


def test_the_values_are_those_of_nlpaug_where_it_counts_documents(tmp_path: Path) -> None:
    """nlpaug counts occurrences for documents; without a word twice in a document both are one."""
    from nlpaug.model.word_stats import TfIdf

    texts = ["the cat sat", "the dog sat down here", "a cat and the bird"]
    write_statistics(str(tmp_path), count_words([("en", text) for text in texts]))
    ours, theirs = TfIdf(), TfIdf()
    ours.read(str(tmp_path / "en"))
    theirs.train([text.split() for text in texts])
    assert ours.w2idf == pytest.approx(theirs.w2idf)
    assert ours.w2tfidf == pytest.approx(theirs.w2tfidf, abs=1e-8)
    assert math.fsum(ours.tfidf_scores) == pytest.approx(1.0)


def test_the_vocabulary_keeps_the_words_of_most_documents_and_the_first_of_equals(tmp_path: Path) -> None:
    counts = count_words([("en", "zebra apple"), ("en", "zebra pear"), ("en", "zebra apple fig")])
    write_statistics(str(tmp_path), counts, vocabulary=3)
    assert list(values_in(tmp_path / "en" / IDF_FILE)) == ["zebra", "apple", "fig"]


def test_words_of_one_frequency_are_drawn_alike(tmp_path: Path) -> None:
    write_statistics(str(tmp_path), count_words([("en", "one two three four")]))
    assert set(values_in(tmp_path / "en" / TFIDF_FILE).values()) == {0.25}


def change(text: str, folder: str, rate: float = 0.3, language: str = "en", seed: int = 1) -> Change:
    return tf_idf(text, Step(augmenter="tf_idf", rate=rate), Context(language, "", folder), random.Random(seed))


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
def test_the_rate_is_met_over_many_documents(statistics: str, rate: float) -> None:
    changes = [change(text, statistics, rate, seed=seed) for seed, (_, text) in enumerate(DOCUMENTS[:40] * 5)]
    assert sum(one.edits for one in changes) == pytest.approx(rate * sum(one.units for one in changes), rel=0.1)


def test_words_change_and_all_between_them_stays(statistics: str) -> None:
    text = english(3) + "\n\n```\nbale = bord\n```\n  Bale, BORD; 12 bist?\r\n"
    after = change(text, statistics).text
    before, now = re.split(r"(\w+)", text), re.split(r"(\w+)", after)
    assert before[::2] == now[::2]
    assert before != now
    assert "```\nbale = bord\n```" in after
    changed = [(old, new) for old, new in zip(before, now, strict=True) if old != new]
    assert len(changed) == change(text, statistics).edits
    for old, new in changed:
        assert new.lower() in WORDS
        assert (old.islower(), old.istitle(), old.isupper()) == (new.islower(), new.istitle(), new.isupper())


def test_a_language_gets_words_of_its_own_only(statistics: str) -> None:
    texts = [change("el gato muy negro " * 9, statistics, 1.0, "es", seed).text for seed in range(9)]
    assert {"gato"} < set(" ".join(texts).split()) <= {"el", "gato", "muy", "negro"}
    assert change("der Hund bellt", statistics, 1.0, "de") == Change("der Hund bellt", 0, 3)


def test_words_of_low_tf_idf_are_replaced_before_others(tmp_path: Path) -> None:
    documents = [("en", f"the a of topic{'xyz'[number % 3]} {WORDS[number]}") for number in range(30)]
    write_statistics(str(tmp_path), count_words(documents))
    text = "the key a ballad of bale key bord bale"
    write_statistics(str(tmp_path), count_words([*documents, ("en", "key")]))
    replaced: Counter[str] = Counter()
    for seed in range(400):
        words = zip(text.split(), change(text, str(tmp_path), 0.2, seed=seed).text.split(), strict=True)
        replaced.update(old for old, new in words if old != new)
    assert replaced["the"] > 1.5 * replaced["bord"] > 0
    assert replaced["key"] == replaced["ballad"] == 0


def test_words_of_high_probability_come_in_more_often(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / IDF_FILE).write_text("a 1\nb 1\nc 1\n")
    (tmp_path / "en" / TFIDF_FILE).write_text("a 0\nb 0.75\nc 0.25\n")
    counts = Counter("".join(change("a a a a", str(tmp_path), 1.0, seed=seed).text for seed in range(300)))
    assert counts["b"] / (counts["b"] + counts["c"]) == pytest.approx(0.75, abs=0.05)
    assert counts["a"] == 0


def test_equal_arguments_give_equal_texts_and_global_generators_are_left_alone(statistics: str) -> None:
    text = english(5, 400)
    states = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    first = change(text, statistics)
    random.seed(7), np.random.seed(7)
    second = change(text, statistics)
    assert first == second != change(text, statistics, seed=2)
    random.setstate(states[0])
    change(text, statistics)
    assert random.getstate() == states[0]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "🙂 👩‍👩‍👧", "猫坐在垫子上", "\ud800 bale \udfff", "\0", "12 34", "`bale`"]
)
@pytest.mark.parametrize("language", ["en", "zh", "xx"])
def test_odd_texts_give_a_text(statistics: str, text: str, language: str) -> None:
    after = change(text, statistics, 1.0, language)
    assert len(after.text) == len(text)


def test_one_very_long_line_takes_seconds(statistics: str) -> None:
    start = time.process_time()
    assert change("bale bord " * 100_000, statistics, 0.3).edits == pytest.approx(60_000, rel=0.02)
    assert time.process_time() - start < 10


def test_the_statistics_may_be_on_another_machine(statistics: str) -> None:
    write_statistics("memory://statistics", count_words(DOCUMENTS))
    assert change(english(3), "memory://statistics") == change(english(3), statistics)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_missing_statistics_are_named(tmp_path: Path, folder: str) -> None:
    with pytest.raises(GristmillError, match=r"tf_idf: there are no word statistics in .*run `make corpus`"):
        change("bale", folder and str(tmp_path / folder))
