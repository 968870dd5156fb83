"""Splits: shares, stability, and whole clusters."""

import itertools
import random
from collections import Counter

import pytest

from stages.recipe import Split
from stages.splits import SPLITS, assign_split

GENERATOR = random.Random(1)
CLUSTERS = [GENERATOR.getrandbits(64) for _ in range(20_000)]


def splits(seed=1, **shares):
    return [assign_split(cluster, seed, Split(**shares)) for cluster in CLUSTERS]


def test_shares_are_met():
    counts = Counter(splits(validation=0.05, test=0.1))
    assert set(counts) == set(SPLITS)
    assert counts["validation"] / len(CLUSTERS) == pytest.approx(0.05, abs=0.006)
    assert counts["test"] / len(CLUSTERS) == pytest.approx(0.1, abs=0.008)


def test_nothing_is_held_out_without_a_share():
    assert set(splits(validation=0.0, test=0.0)) == {"train"}


def test_halves_leave_nothing_to_train_on():
    assert set(splits(validation=0.5, test=0.5)) == {"validation", "test"}


def test_neighbouring_cluster_numbers_are_independent():
    held_out = [assign_split(cluster, 1, Split(validation=0.25, test=0.25)) != "train" for cluster in range(4000)]
    both = sum(left and right for left, right in itertools.pairwise(held_out))
    assert both / len(held_out) == pytest.approx(0.25, abs=0.03)


def test_a_larger_share_only_takes_documents_out_of_training():
    for small, large in zip(splits(), splits(validation=0.2, test=0.1), strict=True):
        assert small in (large, "train")


def test_another_seed_chooses_others():
    shares = {"validation": 0.25, "test": 0.25}
    assert sum(map(str.__eq__, splits(1, **shares), splits(2, **shares))) < 0.5 * len(CLUSTERS)


def test_the_choice_is_a_stable_hash():
    thirds = Split(validation=0.3, test=0.3)
    assert [assign_split(cluster, 1, thirds) for cluster in (0, 1, 2, 3, 2**64 - 1)] == [
        "train",
        "test",
        "train",
        "train",
        "validation",
    ]
