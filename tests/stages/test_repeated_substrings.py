"""Repeated substrings: what brute force finds over words is found and no more, and a cut leaves the rest readable."""

import re
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Edit
from stages.near_duplicates import word_windows
from stages.near_duplicates.word_windows import window_hashes, word_places
from stages.recipe import RepeatedText
from stages.repeated_substrings import windows_of
from stages.repeated_text import divided, unit_hashes

check = settings(derandomize=True, deadline=None, max_examples=300)
WORDS = st.sampled_from(["a", "A", "b", "b_1", "É", "漢", "字"])
GAPS = st.sampled_from([" ", " ", " ", "\n", ", ", ".\n\n", "-", " (", "", "\n- ", "\r\n", "…"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=16).map(lambda parts: "".join(map("".join, parts)))
CORPORA = st.lists(TEXTS, max_size=5)
SIZES = st.integers(3, 5)


def words(text):
    return [word.lower() for word in re.findall(r"[漢字]|(?:(?![漢字])\w)+", text)]


def cut_all(corpus, size, minimum=2, *, keep_first=False):
    """The texts of a corpus in the order of their ids after a cut, with their edits, as the jobs do it."""
    made = RepeatedText(unit="substrings", substring_words=size)
    hashes, counts = unit_hashes(corpus, made)
    by_text = [part.tolist() for part in np.split(hashes, np.cumsum(counts)[:-1])] if corpus else []
    contents = {tuple(words(text)): part for text, part in zip(corpus[::-1], by_text[::-1], strict=True)}
    times = Counter(one for part in contents.values() for one in part)
    first = {}
    for text, part in zip(corpus, by_text, strict=True):
        for one in part:
            first.setdefault(one, words(text))
    found = []
    for text in corpus:
        document = divided(text, made)
        repeated = np.array([times[one] >= minimum for one in document.hashes.tolist()], bool)
        stays = np.array([keep_first and first[one] == words(text) for one in document.hashes.tolist()], bool)
        found.append(document.without(repeated, repeated & stays) or (text, None))
    return found


def common_spans(corpus, size):
    """Which words of each text are in a span of so many words or more that stands at two places, pair by pair."""
    found = [words(text) for text in corpus]
    contents = {tuple(one): one for one in found}.values()
    places = [(one, start) for one in contents for start in range(len(one))]
    gone = {id(one): set() for one in contents}
    for number, (left, i) in enumerate(places):
        for right, j in places[:number]:
            length = 0
            while i + length < len(left) and j + length < len(right) and left[i + length] == right[j + length]:
                length += 1
            if length >= size:
                gone[id(left)].update(range(i, i + length))
                gone[id(right)].update(range(j, j + length))
    of_content = {tuple(one): gone[id(one)] for one in contents}
    return [of_content[tuple(one)] for one in found]


@check
@given(CORPORA, SIZES)
def test_all_goes_that_brute_force_finds_and_no_more(corpus, size):
    cut = cut_all(corpus, size)
    for text, gone, (left, edit) in zip(corpus, common_spans(corpus, size), cut, strict=True):
        assert words(left) == [word for place, word in enumerate(words(text)) if place not in gone]
        begins = [place for place in gone if place - 1 not in gone]
        assert edit == (Edit("repeated_substrings", len(begins), len(text) - len(left)) if gone else None)


@check
@given(CORPORA, SIZES, st.integers(2, 4), st.booleans())
def test_what_goes_is_what_windows_of_plain_words_say(corpus, size, minimum, keep_first):
    cut = cut_all(corpus, size, minimum, keep_first=keep_first)
    found = [words(text) for text in corpus]
    windows = [[tuple(one[start : start + size]) for start in range(len(one) - size + 1)] for one in found]
    contents = dict(zip(map(tuple, found), windows, strict=True))
    times = Counter(window for every in contents.values() for window in every)
    owner = {}
    for one, every in zip(found, windows, strict=True):
        for window in every:
            owner.setdefault(window, one)
    for text, one, every, (left, _) in zip(corpus, found, windows, cut, strict=True):
        gone, kept = set(), set()
        for start, window in enumerate(every):
            if times[window] >= minimum:
                first = keep_first and owner[window] == one and every.index(window) == start
                (kept if first else gone).update(range(start, start + size))
        assert words(left) == [word for place, word in enumerate(words(text)) if place not in gone - kept]


@check
@given(CORPORA, SIZES)
def test_if_the_first_stays_no_window_is_lost(corpus, size):
    def windows(texts):
        every = [words(text) for text in texts]
        return {tuple(one[start : start + size]) for one in every for start in range(len(one) - size + 1)}

    times = Counter(
        window for text in {tuple(words(text)): text for text in corpus}.values() for window in windows([text])
    )
    repeated = {window for window, number in times.items() if number > 1}
    assert repeated <= windows(left for left, _ in cut_all(corpus, size, keep_first=True))


@check
@given(st.lists(TEXTS, max_size=6), st.integers(1, 6), st.integers(1, 9))
def test_hashes_do_not_depend_on_batches_and_blocks(texts, size, block):
    together, counts = window_hashes(texts, size)
    alone = [windows_of(text, size).hashes for text in texts]
    assert counts.tolist() == [max(len(words(text)) - size + 1, 0) for text in texts] == list(map(len, alone))
    np.testing.assert_array_equal(together, np.concatenate([np.empty(0, np.uint64), *alone]))
    usual, word_windows.BLOCK_WORDS = word_windows.BLOCK_WORDS, block
    try:
        np.testing.assert_array_equal(window_hashes(texts, size)[0], together)
    finally:
        word_windows.BLOCK_WORDS = usual


@check
@given(st.lists(TEXTS, max_size=6), SIZES)
def test_windows_have_equal_hashes_if_they_have_equal_words(texts, size):
    every = [words(text) for text in texts]
    windows = [tuple(one[start : start + size]) for one in every for start in range(len(one) - size + 1)]
    hashes = window_hashes(texts, size)[0].tolist()
    assert len(set(hashes)) == len(set(windows)) == len(set(zip(hashes, windows, strict=True)))


def test_hashes_spread_over_all_bits():
    hashes = window_hashes([" ".join(map(str, range(20_000)))], 50)[0]
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1)
    assert len(np.unique(hashes)) == len(hashes)
    assert abs(bits.mean(axis=0) - 0.5).max() < 0.02


