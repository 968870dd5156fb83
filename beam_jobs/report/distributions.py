"""The values that the quality rules measured, kept and removed apart, ready to be drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.report.histograms import Histogram, Series, Threshold, histogram
from beam_jobs.report.tables import sampled, share_of
from stages.quality.bounds import Bound, bounds

NO_MAXIMUM = 1e8
"""A maximum from here on is none: nothing that is measured reaches it."""


@dataclass(frozen=True)
class Distribution:
    """One measured value over all texts."""

    measure: str
    bounds: tuple[Bound, ...]
    picture: Histogram | None
    texts: int
    """That were measured."""
    outside: int
    """Of those, beyond a bound."""
    removed: int
    """Of those, removed for it; the others missed an earlier rule."""
    only_value: float | None
    """The value, where all texts have the same."""


def distributions(corpus: FinishedCorpus) -> tuple[list[Distribution], int]:
    """All measures of the groups that were on, in the order of the rules; and of how many texts one was taken."""
    one_in = share_of(sum(file.rows for file in corpus.manifest.files["measurements"]))
    groups: dict[str, list[Bound]] = {}
    for bound in bounds(corpus.settings.quality):
        groups.setdefault(bound.measure, []).append(bound)
    columns: dict[str, list[NDArray[np.float64]]] = {name: [np.empty(0)] for name in groups}
    rules: list[NDArray[np.object_]] = []
    for _, table in corpus.tables("measurements", ["id", "rule", *groups]):
        table = sampled(table, one_in)
        rules.append(np.array(pc.fill_null(table.column("rule"), "").to_pylist(), dtype=object))
        for name in groups:
            columns[name].append(table.column(name).to_numpy().astype(np.float64))
    booked = np.concatenate([*rules, np.empty(0, dtype=object)])
    found = [_distribution(name, tuple(groups[name]), np.concatenate(columns[name]), booked) for name in groups]
    return found, one_in


def _distribution(
    measure: str, limits: tuple[Bound, ...], values: NDArray[np.float64], rules: NDArray[np.object_]
) -> Distribution:
    """What was not measured is NaN here; so is a measured NaN, which no picture could show."""
    known = ~np.isnan(values)
    values, rules = values[known], rules[known]
    mine = np.isin(rules.astype(str), [bound.rule for bound in limits])
    outside = np.zeros(len(values), np.bool_)
    for bound in limits:
        outside |= (values < bound.lowest) | (values > bound.highest)
    kept = rules == ""
    series = [
        Series("kept", values[kept]),
        Series("removed", values[mine]),
        Series("other", values[~kept & ~mine]),
    ]
    single = float(values[0]) if len(values) and values.min() == values.max() else None
    picture = histogram(series, list(drawn(limits)))
    return Distribution(measure, limits, picture, len(values), int(outside.sum()), int(mine.sum()), single)


def drawn(limits: Sequence[Bound]) -> Iterator[Threshold]:
    """The thresholds of bounds that can be missed at all."""
    for bound in limits:
        is_minimum = bound.rule.startswith("minimum_")
        if bound.threshold > 0 if is_minimum else bound.threshold < NO_MAXIMUM:
            yield Threshold(bound.threshold, is_minimum)
