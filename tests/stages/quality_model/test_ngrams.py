"""The n-gram model: its probabilities add up to one, and what is like its text is less surprising than what is not."""

import itertools

import numpy as np
import pytest

from stages.quality_model.ngram_training import FEWEST_OCCURRENCES, chosen_vocabulary, train_ngrams
from stages.quality_model.ngrams import (
    BEFORE,
    FIRST_CHARACTER,
    HIGHEST_PERPLEXITY,
    RARE_CHARACTER,
    SPELLED,
    NgramModel,
    ngram_keys,
)
from stages.quality_model.tokens import tokens_of
from tests.stages.quality_model.example_texts import menu, noise, sentences, shuffled


@pytest.fixture(scope="module", params=[2, 3, 4])
def model(request: pytest.FixtureRequest) -> NgramModel:
    return train_ngrams(map(sentences, range(80)), 50_000, request.param)


def next_probabilities(model: NgramModel, context: tuple[int, ...]) -> np.ndarray:
    """The probability of every id after a context."""
    base = sum(value << (16 * distance) for distance, value in enumerate(reversed(context), 1))
    keys = np.arange(1, model.vocabulary.size, dtype=np.uint64) | np.uint64(base)
    return np.exp(model.logarithms_of_keys(keys) / 1024)


def test_the_probabilities_after_any_context_add_up_to_one() -> None:
    small = train_ngrams(["a b a c a b d. a b a b c d e e b a. b a c", "a b c a b c", "d e d e a a b zq"], 50, 3)
    every = range(small.vocabulary.size)
    for context in itertools.product(every, every):
        assert next_probabilities(small, context).sum() == pytest.approx(1, abs=2e-3)


def test_the_probabilities_after_the_contexts_of_a_text_add_up_to_one(model: NgramModel) -> None:
    ids = model.vocabulary.ids(tokens_of(sentences(500) + noise(1))).tolist()
    length = len(model.orders)
    for start in range(0, len(ids) - length, 17):
        assert next_probabilities(model, tuple(ids[start : start + length])).sum() == pytest.approx(1, abs=4e-3)


def test_kneser_ney_on_a_text_small_enough_to_count_by_hand() -> None:
    """After `a`: `b` three times, `c` once; too few for estimates, so the discounts are 0.5, 1 and 1.5."""
    model = train_ngrams(["a b a b a c b a b"], 50, 2)
    a, b, c = (int(model.vocabulary.ids(tokens_of(sign))[0]) for sign in "abc")
    # Before it, a saw: start, b; b saw: a, c; spelled: a (c occurs once and is spelled).
    assert c == SPELLED
    after_a = next_probabilities(model, (a,))
    by_itself = np.exp(model.single / 1024.0)
    assert after_a[b - 1] == pytest.approx((3 - 1.5) / 4 + (1.5 + 0.5) / 4 * by_itself[b], rel=3e-3)
    assert after_a[SPELLED - 1] == pytest.approx((1 - 0.5) / 4 + (1.5 + 0.5) / 4 * by_itself[SPELLED], rel=3e-3)
    assert after_a[a - 1] == pytest.approx((1.5 + 0.5) / 4 * by_itself[a], rel=3e-3)


def test_text_like_the_training_text_is_less_surprising_than_shuffled_and_that_less_than_noise(
    model: NgramModel,
) -> None:
    for number in range(100, 110):
        alike = sentences(number)
        assert model.perplexity(alike) < model.perplexity(shuffled(alike)) < model.perplexity(noise(number))
        assert model.perplexity(alike) < model.perplexity(menu(number))


def test_a_word_that_follows_one_word_only_is_unlikely_after_others() -> None:
    """Kneser and Ney's example: `francisco` is as frequent as `town` here, and follows nothing but `san`."""
    places = [f"{place} town {place} san francisco" for place in ("red", "blue", "green", "black", "north", "east")]
    model = train_ngrams([" . ".join(places)] * 3, 50, 2)
    assert model.perplexity("east francisco") > 2 * model.perplexity("east town")


