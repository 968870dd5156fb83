"""How well scores part two sets, and where to cut."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
KEPT_SHARES = (0.9, 0.5, 0.3)
"""The shares of the negative set for which thresholds are suggested; CCNet's head of texts is a third."""
_DECIMALS = 6


class Cut(NamedTuple):
    """A threshold, and the shares of both sets that stay."""

    threshold: float
    positive: float
    negative: float


def roc_auc(positive: Values, negative: Values) -> float:
    """The chance that a text of the positive set has the higher value; a tie is half a chance (Mann and Whitney)."""
    below = np.searchsorted(np.sort(negative), positive, "left")
    up_to = np.searchsorted(np.sort(negative), positive, "right")
    return round(float((below + up_to).sum()) / (2 * len(positive) * len(negative)), _DECIMALS)


def accuracy(positive: Values, negative: Values, threshold: float = 0.5) -> float:
    """The share of texts on their own side of the threshold, both sets weighing the same."""
    right = (positive >= threshold).mean() + (negative < threshold).mean()
    return round(float(right) / 2, _DECIMALS)


def quantiles(values: Values) -> list[float]:
    """The values at QUANTILES; each is one of the values."""
    return [float(value) for value in np.quantile(values, QUANTILES, method="inverted_cdf")]


def lowest_kept(positive: Values, negative: Values, shares: Sequence[float] = KEPT_SHARES) -> list[Cut]:
    """For each share the highest minimum that at least this share of the negative set reaches."""
    minima = np.quantile(negative, [1 - share for share in shares], method="lower")
    return [Cut(float(at), _share(positive >= at), _share(negative >= at)) for at in minima]


def highest_kept(positive: Values, negative: Values, shares: Sequence[float] = KEPT_SHARES) -> list[Cut]:
    """For each share the lowest maximum that at least this share of the negative set stays under."""
    maxima = np.quantile(negative, shares, method="higher")
    return [Cut(float(at), _share(positive <= at), _share(negative <= at)) for at in maxima]


def _share(kept: NDArray[np.bool_]) -> float:
    return round(float(kept.mean()), 4)
