"""The intervals are those of the textbooks, and hold the true value as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trainer.ablation_statistics import document_interval, mean_interval, paired_interval

LOSSES = st.lists(st.floats(0.5, 8.0), min_size=2, max_size=6)


@given(LOSSES, st.floats(0.5, 0.999))
def test_the_interval_of_a_mean_is_students(values: list[float], confidence: float) -> None:
    ours = mean_interval(values, confidence)
    error = stats.sem(values)
    low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), error) if error else (ours.mean,) * 2
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)


def test_differences_are_paired_over_the_seeds() -> None:
    base, values = [2.0, 3.0, 4.0], [2.11, 3.09, 4.10]
    ours = paired_interval(values, base, 0.95)
    theirs = stats.ttest_rel(values, base).confidence_interval(0.95)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))
    assert ours.mean == pytest.approx(0.1)
    assert ours.excludes_zero  # though the seeds differ by ten times as much


def test_an_interval_over_zero_does_not_exclude_it() -> None:
    assert not mean_interval([-1.0, 1.2], 0.95).excludes_zero


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_seeds_interval_covers_as_often_as_it_says(confidence: float) -> None:
    generator = np.random.default_rng(1)
    trials = 1_500
    seeds = generator.normal(0.0, 1.0, (trials, 3))  # what a seed does to all variants
    base, variant = seeds + generator.normal(0.0, 0.1, (2, trials, 3)) + np.array([0.0, 0.3])[:, None, None]
    covered = 0
    for values, others in zip(variant.tolist(), base.tolist(), strict=True):
        interval = paired_interval(values, others, confidence)
        covered += interval.low <= 0.3 <= interval.high
    assert covered / trials == pytest.approx(confidence, abs=0.03)


def test_the_documents_interval_covers_nearly_as_often_as_it_says() -> None:
    generator = np.random.default_rng(2)
    trials, documents, truth = 200, 100, 0.05
    covered = 0
    for trial in range(trials):
        sizes = generator.lognormal(6.0, 1.0, documents)
        interval = document_interval(sizes * generator.normal(truth, 0.2, documents), sizes, 0.9, trial)
        covered += interval.low <= truth <= interval.high
    # The percentile bootstrap of a ratio is known to be a little narrow for small samples.
    assert 0.82 <= covered / trials <= 0.95


def test_the_documents_interval_is_a_function_of_its_arguments() -> None:
    differences, sizes = np.linspace(-1.0, 3.0, 40) ** 3, np.linspace(5.0, 9.0, 40)
    first, again, other = (document_interval(differences, sizes, 0.95, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert first.mean == pytest.approx(differences.sum() / 280.0)
    assert first.low <= first.mean <= first.high
