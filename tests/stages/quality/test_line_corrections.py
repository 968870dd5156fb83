"""RefinedWeb's line corrections: which lines go, and which stay."""

import pytest

from stages.document import Edit
from stages.quality.line_corrections import line_reason, measure
from stages.quality.prepared import Prepared
from stages.recipe import LineCorrections
from tests.stages.quality.quality_texts import PROSE


def measured(text, language="en", **settings):
    return measure(Prepared(text, language), LineCorrections(**settings))


def reason(line, **settings):
    return line_reason(line, len(line.split()), LineCorrections(**settings))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("THE BEST OFFERS of the week", "uppercase_lines"),
        ("12.03.2021 - 14", "numeral_lines"),
        ("42 %", "numeral_lines"),
        ("3 likes", "counter_lines"),
        ("1,024 Comments", "counter_lines"),
        ("1.2K views", "counter_lines"),
        ("12 Kommentare", "counter_lines"),
        ("3 комментария", "counter_lines"),
        ("Home", "one_word_lines"),
        ("Sign in to your account", "phrase_lines"),
        ("Sign-in or register", "phrase_lines"),
        ("The whole story: Read more...", "phrase_lines"),
        ("Lire la suite »", "phrase_lines"),
        ("2 items in cart now", "phrase_lines"),
        ("In den Warenkorb legen", "phrase_lines"),
        ("Оставить и подробнее", "phrase_lines"),
    ],
)
def test_leftovers_of_pages_go(line, expected):
    assert reason(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "He likes 3 of them.",
        "Chapter 12 begins here",
        "NASA sent it to Mars.",
        "You can read more in the second chapter of it.",
        "Signing in takes a while",
        "Read more carefully next time, said the judge to him, and sign in",
        "今天天气很好",
        "ß à la carte",
    ],
)
def test_sentences_stay(line):
    assert line_reason(line, max(len(line.split()), 2), LineCorrections()) is None


def test_phrases_are_looked_for_in_short_lines_alone():
    line = "Sign in " + "and wait for the page to load again " * 2
    assert reason(line) is None
    assert reason(line, pattern_words=20) == "phrase_lines"


def test_few_words_of_many_characters_are_no_short_line():
    assert reason("Sign in " + "x" * 60) == "phrase_lines"
    assert reason("Sign in " + "x" * 200) is None


def test_the_share_of_capitals_is_a_setting():
    assert reason("AB cdef gh") is None
    assert reason("AB cdef gh", uppercase_share=0.2) == "uppercase_lines"


def test_removed_words_are_a_share_of_all():
    found = measured("HOME PAGE\nA line of eight words that stays here.")
    assert found.values == {"removed_words": 0.2}
    assert found.text == "A line of eight words that stays here."
    assert found.edits == (Edit("uppercase_lines", 1, 10),)
    assert found.words_left == 8


def test_prose_stays_as_it_is():
    assert measured(PROSE) == ({"removed_words": 0}, PROSE, (), len(PROSE.split()))


def test_words_are_counted_in_languages_without_spaces():
    assert measured("今天天气很好，我们去公园。\n3条评论", "zh").text == "今天天气很好，我们去公园。"
