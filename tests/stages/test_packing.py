"""Packing: nothing lost, nothing cut without need, little padding, always the same rows."""

import itertools
from bisect import bisect_left, insort

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.packing import PACKERS, PackedPieces, best_fit, concatenate, join_rows, one_document

WIDTHS = st.integers(1, 40)
LENGTHS = st.lists(st.integers(0, 130), max_size=80).map(lambda lengths: np.array(lengths, np.int64))
check = settings(derandomize=True, deadline=None, max_examples=150)
every_packer = pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS.keys())

Row = list[tuple[int, int, int]]


def rows_of(packed: PackedPieces) -> list[Row]:
    """The pieces of each row: document, start, stop."""
    pieces = list(zip(packed.documents.tolist(), packed.starts.tolist(), packed.stops.tolist(), strict=True))
    edges = packed.row_starts.tolist()
    return [pieces[first:last] for first, last in itertools.pairwise(edges)]


def used(row: Row) -> int:
    return sum(stop - start for _, start, stop in row)


def rows_of_best_fit_decreasing(lengths: np.ndarray, width: int) -> int:
    """How many rows the textbook's best-fit-decreasing takes, with whole rows of long documents set apart."""
    spaces: list[int] = []
    rows = int((lengths // width).sum())
    for length in sorted((lengths % width).tolist(), reverse=True):
        if not length:
            continue
        place = bisect_left(spaces, length)
        space = spaces.pop(place) if place < len(spaces) else width
        rows += space == width
        insort(spaces, space - length)
    return rows


@every_packer
@check
@given(lengths=LENGTHS, width=WIDTHS)
def test_every_token_of_every_document_is_packed_once_and_in_order(packer, lengths, width):
    pieces = sorted(piece for row in rows_of(packer(lengths, width)) for piece in row)
    for document, length in enumerate(lengths.tolist()):
        ends = [0]
        for _, start, stop in (piece for piece in pieces if piece[0] == document):
            assert start == ends[-1] < stop
            ends.append(stop)
        assert ends[-1] == length


@every_packer
@check
@given(lengths=LENGTHS, width=WIDTHS)
def test_no_row_is_empty_or_overfull(packer, lengths, width):
    packed = packer(lengths, width)
    assert all(0 < used(row) <= width for row in rows_of(packed))
    assert packed.rows >= -(-int(lengths.sum()) // width)


@every_packer
@check
@given(lengths=LENGTHS, width=WIDTHS)
def test_rows_are_in_the_order_of_their_first_pieces(packer, lengths, width):
    firsts = [row[0] for row in rows_of(packer(lengths, width))]
    assert firsts == sorted(firsts)


@every_packer
@check
@given(lengths=LENGTHS, width=WIDTHS)
def test_equal_lengths_give_equal_rows(packer, lengths, width):
    before = lengths.copy()
    first, second = packer(lengths, width), packer(lengths.copy(), width)
    assert rows_of(first) == rows_of(second)
    assert np.array_equal(lengths, before), "the input stays as it is"


@check
@given(LENGTHS, WIDTHS)
def test_best_fit_cuts_only_documents_longer_than_a_row_and_only_at_row_widths(lengths, width):
    for row in rows_of(best_fit(lengths, width)):
        for document, start, stop in row:
            assert start % width == 0
            assert stop == min(start + width, lengths[document])


@check
@given(LENGTHS, WIDTHS)
def test_best_fit_begins_a_row_with_its_longest_document(lengths, width):
    for row in rows_of(best_fit(lengths, width)):
        sizes = [stop - start for _, start, stop in row]
        assert sizes == sorted(sizes, reverse=True)


@check
@given(LENGTHS, WIDTHS)
def test_best_fit_takes_at_most_a_row_more_than_best_fit_decreasing(lengths, width):
    assert best_fit(lengths, width).rows <= rows_of_best_fit_decreasing(lengths, width) + 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("median", [20, 100, 466])
def test_best_fit_is_no_worse_than_best_fit_decreasing_on_many_documents(seed, median):
    generator = np.random.default_rng([seed, median])
    lengths = np.maximum(1, generator.lognormal(np.log(median), 1.2, 3_000)).astype(np.int64)
    assert best_fit(lengths, 513).rows <= 1.001 * rows_of_best_fit_decreasing(lengths, 513) + 1


def test_best_fit_finds_documents_that_fill_a_row_together():
    assert rows_of(best_fit(np.array([3, 6, 4, 7]), 10)) == [[(1, 0, 6), (2, 0, 4)], [(3, 0, 7), (0, 0, 3)]]
    # Best-fit-decreasing puts 3 beside 6, and then needs a third row.
    lengths = np.array([6, 5, 3, 2, 2, 2])
    assert rows_of(best_fit(lengths, 10)) == [
        [(0, 0, 6), (3, 0, 2), (4, 0, 2)],
        [(1, 0, 5), (2, 0, 3), (5, 0, 2)],
    ]
    assert rows_of_best_fit_decreasing(lengths, 10) == 3


def test_best_fit_gives_long_documents_whole_rows_and_packs_their_tails():
    assert rows_of(best_fit(np.array([2, 25, 10]), 10)) == [
        [(1, 0, 10)],
        [(1, 10, 20)],
        [(1, 20, 25), (0, 0, 2)],
        [(2, 0, 10)],
    ]


def test_best_fit_takes_equal_lengths_in_document_order():
    lengths = np.random.default_rng(1).integers(6, 8, 1000)
    documents = [row[0][0] for row in rows_of(best_fit(lengths, 10))]
    assert documents == list(range(1000))


def test_real_lengths_are_packed_with_hardly_any_padding():
    # Log-normal, as fitted to web pages: median 466 tokens, a sixth of the documents longer than a row of 2,048.
    generator = np.random.default_rng(0)
    lengths = np.maximum(1, generator.lognormal(np.log(466), 1.45, 50_000)).astype(np.int64)
    assert 1 - int(lengths.sum()) / (best_fit(lengths, 2049).rows * 2049) < 0.0005


@check
@given(LENGTHS, WIDTHS)
def test_concatenate_fills_all_rows_but_the_last_in_the_order_of_the_documents(lengths, width):
    rows = rows_of(concatenate(lengths, width))
    assert all(used(row) == width for row in rows[:-1])
    pieces = [piece for row in rows for piece in row]
    assert pieces == sorted(pieces)


def test_concatenate_cuts_where_a_row_ends():
    assert rows_of(concatenate(np.array([3, 0, 9, 2]), 5)) == [
        [(0, 0, 3), (2, 0, 2)],
        [(2, 2, 7)],
        [(2, 7, 9), (3, 0, 2)],
    ]


@check
@given(LENGTHS, WIDTHS)
def test_one_document_has_no_row_with_two(lengths, width):
    packed = one_document(lengths, width)
    assert all(len(row) == 1 for row in rows_of(packed))
    assert packed.rows == int((-(-lengths // width)).sum())


@check
@given(st.lists(LENGTHS, max_size=4), WIDTHS)
def test_rows_of_several_packings_are_joined_in_order(parts, width):
    packed = [best_fit(lengths, width) for lengths in parts]
    assert rows_of(join_rows(packed)) == [row for one in packed for row in rows_of(one)]


@every_packer
@pytest.mark.parametrize("lengths", [[], [0, 0]])
def test_no_tokens_give_no_rows(packer, lengths):
    packed = packer(np.array(lengths, np.int64), 8)
    assert (packed.rows, len(packed.documents)) == (0, 0)


@every_packer
@pytest.mark.parametrize(("lengths", "width"), [([1], 0), ([1], -2), ([3, -1], 4)])
def test_impossible_sizes_are_refused(packer, lengths, width):
    with pytest.raises(ValueError, match=r"document|row"):
        packer(np.array(lengths, np.int64), width)