def test_a_spelled_word_is_one_token_of_the_perplexity() -> None:
    model = train_ngrams(map(sentences, range(20)), 50, 2)
    text = "the zebra went"
    ids = model.vocabulary.ids(tokens_of(text))
    assert len(ids) > 3
    nats = -model.logarithms_of_keys(ngram_keys(ids, 2)).sum() / 1024
    rare = np.count_nonzero(ids == RARE_CHARACTER) * np.log(0x110000)
    assert model.perplexity(text) == pytest.approx(np.exp((nats + rare) / 3), rel=1e-3)


def test_longer_contexts_make_the_same_text_less_surprising() -> None:
    by_order = [train_ngrams(map(sentences, range(80)), 50_000, order).perplexity(sentences(500)) for order in (2, 3)]
    assert by_order[1] < by_order[0]


def test_perplexity_is_per_token_however_often_a_text_is_repeated(model: NgramModel) -> None:
    once = model.perplexity(sentences(200))
    assert model.perplexity(" ".join([sentences(200)] * 30)) == pytest.approx(once, rel=0.1)
    assert once == float(f"{once:.4g}")


def test_the_same_texts_in_another_order_give_the_same_model() -> None:
    one = train_ngrams(map(sentences, range(30)), 100, 3)
    other = train_ngrams(map(sentences, reversed(range(30))), 100, 3)
    assert np.array_equal(one.single, other.single)
    for left, right in zip(one.orders, other.orders, strict=True):
        assert np.array_equal(left.keys, right.keys)
        assert np.array_equal(left.probabilities, right.probabilities)
        assert np.array_equal(left.contexts, right.contexts)
        assert np.array_equal(left.backoffs, right.backoffs)


def test_words_outside_the_vocabulary_are_spelled() -> None:
    vocabulary = chosen_vocabulary([tokens_of("one two one two ten")], 50)
    assert len(vocabulary.tokens) == 2
    ids = vocabulary.ids(tokens_of("one ten net"))
    assert ids[0] >= FIRST_CHARACTER + len(vocabulary.characters)
    letters = {code: FIRST_CHARACTER + place for place, code in enumerate(map(chr, vocabulary.characters))}
    assert ids[1:].tolist() == [
        SPELLED,
        *(letters[sign] for sign in "ten"),
        SPELLED,
        *(letters[sign] for sign in "net"),
    ]
    assert vocabulary.ids(tokens_of("ж")).tolist() == [SPELLED, RARE_CHARACTER]
    assert FEWEST_OCCURRENCES == 2


def test_the_vocabulary_holds_the_most_frequent_tokens() -> None:
    vocabulary = chosen_vocabulary([tokens_of("a a a a b b b c c d d " * 3 + "e")], 2)
    assert vocabulary.tokens.tolist() == sorted(tokens_of("a b").hashes.tolist())


def test_keys_hold_the_ids_before_and_nothing_before_the_first() -> None:
    ids = np.array([5, 6, 7], np.uint64)
    assert ngram_keys(ids, 3).tolist() == [5, 6 | 5 << 16, 7 | 6 << 16 | 5 << 32]
    assert ngram_keys(ids[:1], 3).tolist() == [5]
    assert BEFORE == 0


def test_rare_characters_cost_more_than_known_ones(model: NgramModel) -> None:
    assert model.perplexity("the king went to the жжжжж") > model.perplexity("the king went to the eeeee")


@pytest.mark.parametrize("text", ["", "  \n", "\x00"])
def test_a_text_without_a_token_is_the_most_surprising(model: NgramModel, text: str) -> None:
    assert model.perplexity(text) == HIGHEST_PERPLEXITY


@pytest.mark.parametrize("text", ["a" * 2_000_000, "\ud800" * 500, "文" * 3000, "a\n" * 300_000, "."])
def test_hostile_texts_have_a_perplexity(text: str) -> None:
    model = train_ngrams(map(sentences, range(5)), 100, 3)
    assert 1 <= model.perplexity(text) <= HIGHEST_PERPLEXITY


@pytest.mark.parametrize("texts", [[], [""], ["a"], ["a a a a a"]])
def test_hardly_any_training_text_still_gives_a_model(texts: list[str]) -> None:
    assert 1 <= train_ngrams(texts, 100, 3).perplexity("a b c") <= HIGHEST_PERPLEXITY
