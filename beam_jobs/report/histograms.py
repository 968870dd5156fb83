"""Values to bars: the axis, the bins and the counts behind each picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 48
MOST_WHOLE_STEPS = 60
"""Whole numbers over a longer axis are binned like others."""
LOGARITHMIC_FROM = 10.0
"""Counts of which the largest are so many times the middle one are shown on a logarithmic axis."""
ROOM = 0.15
"""The share of the axis that is left beyond a threshold, so that what misses it is more than a stroke at the edge."""
STRETCHED = 8.0
"""How many times its own width an axis is stretched to show a threshold."""


class Threshold(NamedTuple):
    """A bound; a value equal to it is inside."""

    value: float
    is_minimum: bool


@dataclass(frozen=True)
class Series:
    """The values of one kind of texts."""

    name: str
    """`kept`, `removed` (by a bound of this picture) or `other` (removed by another rule)."""
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Histogram:
    """What is drawn."""

    edges: NDArray[np.float64]
    counts: dict[str, NDArray[np.int64]]
    """By series."""
    thresholds: tuple[float, ...]
    """Where the bounds that lie on the axis cut it."""
    bounds: tuple[Threshold, ...]
    """Those bounds, in the same order."""
    logarithmic: bool


def histogram(series: Sequence[Series], thresholds: Sequence[Threshold] = ()) -> Histogram | None:
    """Bins values, with an edge at the first threshold; None if there is nothing to tell apart.

    The axis goes from the 0.5th to the 99.5th percentile and is stretched to thresholds that are not too far; what
    lies outside is counted in the outermost bars.
    """
    values = np.concatenate([np.empty(0), *(one.values for one in series)])
    values = values[np.isfinite(values)]
    if not len(values) or values.min() == values.max():
        return None
    lowest, middle, highest = np.quantile(values, [0.005, 0.5, 0.995]).tolist()
    if highest == lowest:
        lowest, highest = float(values.min()), float(values.max())
    logarithmic = values.min() >= 0 and highest > 50 and highest > LOGARITHMIC_FROM * max(middle, 1)
    shown = [bound for bound in thresholds if _near(bound.value, lowest, highest, logarithmic)]
    extremes = float(values.min()), float(values.max())
    lowest, highest = (pick(lowest, highest, *(bound.value for bound in shown)) for pick in (min, max))
    if logarithmic:
        lowest = max(lowest, 1.0)
    else:
        lowest, highest = _with_room(lowest, highest, shown, extremes)
    if logarithmic:
        cuts = [_past(bound) for bound in shown]
        edges = np.exp(_edges(math.log(lowest), math.log(highest), [math.log(cut) for cut in cuts]))
        if cuts:
            edges[np.abs(edges - cuts[0]).argmin()] = cuts[0]  # not its logarithm's exponential
    elif np.all(values == np.round(values)) and highest - lowest <= MOST_WHOLE_STEPS:
        cuts = [bound.value + (-0.5 if bound.is_minimum else 0.5) for bound in shown]
        edges = np.arange(math.floor(lowest) - 1, math.ceil(highest) + 2, dtype=np.float64) + 0.5
    else:
        cuts = [_past(bound) for bound in shown]
        edges = _edges(lowest, highest, cuts)
    counts = {one.name: _count(one.values, edges) for one in series}
    return Histogram(edges, counts, tuple(cuts), tuple(shown), logarithmic)


def _with_room(
    lowest: float, highest: float, shown: Sequence[Threshold], extremes: tuple[float, float]
) -> tuple[float, float]:
    """The ends of the axis with some room beyond each threshold, as far as there are values."""
    room = ROOM * (highest - lowest)
    for bound in shown:
        if bound.is_minimum:
            lowest = min(lowest, max(bound.value - room, extremes[0]))
        else:
            highest = max(highest, min(bound.value + room, extremes[1]))
    return lowest, highest


def _past(bound: Threshold) -> float:
    """Where the texts that miss the bound begin or end: a value equal to it belongs to the others."""
    return bound.value if bound.is_minimum else float(np.nextafter(bound.value, math.inf))


def _near(bound: float, lowest: float, highest: float, logarithmic: bool) -> bool:
    if logarithmic:
        return 0 < bound <= highest * 50
    room = STRETCHED * (highest - lowest)
    return lowest - room <= bound <= highest + room


def _edges(lowest: float, highest: float, cuts: Sequence[float]) -> NDArray[np.float64]:
    """Equal steps over the axis, one of which begins at the first cut."""
    width = (highest - lowest) / BINS
    fixed = cuts[0] if cuts else lowest
    before, after = math.ceil((fixed - lowest) / width - 1e-6), math.ceil((highest - fixed) / width - 1e-6)
    edges = fixed + width * np.arange(-before, max(after, 1) + 1, dtype=np.float64)
    edges[before] = fixed
    return edges


def _count(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    inside = np.clip(values[~np.isnan(values)], edges[0], edges[-1])
    return np.histogram(inside, edges)[0].astype(np.int64)
