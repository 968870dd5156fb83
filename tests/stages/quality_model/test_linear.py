"""The linear classifier: it learns, its scores are probabilities, and they are the same however they are made."""

import itertools
import math

import numpy as np
import pytest

from stages.quality_model.linear import BUCKET_BITS, WEIGHT_STEPS, LinearModel, feature_blocks
from stages.quality_model.linear_training import Labelled, train_linear
from tests.stages.quality_model.example_texts import menu, sentences


def labelled(numbers: range) -> Labelled:
    texts = [*map(sentences, numbers), *map(menu, numbers)]
    return Labelled(texts, np.arange(len(texts)) < len(numbers))


@pytest.fixture(scope="module")
def model() -> LinearModel:
    return train_linear(labelled(range(60)), labelled(range(60, 90)), seed=1)


def test_it_tells_texts_apart_that_it_has_not_seen(model: LinearModel) -> None:
    good = [model.score(sentences(number)) for number in range(100, 120)]
    bad = [model.score(menu(number)) for number in range(100, 120)]
    assert min(good) > 0.9
    assert max(bad) < 0.1


def test_a_mixture_lies_between(model: LinearModel) -> None:
    shares = [" ".join([sentences(1)] * good + [menu(1)] * (6 - good)) for good in range(7)]
    scores = [model.score(text) for text in shares]
    assert all(low < high for low, high in itertools.pairwise(scores))


def test_the_score_is_the_logistic_function_of_the_mean_weight_of_tokens_and_pairs() -> None:
    (buckets,) = feature_blocks("one two three")
    assert len(set(buckets.tolist())) == 5
    weights = np.zeros(1 << BUCKET_BITS, np.int32)
    weights[buckets] = [value * WEIGHT_STEPS for value in (1, 2, 3, 4, 5)]
    score = LinearModel(weights, slope=0.5, intercept=-1.0).score("one two three")
    assert score == pytest.approx(1 / (1 + math.exp(-(0.5 * 3 - 1.0))), rel=1e-4)


def test_the_score_does_not_depend_on_how_long_the_same_text_goes_on(model: LinearModel) -> None:
    once = model.score(menu(7))
    assert model.score("\n".join([menu(7)] * 50)) == pytest.approx(once, abs=0.01)


def test_blocks_make_no_difference_but_at_their_edges(model: LinearModel, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(map(sentences, range(40)))
    whole = model.mean_weight(text)
    monkeypatch.setattr("stages.quality_model.tokens.BLOCK_CHARACTERS", 5_000)
    assert len(list(feature_blocks(text))) > 3
    assert model.mean_weight(text) == pytest.approx(whole, rel=0.02)


def test_the_same_texts_give_the_same_model(model: LinearModel) -> None:
    again = train_linear(labelled(range(60)), labelled(range(60, 90)), seed=1)
    assert np.array_equal(again.weights, model.weights)
    assert (again.slope, again.intercept) == (model.slope, model.intercept)


def test_sets_that_overlap_get_probabilities_that_say_so() -> None:
    texts = [sentences(number) for number in range(80)]
    labels = np.arange(80) % 2 == 0
    unsure = train_linear(Labelled(texts[:60], labels[:60]), Labelled(texts[60:], labels[60:]), seed=1)
    scores = [unsure.score(sentences(number)) for number in range(100, 140)]
    assert min(scores) > 0.2
    assert max(scores) < 0.8


@pytest.mark.parametrize("text", ["", "   ", "\x00\n"])
def test_a_text_without_a_token_scores_nothing(model: LinearModel, text: str) -> None:
    assert model.score(text) == 0.0


@pytest.mark.parametrize("text", ["a" * 2_000_000, "\ud800" * 1000, "\n".join("ab" * 100_000)])
def test_hostile_texts_have_a_score(model: LinearModel, text: str) -> None:
    assert 0.0 <= model.score(text) <= 1.0


def test_extreme_weights_stay_probabilities() -> None:
    weights = np.full(1 << BUCKET_BITS, np.iinfo(np.int32).max, np.int32)
    assert LinearModel(weights, 1e6, 0.0).score("a b c") == 1.0
    assert 0.0 <= LinearModel(weights, -1e6, 0.0).score("a b c") < 1e-300


def test_scores_have_four_digits_also_near_zero() -> None:
    (buckets,) = feature_blocks("word")
    weights = np.zeros(1 << BUCKET_BITS, np.int32)
    weights[buckets] = -WEIGHT_STEPS
    scores = [LinearModel(weights, slope, 0.0).score("word") for slope in (20.0, 20.5, 30.0)]
    assert scores == [float(f"{math.exp(-log_odds):.4g}") for log_odds in (20.0, 20.5, 30.0)]
