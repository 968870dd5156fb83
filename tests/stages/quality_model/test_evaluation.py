"""What is said of a model: how well it parts two sets, and where to cut."""

import numpy as np
import pytest

from stages.quality_model.evaluation import accuracy, highest_kept, lowest_kept, quantiles, roc_auc


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float64)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ((2, 3), (0, 1), 1.0),
        ((0, 1), (2, 3), 0.0),
        ((1, 1), (1, 1), 0.5),
        ((0, 2), (1, 1), 0.5),
        ((1, 2), (1, 0), 0.875),
    ],
)
def test_the_area_counts_pairs_in_the_right_order(positive, negative, expected) -> None:
    assert roc_auc(values(*positive), values(*negative)) == expected


def test_the_area_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    source = np.random.default_rng(1)
    positive, negative = source.integers(0, 50, 200) / 10, source.integers(0, 40, 300) / 10
    expected = roc_auc_score(np.arange(500) < 200, np.concatenate((positive, negative)))
    assert roc_auc(positive, negative) == pytest.approx(expected, abs=1e-6)


def test_sets_of_different_size_weigh_the_same() -> None:
    assert accuracy(values(0.9), values(0.1, 0.2, 0.6, 0.7)) == 0.75


def test_cuts_keep_at_least_their_share_of_the_negative_set() -> None:
    positive, negative = np.linspace(0.5, 1, 11), np.linspace(0, 0.9, 10)
    for share, cut in zip((0.9, 0.5, 0.3), lowest_kept(positive, negative), strict=True):
        assert cut.negative == (negative >= cut.threshold).mean() >= share
        assert cut.positive == pytest.approx((positive >= cut.threshold).mean(), abs=1e-4)
    assert [cut.threshold for cut in lowest_kept(positive, negative)] == sorted(
        cut.threshold for cut in lowest_kept(positive, negative)
    )


def test_cuts_of_what_must_be_low_keep_at_least_their_share_too() -> None:
    positive, negative = values(10, 20, 30), values(15, 100, 200, 300, 400, 500, 600, 700, 800, 900)
    for share, cut in zip((0.9, 0.5, 0.3), highest_kept(positive, negative), strict=True):
        assert cut.negative == (negative <= cut.threshold).mean() >= share
        assert cut.positive == 1.0


def test_quantiles_are_values_that_occur() -> None:
    assert quantiles(values(*range(100, 0, -1))) == [5, 25, 50, 75, 95]
    assert quantiles(values(3, 1, 2)) == [1, 1, 2, 3, 3]
