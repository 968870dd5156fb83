"""Text that recurs: what is a unit, which units are equal, and what a cut leaves."""

import time

import numpy as np
import pytest

from stages.document import Edit
from stages.recipe import RepeatedText
from stages.repeated_text import divided, unit_hashes


def units(text: str, unit: str, **changes: int) -> list[str]:
    return [one.of(text) for one in divided(text, made(unit, **changes)).units]


def made(unit: str, **changes: int) -> RepeatedText:
    return RepeatedText.model_validate({"unit": unit, "minimum_characters": 0, **changes})


def hashes(text: str, unit: str) -> list[int]:
    return [one.hash for one in divided(text, made(unit)).units]


def cut(text: str, unit: str, repeated: str, **changes: int) -> tuple[str, Edit] | None:
    settings = made(unit, **changes)
    document = divided(text, settings)
    recurs = np.isin(document.hashes, divided(repeated, settings).hashes)
    return document.without(recurs, np.zeros_like(recurs))


def test_lines_are_compared_without_case_and_white_space() -> None:
    assert hashes("Read  more\n\n read More \n", "lines") == hashes("read more\nREAD MORE", "lines")
    assert len(set(hashes("Read more\nRead more.\nRead móre\nRead more 2\nRead more 3", "lines"))) == 5


def test_paragraphs_are_compared_without_digits_punctuation_and_accents() -> None:
    same = ["Read móre (12)!", "read more 34", "«Read more» 00", "READ MO\u0301RE 56", "read more ٣٤"]
    assert len({tuple(hashes(one, "paragraphs")) for one in same}) == 1
    assert hashes("read more 7", "paragraphs") != hashes("read more 34", "paragraphs")


def test_sentences_are_compared_in_runs_over_the_ends_of_lines() -> None:
    text = "One is here. Two is (there.) Three?\nFour\n\nFive。Six！"
    assert units(text, "sentences") == [
        "One is here. Two is (there.) Three?",
        "Two is (there.) Three?\nFour",
        "Three?\nFour\n\nFive。",
        "Four\n\nFive。Six！",
    ]
    assert units(text, "sentences", span_sentences=7) == []
    assert units("Version 1.2 of x.y is out.", "sentences", span_sentences=1) == ["Version 1.2 of x.y is out."]


def test_short_units_and_signs_are_left_alone() -> None:
    assert units("Menu\n------------------------------\nA line that is long.", "lines") == [
        "Menu",
        "A line that is long.",
    ]
    assert units("Menu\nA line that is long.", "lines", minimum_characters=20) == ["A line that is long."]
    assert units("Menu\nA line that is long.", "lines", minimum_characters=21) == []


def test_a_cut_takes_lines_and_leaves_the_others_as_they_were() -> None:
    text = "Home | Login\n\nFirst paragraph.\n  indented\n\nHome | Login\n\nSecond  one.\nHOME | LOGIN"
    left = "First paragraph.\n  indented\n\nSecond  one."
    assert cut(text, "lines", "home | login") == (left, Edit("repeated_lines", 3, len(text) - len(left)))


def test_no_gap_is_left_where_a_line_was() -> None:
    found = cut("First.\nHome\nSecond.", "lines", "Home")
    assert found is not None
    assert found[0] == "First.\nSecond."


def test_a_sentence_goes_if_any_run_that_it_stands_in_does() -> None:
    text = "First one. Second one. Third one.\nFourth one. Fifth one."
    found = cut(text, "sentences", "second one. THIRD one. Fourth, one!")
    assert found == ("First one.\nFifth one.", Edit("repeated_sentences", 3, len(text) - 21))
    assert cut(text, "sentences", "Second one. Third one.") is None
    assert cut(text, "sentences", text) == ("", Edit("repeated_sentences", 5, len(text)))


def test_a_text_without_what_recurs_is_not_touched() -> None:
    assert cut("One\n\n\n\nTwo ", "lines", "Three") is None


def test_what_stays_is_left() -> None:
    document = divided("One\nTwo\nThree\ntwo", made("lines"))
    repeated = np.array([True, True, False, True])
    found = document.without(repeated, np.array([False, True, False, True]))
    assert found is not None
    assert found[0] == "Two\nThree\ntwo"
    assert document.without(repeated, repeated) is None


def test_units_count_once_a_text() -> None:
    hashes, counts = unit_hashes(["One\nTwo\none", "", "two"], made("lines"))
    one, two, three = (set(part.tolist()) for part in np.split(hashes, np.cumsum(counts)[:-1]))
    assert counts.tolist() == [2, 0, 1]
    assert (three < one, two) == (True, set())


def test_units_that_are_shown_stand_as_in_their_text() -> None:
    document = divided(" One \nTwo\nthree", made("lines"))
    shown = list(document.shown(np.array([True, False, True]), np.array([7, 8, 9])))
    assert shown == [(int(document.hashes[0]), 7, "One"), (int(document.hashes[2]), 9, "three")]


@pytest.mark.parametrize("unit", ["lines", "paragraphs", "sentences", "substrings"])
@pytest.mark.parametrize(
    "text",
    ["", " \n", "\x00", "\ud800", "a" * 2_000_000, "x\n" * 30_000, "." * 2_000_000, "." * 500_000 + "a" * 500_000],
    ids=lambda text: ascii(text[-2:]),
)
def test_hostile_texts_take_no_time(unit: str, text: str) -> None:
    started = time.process_time()
    document = divided(text, made(unit))
    repeated = np.ones(len(document.hashes), np.bool_)
    found = document.without(repeated, np.zeros_like(repeated))
    assert found is None or found[0] == ""
    assert time.process_time() - started < 4