def test_words_in_another_order_are_another_window():
    first = [f"word{number}" for number in range(50)]
    orders = {tuple(np.random.default_rng(seed).permutation(first)) for seed in range(500)}
    hashes = window_hashes([" ".join(order) for order in orders], 50)[0]
    assert len(np.unique(hashes)) == len(orders)


ALL_THREE = "one two three"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Before. One two three. After.", "Before. After."),
        ("Before. (One, two - three!) After.", "Before. After."),
        ("One two\nthree: after", "after"),
        ("before: one two three.", "before:"),
        ("«One two three»", ""),
        ("Before.\n\nOne two three.\n\nAfter.", "Before.\n\nAfter."),
        ("Before.\nOne two three.\nAfter.", "Before.\nAfter."),
        ("Before.\n- one two\n- three\n- after", "Before.\n- after"),
        ("Before.\n---\n* one two\n  three |\n---\nAfter.", "Before.\n---\n---\nAfter."),
        ("Before one two three.\n\nAfter.", "Before\n\nAfter."),
        ("Before.\n\nOne two three. After.", "Before.\n\nAfter."),
        ("Before.\n\nOne two three.\n    indented", "Before.\n\n    indented"),
        ("Before.\n    One two three and more.", "Before.\n    and more."),
        ("before\tone two three  after", "before  after"),
        ("before-one-two-three-after", "before-after"),
        ("漢字one two three漢字", "漢字漢字"),
        ("before漢字after", None),
        ("ONE Two tHREE four ONE TWO THREE", "four"),
        ("one two three two three", "two three"),
        ("one two", None),
    ],
)
def test_a_cut_leaves_words_apart_and_lines_whole(text, left):
    document = windows_of(text, 3)
    repeated = np.isin(document.hashes, windows_of(ALL_THREE, 3).hashes)
    found = document.without(repeated, np.zeros_like(repeated))
    assert (found and found[0]) == left


def test_words_that_a_cut_joins_are_kept_apart():
    document = windows_of("before漢字漢after", 3)
    found = document.without(document.hashes == windows_of("漢字漢", 3).hashes, np.zeros(len(document.hashes), bool))
    assert found == ("before after", Edit("repeated_substrings", 1, 2))


@pytest.mark.parametrize(
    ("text", "first_stays", "none_stays"),
    [
        ("a a a a a a a", "a a a", ""),
        ("a a a a", "a a a", ""),
        ("a a a", "a a a", "a a a"),
        ("x a b c y a b c z", "x a b c y z", "x y z"),
        ("a b a b a b", "a b a b", ""),
        ("一二三一二三四", "一二三四", "四"),
    ],
)
def test_a_text_that_repeats_itself(text, first_stays, none_stays):
    assert cut_all([text], 3, keep_first=True)[0][0] == first_stays
    assert cut_all([text], 3)[0][0] == none_stays


def test_the_first_keeps_its_whole_span_and_so_do_its_copies():
    span = "s1 s2 s3 s4 s5 s6"
    first, copy, other = f"Begin {span} end.", f"BEGIN; {span}: END", f"Other {span} text {span}"
    found = [text for text, _ in cut_all([first, copy, other], 3, keep_first=True)]
    assert found == [first, copy, "Other text"]


def test_copies_of_one_text_count_once():
    corpus = ["a b c d e f", "A b c. D e f!"]
    assert cut_all(corpus, 3) == [(text, None) for text in corpus]


def test_spans_are_shown_once_with_how_often_they_occur():
    document = windows_of("x A b, c d y. a b c d", 3)
    hashes = {name: int(window_hashes([name], 3)[0][0]) for name in ("a b c", "b c d", "d y a")}
    chosen = np.isin(document.hashes, np.array(list(hashes.values()), np.uint64))
    shown = list(document.shown(chosen, np.where(document.hashes == hashes["d y a"], 9, 2)))
    assert shown == [(hashes["a b c"], 2, "A b, c d"), (hashes["d y a"], 9, "d y. a")]
    assert list(document.shown(np.zeros_like(chosen), np.zeros(len(chosen), np.int64))) == []


def test_places_are_those_of_characters():
    text = "𝔸b, c\u0301漢\ud800x"
    starts, stops = word_places(text)
    assert [text[start:stop] for start, stop in zip(starts, stops, strict=True)] == ["𝔸b", "c\u0301", "漢", "x"]


@pytest.mark.parametrize("gone", [2, 20_000])
def test_time_is_linear_in_the_number_of_spans(gone):
    text = " ".join(f"word{number % gone} .\n" if number % 3 else f"own{number}" for number in range(300_000))
    started = time.process_time()
    document = windows_of(text, 2)
    _, which, times = np.unique(document.hashes, return_inverse=True, return_counts=True)
    repeated = times[which] > 1
    found = document.without(repeated, np.zeros_like(repeated))
    assert found is not None
    assert found[1].count > 1000
    assert time.process_time() - started < 8
