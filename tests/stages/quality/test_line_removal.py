"""Lines are taken out, and what went is booked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Edit
from stages.quality.line_removal import removals, without_lines


def without(text, *numbers):
    return without_lines(text, dict.fromkeys(numbers, "rule"))


@pytest.mark.parametrize(
    ("text", "numbers", "left"),
    [
        ("a\nb\nc", [1], "a\nc"),
        ("a\nb\nc", [0], "b\nc"),
        ("a\nb\nc\n", [2], "a\nb"),
        ("a\n\nb\n\nc", [2], "a\n\nc"),
        ("a\n\nb", [2], "a"),
        ("a\n\nb", [0], "b"),
        ("a\n\n\n\nb\nc", [5], "a\n\n\n\nb"),
        ("a\r\nb\r\n", [1], "a"),
        ("a\nb", [0, 1], ""),
        ("\n\na", [2], ""),
    ],
)
def test_no_more_than_one_blank_line_is_left_where_lines_went(text, numbers, left):
    assert without(text, *numbers)[0] == left


def test_nothing_changes_without_a_reason():
    assert without_lines("  a \r\n\n b\x85", {}) == ("  a \r\n\n b\x85", ())


def test_each_reason_is_an_edit():
    text = "one\ntwo\nthree\nfour"
    _, edits = without_lines(text, {0: "x", 1: "y", 2: "x"})
    assert edits == (Edit("x", 2, 10), Edit("y", 1, 4))


def test_removals_are_booked_without_line_breaks_and_blank_lines():
    assert removals(["one", "", "three"], {0: "x", 1: "x", 2: "y"}) == (Edit("x", 1, 3), Edit("y", 1, 5))


@settings(deadline=None)
@given(st.text(alphabet="ab \n\r\x0b\u2028", max_size=30), st.sets(st.integers(0, 12)))
def test_edits_add_up_to_what_a_text_lost(text, numbers):
    numbers = {number for number in numbers if number < len(text.splitlines())}
    left, edits = without(text, *numbers)
    assert sum(edit.characters for edit in edits) == len(text) - len(left)
    assert sum(edit.count for edit in edits) == len(numbers)
