"""What counts as a word of prose, and that changing some leaves all else alone."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.augmentation.change import Change
from stages.augmentation.prose import edit_words, neighbours, shared_out, words_by_line, words_of_prose

check = settings(derandomize=True, deadline=None, max_examples=200)
TEXTS = st.text("abcXYé1漢.-'’🙂(_= \n\t\u00a0\u2028\r\x85\u0301\u200d", max_size=80)


def words(text, language="en"):
    return [text[start:stop] for start, stop in words_of_prose(text, language)]


def upper(text, rate, seed=1, language="en"):
    return edit_words(
        text, rate, random.Random(seed), str.islower, lambda found: [one.upper() for one in found], language
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The river, “the lane” (or both)!", ["The", "river", "the", "lane", "or", "both"]),
        (
            "village's half-dead l'eau l’eau e.g. col·legi",
            ["village's", "half-dead", "l'eau", "l’eau", "e.g", "col·legi"],
        ),
        ("night--and then—this *bold* _set_", ["night", "and", "then", "this", "bold", "set"]),
        ("the flood.[1] A calf,so", ["the", "flood", "A", "calf", "so"]),
        ("in 1990 and 1990s, 3rd, B2B", ["in", "and"]),
        ("हिन्दी में कि", ["हिन्दी", "में", "कि"]),
        ("zu\u0308ge می\u200cروم", ["zu\u0308ge", "می\u200cروم"]),
        ("Он сказал: 你好世界", ["Он", "сказал", "你好世界"]),
        ("a\ud800b 🙂 \0x", ["a", "b", "x"]),
        ("", []),
    ],
)
def test_a_word_is_a_run_of_letters_with_what_belongs_inside(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    "token",
    [
        "https://a.test/b", "www.a.test", "d.e@f.test", "/usr/bin/env", "./run", "~/x", "src/main", "C:\\new",
        "snake_case",
        "__init__", "camelCase", "camelCase()", "print(x)", "list[index]", "--option", "-v", "os.path",
        "$HOME", "%name",
        "x=y", "{name}", "std::map", "key:value", "`git commit`", "<b>", '<a href="x y">', "&amp;", "C++",
    ],
)  # fmt: skip
def test_a_token_of_code_holds_no_word(token):
    assert words(f"we see {token} here, ({token}).") == ["we", "see", "here"]


def test_words_of_languages_without_spaces_are_pieces():
    assert words("夜里河水上涨，村里没有人。", "zh") == ["夜", "里", "河水", "上涨", "村", "里", "没有", "人"]
    assert len(words("ไม่มีใครจำได้ว่าเคยมีฝน", "th")) > 3
    assert words("使用Python的foo_bar和--all以及https://a.b/c等", "zh") == ["使用", "Python", "的", "和", "以及", "等"]


@check
@given(TEXTS)
def test_words_are_disjoint_in_order_and_hold_no_white_space(text):
    for language in ("en", "zh"):
        end = 0
        for start, stop in words_of_prose(text, language):
            assert end <= start < stop <= len(text)
            assert not re.search(r"[\s\d_]", text[start:stop])
            end = stop


@check
@given(TEXTS, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 99))
def test_nothing_but_the_chosen_words_changes(text, rate, seed):
    change = upper(text, rate, seed)
    assert len(change.text) == len(text) and change.units == len(words_of_prose(text))
    within = {place for start, stop in words_of_prose(text) for place in range(start, stop)}
    assert all(place in within for place in range(len(text)) if text[place] != change.text[place])


def test_the_rate_is_a_share_of_all_words_and_capped_by_those_that_can_change():
    assert upper("a b c d E F G H", 0.25).edits == 2
    assert upper("a b c d E F G H", 0.9) == Change("A B C D E F G H", 4, 8)


def test_a_word_that_stays_as_it_is_is_no_edit():
    assert edit_words("a b", 1.0, random.Random(1), bool, lambda found: ["a", "x"]) == Change("a x", 1, 2)


def test_a_small_rate_is_met_on_average():
    edits = sum(upper("a b c d", 0.05, seed).edits for seed in range(2000))
    assert edits / 8000 == pytest.approx(0.05, rel=0.1)


def test_lines_and_neighbours():
    text = "one two\n\n three, four 5 six foo_bar seven"
    spans = words_of_prose(text)
    assert words_by_line(text, spans) == [[0, 1], [2, 3, 4, 5]]
    assert neighbours(text, spans) == [[0, 1], [2, 3], [4], [5]]


def test_every_place_is_equally_likely_to_get_an_edit():
    counts = [0, 0, 0]
    for seed in range(3000):
        for number, edits in shared_out([1, 0, 3], 1, random.Random(seed)):
            counts[number] += edits
    assert counts[1] == 0 and counts[2] / counts[0] == pytest.approx(3, rel=0.15)
