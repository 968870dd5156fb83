"""Packing: nothing lost, nothing cut without need, little padding, always the same rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.packing import pack

WIDTHS = st.integers(1, 40)
LENGTHS = st.lists(st.integers(0, 130), max_size=80).map(lambda lengths: np.array(lengths, np.int64))
check = settings(derandomize=True, deadline=None, max_examples=150)


def used(row):
    return sum(stop - start for _, start, stop in row)


@check
@given(LENGTHS, WIDTHS)
def test_every_token_of_every_document_is_packed_once_and_in_order(lengths, width):
    pieces = sorted(piece for row in pack(lengths, width) for piece in row)
    for document, length in enumerate(lengths.tolist()):
        ends = [0]
        for _, start, stop in (piece for piece in pieces if piece[0] == document):
            assert start == ends[-1] < stop
            ends.append(stop)
        assert ends[-1] == length


@check
@given(LENGTHS, WIDTHS)
def test_no_row_is_empty_or_overfull(lengths, width):
    assert all(0 < used(row) <= width for row in pack(lengths, width))


@check
@given(LENGTHS, WIDTHS)
def test_only_documents_longer_than_a_row_are_split_and_only_at_row_widths(lengths, width):
    for row in pack(lengths, width):
        for document, start, stop in row:
            assert start % width == 0
            assert stop == min(start + width, lengths[document])


@check
@given(LENGTHS, WIDTHS)
def test_no_two_shared_rows_could_be_one(lengths, width):
    spaces = sorted(width - used(row) for row in pack(lengths, width))
    emptiest = [width - space for space in spaces if space][-2:]
    assert len(emptiest) < 2 or sum(emptiest) > width


def test_longest_first_into_the_fullest_row_that_fits():
    assert pack(np.array([3, 6, 4, 7, 2]), 10) == [[(3, 0, 7), (0, 0, 3)], [(1, 0, 6), (2, 0, 4)], [(4, 0, 2)]]
    assert pack(np.array([6, 7, 3, 3]), 10) == [[(1, 0, 7), (2, 0, 3)], [(0, 0, 6), (3, 0, 3)]]


def test_long_documents_fill_whole_rows_first_and_their_tails_are_packed():
    assert pack(np.array([2, 25, 10]), 10) == [
        [(1, 0, 10)],
        [(1, 10, 20)],
        [(2, 0, 10)],
        [(1, 20, 25), (0, 0, 2)],
    ]


def test_equal_lengths_are_taken_in_document_order():
    lengths = np.random.default_rng(1).integers(6, 8, 1000)
    documents = [document for ((document, _, _),) in pack(lengths, 10)]
    assert documents == sorted(range(1000), key=lambda document: (-lengths[document], document))


def test_of_equally_full_rows_the_last_one_is_filled_first():
    assert pack(np.array([7, 7, 3]), 10) == [[(0, 0, 7)], [(1, 0, 7), (2, 0, 3)]]


def test_pieces_are_plain_integers():
    assert {type(number) for row in pack(np.array([5, 12]), 10) for piece in row for number in piece} == {int}


@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_no_tokens_give_no_rows(lengths):
    assert pack(np.array(lengths, np.int64), 8) == []


@pytest.mark.parametrize(("lengths", "width"), [([1], 0), ([1], -2), ([3, -1], 4)])
def test_impossible_sizes_are_refused(lengths, width):
    with pytest.raises(ValueError, match=r"document|row"):
        pack(np.array(lengths, np.int64), width)


def test_real_lengths_are_packed_with_hardly_any_padding():
    # Log-normal, as fitted to web pages: median 466 tokens, a sixth of the documents longer than a row of 2,048.
    generator = np.random.default_rng(0)
    lengths = np.maximum(1, generator.lognormal(np.log(466), 1.45, 50_000)).astype(np.int64)
    rows = pack(lengths, 2048)
    assert 1 - int(lengths.sum()) / (len(rows) * 2048) < 0.0005
