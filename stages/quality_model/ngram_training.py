"""Training of the n-gram model: counts, modified Kneser-Ney smoothing, interpolated, as back-off weights.

Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling", section 3; the discounts as
in KenLM (Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation", section 3.3). An n-gram of
three or more ids that was seen once is left out and its share goes to the shorter ones, so that the probabilities after
every context still add up to one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.quality_model.ngrams import (
    BEFORE,
    ID_BITS,
    LOGARITHM_STEPS,
    Keys,
    Logarithms,
    NgramModel,
    Order,
    Vocabulary,
    key_mask,
    ngram_keys,
)
from stages.quality_model.tokens import Tokens, token_blocks

MAXIMUM_CHARACTERS = 8_000
"""Enough for the letters of all alphabets and most Chinese characters in use."""
FEWEST_OCCURRENCES = 2
"""A token that was seen once is spelled, from which the model learns how unknown ones are."""
PRUNED_ORDER = 3
DISCOUNTS = (0.5, 1.0, 1.5)
"""KenLM's, where there are too few n-grams to estimate them from."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def train_ngrams(texts: Iterable[str], vocabulary_tokens: int, largest: int) -> NgramModel:
    """A model of n-grams of up to `largest` ids; the same texts give the same model, in any order."""
    blocks = [tokens for text in texts for tokens in token_blocks(text)]
    vocabulary = chosen_vocabulary(blocks, vocabulary_tokens)
    occurrences = [ngram_keys(vocabulary.ids(tokens), largest) for tokens in blocks]
    levels = list(_levels(np.concatenate([np.empty(0, np.uint64), *occurrences]), largest))
    orders: list[Order] = []
    model = NgramModel(vocabulary, _fixed(_single(*levels[-1], vocabulary.size)), orders)
    for length, (keys, counts) in zip(range(2, largest + 1), reversed(levels[:-1]), strict=True):
        orders.append(_order(keys, counts, model, length))
    return model


def chosen_vocabulary(blocks: Sequence[Tokens], tokens: int) -> Vocabulary:
    """The most frequent tokens and characters of a text that occur more than once, the smaller of equally frequent."""
    hashes = [np.empty(0, np.uint64), *(block.hashes for block in blocks)]
    codes = [np.empty(0, np.uint32), *(block.codes for block in blocks)]
    return Vocabulary(
        _most_frequent(*np.unique(np.concatenate(codes), return_counts=True), MAXIMUM_CHARACTERS),
        _most_frequent(*np.unique(np.concatenate(hashes), return_counts=True), tokens),
    )


def _most_frequent(values: NDArray[Any], counts: Counts, at_most: int) -> NDArray[Any]:
    often = counts >= FEWEST_OCCURRENCES
    values, counts = values[often], counts[often]
    return np.sort(values[np.lexsort((values, -counts))[:at_most]])


def _levels(occurrences: Keys, largest: int) -> Iterator[tuple[Keys, Counts]]:
    """Yields the n-grams of each length, the longest first, with their counts.

    A shorter one counts in how many different contexts of one more id it occurs (Kneser and Ney 1995).
    """
    keys, counts = np.unique(occurrences, return_counts=True)
    yield keys, counts
    for length in range(largest - 1, 0, -1):
        keys, counts = np.unique(keys & key_mask(length), return_counts=True)
        yield keys, counts


def _single(keys: Keys, counts: Counts, size: int) -> Floats:
    """The probability of each id by itself; what the discounts free is shared evenly by all ids but BEFORE."""
    kept = counts - _discounts(counts)[np.minimum(counts, 3)]
    total = max(int(counts.sum()), 1)
    probabilities = np.full(size, (1 - kept.sum() / total) / (size - 1))
    probabilities[keys.astype(np.intp)] += kept / total
    probabilities[BEFORE] = 1.0  # never asked for
    return probabilities


def _order(keys: Keys, counts: Counts, shorter: NgramModel, length: int) -> Order:
    """Probabilities of the n-grams of one length, of which the model of the shorter ones gets what is freed."""
    if not len(keys):
        nothing, no_logarithms = np.empty(0, np.uint64), np.empty(0, np.int16)
        return Order(nothing, no_logarithms, nothing, no_logarithms)
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    stays = counts > (1 if length >= PRUNED_ORDER else 0)
    shares = np.where(stays, counts - discounts, 0.0)
    contexts, starts, sizes = np.unique(keys >> np.uint64(ID_BITS), return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, starts)
    shares /= np.repeat(totals, sizes)
    freed = 1 - np.add.reduceat(shares, starts)
    below = np.exp(shorter.logarithms_of_keys(keys) / LOGARITHM_STEPS)
    probabilities = shares + np.repeat(freed, sizes) * below
    some = np.logical_or.reduceat(stays, starts)
    return Order(keys[stays], _fixed(probabilities[stays]), contexts[some], _fixed(freed[some]))


def _discounts(counts: Counts) -> Floats:
    """What is taken from counts of 0, 1, 2, and 3 or more."""
    once, twice, thrice, four = (int(np.count_nonzero(counts == count)) for count in (1, 2, 3, 4))
    if not (once and twice and thrice and four):
        return np.array([0.0, *DISCOUNTS])
    share = once / (once + 2 * twice)
    found = [
        1 - 2 * share * twice / once,
        2 - 3 * share * thrice / twice,
        3 - 4 * share * four / thrice,
    ]
    valid = all(0 < value < count for count, value in enumerate(found, 1))
    return np.array([0.0, *(found if valid else DISCOUNTS)])


def _fixed(probabilities: Floats) -> Logarithms:
    steps: Floats = np.rint(np.log(probabilities) * LOGARITHM_STEPS)
    return steps.astype(np.int16)
