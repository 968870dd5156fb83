"""An n-gram language model over the tokens of a text: how surprising the text is to it, for each token.

In the manner of CCNet (Wenzek et al. 2019, arXiv 1911.00359, section 3.3): the smoothing is modified Kneser-Ney
(`ngram_training`), the model is kept in sorted arrays that hold one 64-bit key for each n-gram. The vocabulary is open:
a token that is not in it is spelled, character by character, so that every text has a probability, and the perplexity
counts tokens however they are spelled.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stages.quality_model.tokens import Hashes, Places, Tokens, token_blocks

Ids = NDArray[np.uint64]
Keys = NDArray[np.uint64]
Logarithms = NDArray[np.int16]

ID_BITS = 16
"""Four ids fit a key, so that keys are exact: no two n-grams have the same."""
MAXIMUM_ORDER = 4
LOGARITHM_STEPS = 1024
"""Natural logarithms are integers of this fraction, so that their sum is exact in any order."""
BEFORE, RARE_CHARACTER, SPELLED, FIRST_CHARACTER = 0, 1, 2, 3
"""The ids of what stands before a text, of a character outside the vocabulary, of a word's spelling that follows."""
CODE_POINTS = 0x110000
"""A character outside the vocabulary is taken for any of these, all as likely."""
HIGHEST_PERPLEXITY = 1e9
SIGNIFICANT_DIGITS = 4


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The characters and tokens that have an id: first all characters, then all tokens, both in their sorted order."""

    characters: NDArray[np.uint32]
    tokens: Hashes

    @property
    def size(self) -> int:
        """The number of ids."""
        return FIRST_CHARACTER + len(self.characters) + len(self.tokens)

    def ids(self, tokens: Tokens) -> Ids:
        """The ids of tokens; those without one are SPELLED and the ids of their characters."""
        places, known = find(self.tokens, tokens.hashes)
        first = np.where(known, places + FIRST_CHARACTER + len(self.characters), SPELLED)
        if known.all():
            return first.astype(np.uint64)
        unknown = ~known
        lengths = np.where(known, 1, 1 + tokens.lengths)
        ids = np.empty(lengths.sum(), np.uint64)
        spelling = np.ones(len(ids), np.bool_)
        heads = np.cumsum(lengths) - lengths
        ids[heads] = first
        spelling[heads] = False
        ids[spelling] = self._character_ids(tokens.codes[np.repeat(unknown, tokens.lengths)])
        return ids

    def _character_ids(self, codes: NDArray[np.uint32]) -> Places:
        places, known = find(self.characters, codes)
        return np.where(known, places + FIRST_CHARACTER, RARE_CHARACTER)


@dataclass(frozen=True, eq=False)
class Order:
    """The n-grams of one length: their probabilities, and what their contexts leave for those that were not seen."""

    keys: Keys
    probabilities: Logarithms
    contexts: Keys
    backoffs: Logarithms


@dataclass(frozen=True, eq=False)
class NgramModel:
    """Probabilities of single ids, and of n-grams of 2, 3, ... ids."""

    vocabulary: Vocabulary
    single: Logarithms
    orders: Sequence[Order]

    def perplexity(self, text: str) -> float:
        """The perplexity per token of a text, 1 to 1e9, to four digits; 1e9 for a text without a token."""
        total = count = 0
        for tokens in token_blocks(text):
            ids = self.vocabulary.ids(tokens)
            keys = ngram_keys(ids, len(self.orders) + 1)
            total += int(self.logarithms_of_keys(np.sort(keys)).sum())  # neighbours are found faster
            total -= int(np.count_nonzero(ids == RARE_CHARACTER)) * round(math.log(CODE_POINTS) * LOGARITHM_STEPS)
            count += len(tokens.hashes)
        if not count:
            return HIGHEST_PERPLEXITY
        nats = -total / (count * LOGARITHM_STEPS)
        return float(f"{math.exp(min(nats, math.log(HIGHEST_PERPLEXITY))):.{SIGNIFICANT_DIGITS}g}")

    def logarithms_of_keys(self, keys: Keys) -> NDArray[np.int64]:
        """For n-grams of the model's length or more: the last id's probability after the others, in 1/1024 nat.

        The longest n-gram that the model knows gives the probability; each longer one costs its context's back-off.
        """
        found = np.zeros(len(keys), np.int64)
        waiting = np.arange(len(keys))
        for order, length in zip(reversed(self.orders), range(len(self.orders) + 1, 1, -1), strict=True):
            asked = keys[waiting] & key_mask(length)
            places, known = find(order.keys, asked)
            found[waiting[known]] += order.probabilities[places[known]]
            waiting, asked = waiting[~known], asked[~known]
            places, known = find(order.contexts, asked >> np.uint64(ID_BITS))
            found[waiting[known]] += order.backoffs[places[known]]
        found[waiting] += self.single[(keys[waiting] & key_mask(1)).astype(np.intp)]
        return found


def ngram_keys(ids: Ids, length: int) -> Keys:
    """The key of the n-gram of `length` ids that ends at each id; BEFORE stands before the first.

    The id itself is in the lowest 16 bits, the one before it in the next, and so on.
    """
    keys = ids.copy()
    for distance in range(1, length):
        keys[distance:] |= ids[:-distance] << np.uint64(ID_BITS * distance)
    return keys


def key_mask(length: int) -> np.uint64:
    """What cuts a key to its last `length` ids."""
    return np.uint64((1 << (ID_BITS * length)) - 1)


def find(sorted_values: NDArray[Any], asked: NDArray[Any]) -> tuple[Places, NDArray[np.bool_]]:
    """Where each asked value stands among the sorted ones, and whether it is there at all."""
    if not len(sorted_values):
        return np.zeros(len(asked), np.int64), np.zeros(len(asked), np.bool_)
    places = np.minimum(np.searchsorted(sorted_values, asked), len(sorted_values) - 1)
    return places, sorted_values[places] == asked
