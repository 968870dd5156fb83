"""From measured values to a verdict: the bounds of the recipe, in order, and the first that a document misses.

Every key `minimum_x` or `maximum_x` of a group is a rule; `x` is the name of what it measures. The verdict is a
function of the measured values and the bounds alone, so that stored values tell what another bound would have done.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from stages.document import Refusal
from stages.recipe import Quality, Section

PREFIXES = ("minimum_", "maximum_")


class Bound(NamedTuple):
    """A rule: its group and name in the recipe, what it measures, and where a text must stay."""

    group: str
    rule: str
    measure: str
    lowest: float
    highest: float

    @property
    def threshold(self) -> float:
        """The bound as the recipe gives it."""
        return self.lowest if self.rule.startswith("minimum_") else self.highest


@cache
def bounds(settings: Quality) -> tuple[Bound, ...]:
    """All rules of the groups that are switched on, in the order in which they are applied."""
    return tuple(bound for name, group in settings.groups() for bound in _bounds_of(name, group))


def _bounds_of(name: str, group: Section) -> list[Bound]:
    found = []
    for rule in type(group).model_fields:
        prefix, measure = rule[:8], rule[8:]
        if prefix in PREFIXES:
            value = float(getattr(group, rule))
            limits = (value, math.inf) if prefix == "minimum_" else (-math.inf, value)
            found.append(Bound(name, rule, measure, *limits))
    return found


@cache
def measure_names() -> tuple[str, ...]:
    """The names of everything that any group measures, in the order of the recipe; unique over the groups."""
    names = {}
    for field in Quality.model_fields.values():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Section):
            names.update(dict.fromkeys(rule[8:] for rule in section.model_fields if rule[:8] in PREFIXES))
    return tuple(names)


def first_missed(measurements: Mapping[str, float], settings: Quality) -> Refusal | None:
    """The first bound that a document misses; what was not measured (for its language, say) is no rule for it."""
    for bound in bounds(settings):
        value = measurements.get(bound.measure)
        if value is not None and not bound.lowest <= value <= bound.highest:
            return Refusal(bound.rule, value, bound.threshold)
    return None
