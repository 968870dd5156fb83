"""Groups of equal keys and connected components, against plain forms."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates.clusters import bucket_groups, connected_components

check = settings(derandomize=True, deadline=None, max_examples=200)


def as_edges(pairs):
    return np.array(pairs, np.int64).reshape(-1, 2)


@check
@given(st.lists(st.integers(0, 9).map(lambda key: 2**64 - 1 - key), max_size=30))
def test_groups_hold_every_position_of_every_repeated_key(keys):
    groups = bucket_groups(np.array(keys, np.uint64))
    positions = {key: [place for place, other in enumerate(keys) if other == key] for key in sorted(set(keys))}
    assert [group.tolist() for group in groups] == [places for places in positions.values() if len(places) > 1]
    assert all(group.dtype == np.int64 for group in groups)


@check
@given(st.integers(1, 20), st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=20))
def test_labels_are_the_smallest_position_of_the_component(count, pairs):
    pairs = [(left % count, right % count) for left, right in pairs]
    labels = list(range(count))
    for _ in range(count):
        for left, right in pairs:
            labels[left] = labels[right] = min(labels[left], labels[right])
    found = connected_components(count, as_edges(pairs))
    assert found.tolist() == labels
    assert found.dtype == np.int64


def test_a_long_chain_is_one_component():
    count = 10_000
    chain = as_edges([(place, place + 1) for place in range(count - 1)])
    shuffled = np.random.default_rng(1).permutation(chain)
    assert (connected_components(count, shuffled) == 0).all()


def test_nothing_is_connected_without_edges():
    assert connected_components(3, as_edges([])).tolist() == [0, 1, 2]
    assert connected_components(0, as_edges([])).tolist() == []
