"""The n-gram kernels against plain counting: both the same, and the same as each other."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.quality.joined_ngrams import joined_duplicates
from stages.quality.ngrams import COVERED_SIZES, TOP_SIZES, repeats
from stages.quality.prepared import Prepared

WORDS = st.integers(1, 8).flatmap(
    lambda kinds: st.lists(st.sampled_from(["a", "bb", "ab", "b", "ccc", "aab", "d", "é"][:kinds]), max_size=70)
)
LONG_WORDS = st.lists(st.sampled_from(["abcdefgh", "abcd", "efgh", "efghabcd", "h", "é", "\u01e9", "😀"]), max_size=60)
KERNELS = [
    pytest.param((1_000_000, 65_535), id="short"),
    pytest.param((0, 65_535), id="long"),
    pytest.param((0, 2), id="long with many different words"),
]


@pytest.fixture(params=KERNELS)
def kernel(request):
    """Chooses the kernel, and below how many different words it takes small numbers for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.quality.ngrams.LONG_TEXT_WORDS", request.param[0])
        patch.setattr("stages.quality.prepared.LONG_TEXT_WORDS", request.param[0])
        patch.setattr("stages.quality.prepared.SMALL_NUMBERS", request.param[1])
        yield


def prepared(words):
    return Prepared(" ".join(words), "en")


def stops(words):
    return np.cumsum([0, *map(len, words)])


def grams(words, size):
    return [tuple(words[place : place + size]) for place in range(len(words) - size + 1)]


def plain_top(words, size, gap):
    counts = Counter(grams(words, size))
    most = max(counts.values(), default=0)
    lengths = [sum(map(len, gram)) + gap * (size - 1) for gram, count in counts.items() if count == most]
    return (most, max(lengths), lengths[0]) if most > 1 else None


def plain_covered(words, size, gap):
    seen, inside, between = set(), set(), set()
    for place, gram in enumerate(grams(words, size)):
        if gram in seen:
            inside.update(range(place, place + size))
            between.update(range(place, place + size - 1))
        if gram in seen and place - 1 in inside:
            between.add(place - 1)
        seen.add(gram)
    return sum(len(words[place]) for place in inside) + gap * len(between)


def plain_joined(words, size):
    seen, characters, place = set(), 0, 0
    while place <= len(words) - size:
        gram = "".join(words[place : place + size])
        characters += len(gram) if gram in seen else 0
        place += size if gram in seen else 1
        seen.add(gram)
    return characters


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS, gap=st.sampled_from([0, 1]))
@pytest.mark.usefixtures("kernel")
def test_repeats_are_those_of_plain_counting(words, gap):
    found = repeats(prepared(words), gap)
    assert repeats(prepared(words), gap, covered=False).top == found.top
    tops = [plain_top(words, size, gap) for size in TOP_SIZES]
    assert [tuple(top) for top in found.top] == [top for top in tops if top]
    covered = [plain_covered(words, size, gap) for size in COVERED_SIZES]
    assert (found.covered + [0] * len(COVERED_SIZES))[: len(COVERED_SIZES)] == covered


@pytest.mark.parametrize("many_places", [pytest.param(1_000_000, id="read"), pytest.param(0, id="hashed first")])
@settings(deadline=None, max_examples=200)
@given(words=WORDS | LONG_WORDS)
def test_joined_duplicates_are_those_of_plain_counting(many_places, words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.quality.joined_ngrams.MANY_PLACES", many_places)
        found = joined_duplicates("".join(words), stops(words), COVERED_SIZES)
        assert joined_duplicates("".join(words), stops(words), (5,)) == found[:1]
    assert found == [plain_joined(words, size) for size in COVERED_SIZES]


@pytest.mark.usefixtures("kernel")
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_words_have_numbers_counts_and_stops(words):
    text = prepared(words)
    different = list(dict.fromkeys(words))
    assert text.word_codes.tolist() == [different.index(word) for word in words]
    assert list(text.word_counts.items()) == [(word, words.count(word)) for word in different]
    assert text.word_stops.tolist() == stops(words).tolist()


def test_texts_above_the_table_of_powers_are_hashed_too():
    words = [str(number) for number in range(20_000)] + ["100", "101", "102", "103", "104", "x"]
    assert joined_duplicates("".join(words), stops(words), (5, 6)) == [15, 0]


def test_words_that_only_join_to_the_same_are_equal_for_datatrove_alone():
    words = ["ab", "c", "d", "e", "f", "x", "a", "bc", "d", "e", "f"]
    assert repeats(prepared(words), 1).covered == []
    assert joined_duplicates("".join(words), stops(words), (5,)) == [6]


def test_overlapping_duplicates_count_a_character_once():
    words = ["w"] * 20
    share = repeats(prepared(words), 1).covered
    assert share[0] == len(" ".join(words[1:]))


@pytest.mark.usefixtures("kernel")
def test_duplicates_that_touch_are_one_passage():
    one, two = ["a", "b", "c", "d", "e"], ["f", "g", "h", "i", "j"]
    covered = repeats(prepared([*one, "x", *two, "y", *one, *two]), 1).covered
    assert covered[0] == len(" ".join(one + two))


def test_word_stops_say_where_words_begin_and_end():
    assert Prepared("ab c def", "en").word_stops.tolist() == [0, 2, 3, 6]
