"""The join of held-out documents with all others: every pair that is similar enough, and no other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates import held_out
from stages.near_duplicates.held_out import HeldOut, nearest, prefix_lengths, shared_needed
from stages.near_duplicates.signatures import jaccard

check = settings(derandomize=True, deadline=None, max_examples=300)
SIMILARITIES = st.sampled_from([0.7, 0.8, 1.0, 1 / 3, 0.5, 0.05, 2 / 3, 0.1 + 0.2])
SPREAD = 0x9E3779B97F4A7C15


def as_set(numbers):
    """A set of hashes that lie all over the range, as those of shingles do."""
    return np.unique(np.array([number * SPREAD % 2**64 for number in numbers], np.uint64))


SETS = st.lists(st.sets(st.integers(0, 30), max_size=20).map(as_set), max_size=12)


def brute_force(sets, others, similarity):
    return [
        (place, other, jaccard(left, right))
        for place, left in enumerate(sets)
        for other, right in enumerate(others)
        if jaccard(left, right) >= similarity
    ]


def found(sets, others, similarity):
    matches = HeldOut.of(range(len(others)), others).matches(sets, similarity)
    assert [column.dtype for column in matches] == [np.int64, np.int64, np.float64]
    return list(zip(*(column.tolist() for column in matches), strict=True))


def random_sets(seed, count, size=60):
    generator = np.random.default_rng(seed)
    return [np.unique(generator.integers(0, 2**64, size, dtype=np.uint64)) for _ in range(count)]


@check
@given(SETS, SETS, SIMILARITIES)
def test_all_pairs_and_no_other_in_order(sets, others, similarity):
    assert found(sets, others, similarity) == brute_force(sets, others, similarity)


@check
@given(SETS, SETS, SIMILARITIES, st.integers(1, 40), st.integers(1, 40), st.integers(0, 3))
def test_neither_blocks_nor_common_shingles_change_the_result(sets, others, similarity, shingles, pairs, common):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, "BLOCK_SHINGLES", shingles)
        patch.setattr(held_out, "BLOCK_PAIRS", pairs)
        patch.setattr(held_out, "COMMON_DOCUMENTS", common)
        assert found(sets, others, similarity) == brute_force(sets, others, similarity)


@pytest.mark.parametrize("similarity", [0.05, 1 / 3, 0.5, 0.7, 0.8, 0.99, 1.0])
def test_sets_of_many_sizes_that_share_much(similarity):
    generator = np.random.default_rng(5)
    base = random_sets(1, 6, 150)
    menu = random_sets(2, 1, 40)[0]
    sets = [
        np.unique(np.concatenate([one[: generator.integers(1, len(one) + 1)], menu[generator.integers(0, 41) :]]))
        for one in base * 8
    ]
    expected = brute_force(sets, sets[::3], similarity)
    assert found(sets, sets[::3], similarity) == expected
    assert len(expected) >= 16


@pytest.mark.parametrize(("shared", "size", "similarity"), [(7, 10, 0.7), (4, 5, 0.8), (1, 3, 1 / 3), (9, 9, 1.0)])
@pytest.mark.parametrize("times", [1, 3, 41])
def test_a_pair_at_the_threshold_itself_counts_and_one_just_below_does_not(shared, size, similarity, times):
    # Two sets of equal sizes that share `shared * times` of `size * times` elements in all.
    rest = (size - shared) * times
    left = range(shared * times + rest // 2)
    right = [*range(shared * times), *range(1000, 1000 + rest - rest // 2)]
    assert [one[2] for one in found([as_set(left)], [as_set(right)], similarity)] == [similarity]
    assert found([as_set(left)], [as_set([*right, 5000])], similarity) == []


def test_every_pair_at_the_threshold_of_some_size_is_found():
    for similarity in (0.7, 0.8, 1 / 3, 0.1 + 0.2, 1 - 2**-53):
        for size in range(1, 130):
            union = as_set(range(size))
            parts = [as_set(range(shared)) for shared in range(1, size + 1)]
            assert found(parts, [union], similarity) == brute_force(parts, [union], similarity)


@pytest.mark.parametrize("similarity", [0.7, 0.8, 1 / 3, 1.0, 1e-9, 0.1 + 0.2, 1 - 2**-53])
def test_the_numbers_needed_are_the_least_that_reach_the_similarity(similarity):
    sizes = np.arange(1, 4000)
    shared = sizes - prefix_lengths(sizes, similarity) + 1
    assert (shared / sizes >= similarity).all() and ((shared - 1) / sizes < similarity).all()
    shared = shared_needed(sizes, similarity)
    assert ((shared - 1) / (sizes - shared + 1) < similarity).all()
    possible = 2 * shared <= sizes  # not of an odd number in all, if all must be shared
    assert (shared[possible] / (sizes - shared)[possible] >= similarity).all()
    assert possible[1::2].all()


def test_empty_sets_are_like_nothing():
    nothing = np.empty(0, np.uint64)
    assert found([nothing, as_set([1])], [nothing, as_set([1]), nothing], 0.7) == [(1, 1, 1.0)]
    assert found([nothing], [nothing], 0.01) == []
    assert found([], [as_set([1])], 0.7) == found([as_set([1])], [], 0.7) == found([], [], 0.7) == []


def test_the_smallest_and_the_largest_hash_count_too():
    ends = np.array([0, 1, 2**64 - 2, 2**64 - 1], np.uint64)
    assert found([ends, ends[:1], ends[3:]], [ends, ends[:1], ends[3:]], 1.0) == [(0, 0, 1), (1, 1, 1), (2, 2, 1)]


@pytest.mark.parametrize("similarity", [0.0, -0.1, 1.1, float("nan")])
def test_a_similarity_that_all_or_no_pairs_have_is_refused(similarity):
    with pytest.raises(ValueError, match="is not above 0 and at most 1"):
        HeldOut.of([1], [as_set([1])]).matches([as_set([1])], similarity)


def test_it_is_made_of_three_arrays_and_asked_for_more_than_one_similarity():
    sets = [as_set(range(10)), as_set(range(5, 15))]
    made = HeldOut.of([7, 2**64 - 1], sets)
    again = HeldOut(made.references, made.shingles, made.offsets)
    assert len(again) == 2
    assert again.references.tolist() == [7, 2**64 - 1]
    np.testing.assert_array_equal(again.set_of(1), sets[1])
    assert again.matches(sets, 0.7).held_out.tolist() == [0, 1]
    assert again.matches(sets, 0.3).held_out.tolist() == [0, 1, 0, 1]
    assert again.matches(sets, 0.7).positions.tolist() == [0, 1]


def test_few_pairs_are_compared_in_full(monkeypatch):
    menu = random_sets(3, 1, 30)[0]
    sets = [np.unique(np.concatenate([one, menu])) for one in random_sets(4, 300, 90)]
    compared = []
    monkeypatch.setattr(held_out, "jaccard", lambda left, right: compared.append(1) or jaccard(left, right))
    assert len(found(sets, sets[:50], 0.7)) == len(compared) == 50


def test_the_nearest_is_the_most_similar_and_of_equals_the_smallest_in_any_order():
    pairs = [(1, 0.7, 9), (1, 0.8, 5), (1, 0.8, 3), (2, 0.9, 4)]
    expected = {1: (0.8, 3), 2: (0.9, 4)}
    assert nearest(pairs) == nearest(pairs[::-1]) == expected
    in_parts = [(one, *found) for part in (pairs[:2], pairs[2:]) for one, found in nearest(part).items()]
    assert nearest(in_parts) == expected
