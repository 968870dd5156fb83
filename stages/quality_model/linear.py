"""A linear text classifier: the mean weight of a text's hashed tokens and pairs of tokens, as a probability.

In the manner of fastText (Joulin et al. 2017, arXiv 1607.01759) and of the filter of GPT-3 (Brown et al. 2020, arXiv
2005.14165, appendix A). In scripts without spaces the tokens are characters, so that the pairs are character n-grams.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.quality_model.tokens import Hashes, mixed, token_blocks

BUCKET_BITS = 20
"""A million weights, as the hashing trick's usual 2^20: 4 MB."""
WEIGHT_STEPS = 1 << 16
"""Weights are integers of this fraction, so that their sum is exact in any order."""
SIGNIFICANT_DIGITS = 4
"""Digits, not decimals: of sets that differ much, most scores lie near 0 and must still be told apart."""
_PAIR = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """The weights, and the line that makes a probability of their mean (Platt 1999)."""

    weights: NDArray[np.int32]
    slope: float
    intercept: float

    def score(self, text: str) -> float:
        """How likely a text is of the positive set, 0 to 1, to four digits; 0 for a text without a token."""
        mean = self.mean_weight(text)
        return 0.0 if mean is None else _probability(self.slope * mean + self.intercept)

    def mean_weight(self, text: str) -> float | None:
        """The mean weight of a text's features; None for a text without a token."""
        total = count = 0
        for buckets in feature_blocks(text):
            total += int(self.weights[buckets].sum(dtype=np.int64))
            count += len(buckets)
        return total / (count * WEIGHT_STEPS) if count else None


def _probability(log_odds: float) -> float:
    """The logistic function, rounded past the bits in which machines differ."""
    bounded = min(max(log_odds, -700.0), 700.0)  # exp() overflows at 709
    return float(f"{1 / (1 + math.exp(-bounded)):.{SIGNIFICANT_DIGITS}g}")


def feature_blocks(text: str) -> Iterator[NDArray[np.intp]]:
    """Yields the buckets of a text's features, one for each token and each pair of neighbours, block by block."""
    for tokens in token_blocks(text):
        hashes = tokens.hashes
        pairs = mixed(hashes[:-1] * _PAIR + hashes[1:])
        yield _buckets(np.concatenate((hashes, pairs)))


def _buckets(hashes: Hashes) -> NDArray[np.intp]:
    return (hashes >> np.uint64(64 - BUCKET_BITS)).astype(np.intp)
