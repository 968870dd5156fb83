"""FineWeb's own rules."""

import pytest

from stages.quality.fineweb import measure
from stages.quality.prepared import Prepared
from stages.recipe import FineWeb
from tests.stages.quality.quality_texts import PROSE


def measured(text, language="en", reference="papers"):
    return measure(Prepared(text, language, reference), FineWeb()).values


def test_prose_is_far_from_every_bound():
    values = measured(PROSE)
    assert values["terminal_lines"] >= 0.25
    assert values["short_lines"] == values["duplicate_character_ratio"] == 0
    assert values["newline_word_ratio"] < 0.1


def test_a_line_ends_a_sentence_before_quotes_unless_as_datatrove():
    text = 'He said "it ends."\nIt goes on'
    assert measured(text)["terminal_lines"] == 0.5
    assert measured(text, reference="datatrove")["terminal_lines"] == 0


@pytest.mark.parametrize(("language", "characters"), [("en", 30), ("zh", 10), ("ja", 15), ("th", 30)])
def test_short_lines_say_as_little_in_every_language(language, characters):
    line = "文" * characters
    assert measured(line, language)["short_lines"] == 1
    assert measured(f"{line}文", language)["short_lines"] == 0
    assert measured("文" * 30, language, "datatrove")["short_lines"] == 1


def test_characters_of_lines_that_occurred_before_count():
    text = "the same line\nanother line\nthe same line"
    assert measured(text)["duplicate_character_ratio"] == pytest.approx(13 / 38)


def test_blank_lines_break_no_line_unless_as_datatrove():
    text = "two words\n\n\ntwo words"
    assert measured(text)["newline_word_ratio"] == 0.25
    assert measured(text, reference="datatrove")["newline_word_ratio"] == 0.75


def test_a_text_without_lines_measures_zero():
    for reference in ("papers", "datatrove"):
        assert set(measured(" \n ", reference=reference).values()) <= {0, 2.0, 1.0}
        assert measured("", reference=reference)["terminal_lines"] == 0
