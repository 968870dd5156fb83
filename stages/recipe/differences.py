"""Which settings differ between two sections of the same kind, by their dotted names."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from stages.recipe.section import Section


class Difference(NamedTuple):
    """A setting and its two values, as JSON values."""

    key: str
    first: Any
    second: Any


def differences(first: Section, second: Section, name: str) -> list[Difference]:
    """The settings that two sections give different values, in the order of the recipe; lists are compared whole."""
    one, other = (dict(_leaves(section.model_dump(mode="json"), name)) for section in (first, second))
    return [Difference(key, one[key], other[key]) for key in one if one[key] != other[key]]


def shown_value(value: Any) -> str:
    """A value as a recipe gives it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return json.dumps(value, ensure_ascii=False)


def _leaves(values: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{name}.{key}")
        else:
            yield f"{name}.{key}", value
