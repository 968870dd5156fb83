"""Stars of equal keys, and what edges connect, by one call or by rounds, against plain forms."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates.clusters import connected_components, large_star, small_star, stars, unique_edges

check = settings(derandomize=True, deadline=None, max_examples=200)
EDGES = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=25)


def ends(pairs):
    array = np.array(pairs, np.uint64).reshape(-1, 2)
    return array[:, 0].copy(), array[:, 1].copy()


def plain_labels(pairs):
    labels = {node: node for pair in pairs for node in pair}
    for _ in labels:
        for left, right in pairs:
            labels[left] = labels[right] = min(labels[left], labels[right])
    return labels


def labels_by_rounds(pairs):
    """What the rounds of the corpus job do, with all nodes in one part."""
    nodes, neighbours = ends([pair for pair in pairs if pair[0] != pair[1]])
    rounds = 0
    while True:
        before = {*zip(nodes.tolist(), neighbours.tolist(), strict=True)}
        nodes, neighbours = np.concatenate([nodes, neighbours]), np.concatenate([neighbours, nodes])
        nodes, neighbours = small_star(*large_star(nodes, neighbours))
        rounds += 1
        if {*zip(nodes.tolist(), neighbours.tolist(), strict=True)} == before:
            labels = dict(zip(nodes.tolist(), neighbours.tolist(), strict=True))
            return {**labels, **{label: label for label in labels.values()}}, rounds


@check
@given(st.lists(st.integers(0, 9), max_size=30), st.randoms(use_true_random=False))
def test_a_star_holds_every_document_of_a_repeated_key_in_any_order(keys, generator):
    rows = [(2**64 - 1 - key, 100 + place) for place, key in enumerate(keys)]
    members = {key: [reference for other, reference in rows if other == key] for key, _ in sorted(rows)}
    expected = [(group[0], one) for group in members.values() if len(group) > 1 for one in group]
    generator.shuffle(rows)
    centres, found = stars(*ends(rows))
    assert [*zip(centres.tolist(), found.tolist(), strict=True)] == expected


@check
@given(EDGES)
def test_labels_are_the_smallest_node_of_the_component(pairs):
    nodes, labels = connected_components(*ends(pairs))
    assert dict(zip(nodes.tolist(), labels.tolist(), strict=True)) == plain_labels(pairs)
    assert nodes.tolist() == sorted(set(nodes.tolist()))
    assert nodes.dtype == labels.dtype == np.uint64


@check
@given(EDGES)
def test_rounds_of_stars_end_with_the_same_labels(pairs):
    pairs = [pair for pair in pairs if pair[0] != pair[1]]
    labels, _ = labels_by_rounds(pairs)
    assert labels == plain_labels(pairs)


def test_a_long_chain_is_one_component_after_few_rounds():
    chain = [(place, place + 1) for place in range(999)]
    shuffled = np.random.default_rng(1).permutation(chain)
    assert (connected_components(*ends(shuffled))[1] == 0).all()
    labels, rounds = labels_by_rounds(shuffled)
    assert set(labels.values()) == {0}
    assert rounds <= 12


def test_nodes_are_64_bit_numbers():
    large = 2**64 - 1
    nodes, labels = connected_components(*ends([(large, large - 1), (5, large)]))
    assert nodes.tolist() == [5, large - 1, large] and labels.tolist() == [5, 5, 5]
    assert labels_by_rounds([(large, large - 1), (5, large)])[0] == {5: 5, large - 1: 5, large: 5}


def test_nothing_is_connected_without_edges():
    for found in (connected_components(*ends([])), large_star(*ends([])), small_star(*ends([])), stars(*ends([]))):
        assert [len(one) for one in found] == [0, 0]


def test_edges_are_there_once_and_in_order():
    left, right = unique_edges(*ends([(3, 1), (2, 9), (3, 1), (2, 1)]))
    assert [*zip(left.tolist(), right.tolist(), strict=True)] == [(2, 1), (2, 9), (3, 1)]
