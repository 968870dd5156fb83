"""Gopher's rules on repetition, each at a text that is made for it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality.prepared import Prepared
from stages.quality.repetition import datatrove_lines, datatrove_paragraphs, measure
from stages.recipe import GopherRepetition
from tests.stages.quality.quality_texts import PROSE


def measured(text, language="en", reference="papers"):
    return measure(Prepared(text, language, reference), GopherRepetition()).values


def test_prose_repeats_next_to_nothing():
    values = measured(PROSE)
    assert all(value < 0.06 for value in values.values())
    assert not any(value for name, value in values.items() if name.startswith("duplicate"))


def test_every_rule_of_table_a1_is_measured():
    names = {name.removeprefix("maximum_") for name in GopherRepetition.model_fields} - {"enabled"}
    assert set(measured(PROSE)) == set(measured("")) == set(measured(PROSE, reference="datatrove")) == names


def test_an_ngram_that_occurs_once_is_a_repetition_to_datatrove_alone():
    text = "one two three four five six seven eight nine ten eleven twelve"
    assert measured(text)["top_3_gram_characters"] == 0
    assert measured(text, reference="datatrove")["top_3_gram_characters"] == len("one two three") / len(text)


def test_of_equally_frequent_ngrams_the_longest_counts_unless_as_datatrove():
    text = "a b x longer words y a b z longer words"
    assert measured(text)["top_2_gram_characters"] == 2 * len("longer words") / len(text)
    assert measured(text, reference="datatrove")["top_2_gram_characters"] == 2 * len("a b") / len(text)


def test_lines_and_paragraphs_that_occurred_before_count():
    values = measured("one line\n\none line\n\nanother\n\none line")
    assert values["duplicate_lines"] == values["duplicate_paragraphs"] == 0.5
    assert values["duplicate_line_characters"] == pytest.approx(16 / 37)


def test_lines_that_differ_by_their_indentation_are_equal_unless_as_datatrove():
    assert measured("a line\n  a line")["duplicate_lines"] == 0.5
    assert measured("a line\n  a line", reference="datatrove")["duplicate_lines"] == 0


def test_a_blank_line_may_hold_spaces():
    assert measured("one\n \t\none")["duplicate_paragraphs"] == 0.5


def test_a_repeated_passage_is_covered_to_its_end_unless_as_datatrove():
    passage = "alpha beta gamma delta epsilon zeta eta"
    text = f"{passage} other {passage}"
    assert measured(text)["duplicate_5_gram_characters"] == pytest.approx(len(passage) / len(text))
    first_five = len("alphabetagammadeltaepsilon")
    assert measured(text, reference="datatrove")["duplicate_5_gram_characters"] == first_five / len(text)


def test_nothing_stands_between_the_words_of_a_language_without_spaces():
    text = "今天天气很好我们去公园" * 2
    assert measured(text, "zh")["duplicate_5_gram_characters"] == pytest.approx(0.5)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="a\n \r", max_size=20))
def test_datatroves_lines_and_paragraphs_are_those_of_its_expressions(text):
    assert datatrove_lines(text) == re.split(r"\n+", text)
    assert datatrove_paragraphs(text) == re.split(r"\n{2,}", text.strip())
