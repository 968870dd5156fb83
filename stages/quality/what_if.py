"""The verdict of `first_missed` on many stored measurements at once: what other bounds would have done."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.quality.bounds import bounds
from stages.recipe import Quality

PASSED = -1


class Column(NamedTuple):
    """What was measured under one name, a value for each text."""

    values: NDArray[np.float64]
    known: NDArray[np.bool_]
    """False where the text was not measured; its value then means nothing. A measured NaN misses every bound."""


def first_missed_rule(columns: Mapping[str, Column], rows: int, settings: Quality) -> NDArray[np.int16]:
    """For each text the place in `bounds(settings)` of the first bound that it misses, or PASSED."""
    missed = np.full(rows, PASSED, np.int16)
    for place, bound in enumerate(bounds(settings)):
        column = columns.get(bound.measure)
        if column is not None:
            inside = (column.values >= bound.lowest) & (column.values <= bound.highest)
            missed[column.known & ~inside & (missed == PASSED)] = place
    return missed
