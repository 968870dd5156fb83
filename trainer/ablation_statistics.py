"""How sure one can be of the difference between two variants: pure functions of numbers.

Two things make it uncertain. Another seed gives another model: Student's t over the seeds (Student 1908), paired, since
model number i of every variant begins with the same weights. Other texts to measure on give another loss: the bootstrap
over documents (Efron 1979), paired too, since all models are measured on the same documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
"""Enough for the ends of a 95 % interval (Efron and Tibshirani 1993, section 13.3, ask for 1,000)."""


@dataclass(frozen=True)
class Interval:
    """An estimate and what it lies between."""

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Of an interval that is even to both sides."""
        return (self.high - self.low) / 2.0

    @property
    def excludes_zero(self) -> bool:
        """Whether its sign is known."""
        return self.low > 0.0 or self.high < 0.0


def mean_interval(values: Sequence[float], confidence: float) -> Interval:
    """The mean of two or more values, and Student's interval around it."""
    from scipy.special import stdtrit

    count = len(values)
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / count**0.5
    half = float(stdtrit(count - 1, (1.0 + confidence) / 2.0)) * error
    return Interval(mean, mean - half, mean + half)


def paired_interval(values: Sequence[float], base: Sequence[float], confidence: float) -> Interval:
    """The mean difference of values to those of the base with the same seeds, and Student's interval around it."""
    return mean_interval([value - other for value, other in zip(values, base, strict=True)], confidence)


def document_interval(
    differences: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], confidence: float, seed: int
) -> Interval:
    """The summed differences of documents over their summed sizes, and the percentile bootstrap over documents.

    Both are float64 [documents]. A function of its arguments: the resamples come from the seed.
    """
    count = len(differences)
    generator = np.random.Generator(np.random.Philox(key=seed))
    weights = generator.multinomial(count, np.full(count, 1.0 / count), size=RESAMPLES)
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile((weights @ differences) / (weights @ sizes), (tail, 1.0 - tail))
    return Interval(float(differences.sum() / sizes.sum()), float(low), float(high))
