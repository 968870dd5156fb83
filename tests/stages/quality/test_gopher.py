"""Gopher's rules on prose: each against a plain reading of the paper, and where the two readings differ."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality.gopher import BULLETS, measure
from stages.quality.prepared import Prepared
from stages.recipe import GopherQuality
from tests.stages.quality.quality_texts import PROSE

TEXTS = st.lists(
    st.sampled_from(
        ["the", "and", "word,", "Größe", "12", "#", "...", "…", "—", "²", "-", "• a", "\n", "\n\n", " \n "]
    ),
    max_size=60,
).map(" ".join) | st.text(max_size=80)


def measured(text, language="en", reference="papers"):
    return measure(Prepared(text, language, reference), GopherQuality()).values


def plain(text):
    """Every statistic of the paper, one word and line at a time."""
    words = text.split()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return {
        "words": len(words),
        "mean_word_length": sum(len(word) for word in words) / (len(words) or 1),
        "alphabetic_words": sum(any(c.isalpha() for c in word) for word in words) / (len(words) or 1),
        "hash_word_ratio": text.count("#") / (len(words) or 1),
        "ellipsis_word_ratio": (text.count("...") + text.count("…")) / (len(words) or 1),
        "bullet_lines": sum(line[0] in BULLETS for line in lines) / (len(lines) or 1),
        "ellipsis_lines": sum(line.endswith(("...", "…")) for line in lines) / (len(lines) or 1),
    }


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_the_fast_forms_measure_what_a_plain_reading_does(text):
    values = dict(measured(text))
    values.pop("stop_words")
    assert values == pytest.approx(plain(text))


def test_prose_is_far_from_every_bound():
    values = measured(PROSE)
    assert 50 < values["words"] < 200
    assert 3 < values["mean_word_length"] < 10
    assert values["alphabetic_words"] == 1
    assert values["stop_words"] >= 5
    assert not any(
        values[name] for name in ("hash_word_ratio", "ellipsis_word_ratio", "bullet_lines", "ellipsis_lines")
    )


def test_stop_words_count_in_any_case_unless_as_datatrove():
    assert measured("THE And")["stop_words"] == 2
    assert measured("THE and", reference="datatrove")["stop_words"] == 1


def test_datatrove_neither_counts_nor_measures_punctuation():
    values = measured("word ! ) word", reference="datatrove")
    assert values["words"] == 2
    assert values["mean_word_length"] == 4
    assert values["alphabetic_words"] == 0.5


def test_blank_lines_are_lines_only_to_datatrove():
    assert measured("- a\n\n- b")["bullet_lines"] == 1
    assert measured("- a\n\n- b", reference="datatrove")["bullet_lines"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_the_shape_of_words_is_not_measured_without_spaces_between_them(language):
    values = measured("今天天气很好。", language)
    assert not {"mean_word_length", "alphabetic_words"} & set(values)


def test_a_text_without_words_measures_nothing_but_numbers():
    for reference in ("papers", "datatrove"):
        assert all(math.isfinite(value) for value in measured(" \n", reference=reference).values())
        assert measured("", reference=reference)["words"] == 0
