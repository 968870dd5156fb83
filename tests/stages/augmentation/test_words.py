"""Words that are misspelt, split, exchanged or missing."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.augmentation.prose import words_by_line, words_of_prose
from tests.stages.augmentation.texts import CHINESE, PROSE, change, corpus

check = settings(derandomize=True, deadline=None, max_examples=150)
TEXTS = st.text("abcXYé漢.-(1🙂 \n\t\u00a0\u2028\r", max_size=80)
RATES = st.sampled_from([0.1, 0.5, 1.0])


def words(text, language="en"):
    return [text[start:stop] for start, stop in words_of_prose(text, language)]


def test_a_misspelling_is_one_that_people_made():
    found = {change("spelling", "their", 1.0, seed).text for seed in range(50)}
    assert "thier" in found and all(word.replace("'", "").isalpha() for word in found)
    assert "their" not in found


def test_misspelt_words_keep_their_case():
    assert change("spelling", "Their", 1.0).text.istitle()
    assert change("spelling", "THEIR", 1.0).text.isupper()


def test_only_english_is_misspelt():
    changed = change("spelling", "their night", 1.0, language="de")
    assert (changed.text, changed.edits, changed.units) == ("their night", 0, 2)


def test_a_right_word_is_never_taken_for_the_error_of_another():
    found = {change("spelling", "thier", 1.0, seed).text for seed in range(20)}
    assert found == {"thier"}


def test_a_word_is_split_once_at_any_place():
    found = {change("split", "river", 1.0, seed).text for seed in range(100)}
    assert found == {"r iver", "ri ver", "riv er", "rive r"}
    assert change("split", "the sea", 1.0).edits == 0


def test_words_of_chinese_are_split_swapped_and_deleted():
    assert re.sub(" ", "", change("split", CHINESE, 0.5, language="zh").text) == CHINESE
    swapped = change("word_swap", CHINESE, 0.5, language="zh")
    assert swapped.edits > 5 and Counter(swapped.text) == Counter(CHINESE)
    deleted = change("word_delete", CHINESE, 0.3, language="zh")
    assert len(deleted.text) < len(CHINESE) and " " not in deleted.text


@check
@given(TEXTS, RATES, st.integers(0, 99))
def test_swapped_words_stay_whole_and_on_their_line(text, rate, seed):
    changed = change("word_swap", text, rate, seed).text
    for before, after in zip(text.splitlines(), changed.splitlines(), strict=True):
        assert Counter(words(before)) == Counter(words(after))


def test_every_neighbour_can_be_swapped_and_none_further_away():
    found = {change("word_swap", "a, b c d", 0.5, seed).text for seed in range(60)}
    assert found == {"b, a c d", "a, c b d", "a, b d c"}


def test_no_word_is_swapped_over_a_number_or_code():
    for seed in range(20):
        assert change("word_swap", "one 2 three foo_bar four", 1.0, seed).edits == 0


@check
@given(TEXTS, RATES, st.integers(0, 99), st.sampled_from(["word_delete", "word_crop"]))
def test_no_line_loses_its_last_word_its_indentation_or_anything_but_words_and_spaces(text, rate, seed, name):
    changed = change(name, text, rate, seed)
    lines = words_by_line(text, words_of_prose(text))
    assert changed.edits <= changed.units - len(lines)
    rest = iter(text)
    assert all(character in rest for character in changed.text)
    for before, after in zip(text.splitlines(), changed.text.splitlines(), strict=True):
        assert bool(words(before)) == bool(words(after))
        assert re.match(r"\s*", after)[0] == re.match(r"\s*", before)[0]
        assert re.sub(r"[\w\s.-]", "", after) == re.sub(r"[\w\s.-]", "", before)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("one two three", {"one two", "two three", "one three"}),
        ("    one  two", {"    one", "    two"}),
        ("one, two (three)", {", two (three)", "one, (three)", "one, two ()"}),
        ("one\ntwo", {"one\ntwo"}),
    ],
)
def test_with_a_word_goes_one_run_of_spaces(text, kept):
    rate = 1 / max(len(words(text)), 1)
    assert {change("word_delete", text, rate, seed).text for seed in range(60)} == kept


@pytest.mark.parametrize("name", ["word_delete", "word_crop"])
def test_all_words_but_one_a_line_can_go(name):
    changed = change(name, PROSE, 1.0)
    assert [len(words(line)) for line in changed.text.splitlines()] == [1, 0, 1]
    assert changed.edits == changed.units - 2


def test_a_crop_is_one_run_of_words():
    line = " ".join(f"word{chr(97 + number)}" for number in range(20))
    found = set()
    for seed in range(200):
        kept = words(change("word_crop", line, 0.25, seed).text)
        gone = [place for place, word in enumerate(words(line)) if word not in kept]
        assert len(gone) == 5 and gone[-1] - gone[0] == 4
        found.add(gone[0])
    assert found == set(range(16))


def test_a_crop_over_lines_leaves_a_word_of_each():
    text = "\n".join(" ".join(f"{row}{word}" for word in "abcdef") for row in ("x", "y", "z"))
    for seed in range(100):
        changed = change("word_crop", text, 0.5, seed).text
        gone = "".join(str(int(word not in changed.split())) for word in text.split())
        assert gone.count("1") == 9 and min(len(line.split()) for line in changed.split("\n")) >= 1
        # Between the first and the last word that went, no more than one word of a line stays.
        inside = gone[gone.index("1") : gone.rindex("1") + 1]
        assert inside.count("0") <= 2


def test_deleted_words_are_counted():
    (text,) = corpus(documents=1)
    for name in ("word_delete", "word_crop"):
        changed = change(name, text, 0.2)
        assert len(words(text)) - len(words(changed.text)) == changed.edits
