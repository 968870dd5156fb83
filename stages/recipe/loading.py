"""Reading a recipe file and the overrides of the command line."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stages.errors import GristmillError
from stages.recipe.section import Section
from stages.recipe.whole import Recipe

KEYS_SHOWN = 3
_NEXT_OVERRIDE = re.compile(r"\s+(?=[A-Za-z_][\w.]*=)")
"""The space before another `key=`; a value may have spaces of its own."""


def load_recipe(path: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Reads a recipe and applies overrides; raises GristmillError with the key and the file.

    Each override is `key.key=value`, or several of them separated by spaces. The value is read as TOML, and as a plain
    string where it is none.
    """
    try:
        with Path(path).open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise GristmillError(f"{path}: cannot read the recipe: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise GristmillError(f"{path}: not valid TOML: {error}") from error
    for override in split_overrides(overrides):
        _apply_override(values, override)
    try:
        return Recipe.model_validate(_tuples(values))
    except ValidationError as error:
        raise GristmillError(f"{path}: {_first_problem(error)}") from error


def split_overrides(groups: Iterable[str]) -> list[str]:
    """Each `key=value` of a command line by itself; one argument may hold several, separated by spaces."""
    return [one for group in groups for one in _NEXT_OVERRIDE.split(group.strip())]


def _apply_override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise GristmillError(f"override {override!r}: write it as section.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    place: Any = values
    for part in parts[:-1]:
        place = _descend(place, part, override)
    if isinstance(place, list):
        place[_index(place, parts[-1], override)] = value
    else:
        place[parts[-1]] = value


def _descend(place: Any, part: str, override: str) -> Any:
    inner = place[_index(place, part, override)] if isinstance(place, list) else place.setdefault(part, {})
    if not isinstance(inner, dict | list):
        raise GristmillError(f"override {override!r}: {part!r} is a value, not a section")
    return inner


def _index(place: list[Any], part: str, override: str) -> int:
    if not part.isdigit() or int(part) >= len(place):
        raise GristmillError(f"override {override!r}: {part!r} is not an index below {len(place)}")
    return int(part)


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_tuples(inner) for inner in value)
    return value


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"]) or "recipe"
    if problem["type"] == "extra_forbidden":
        near = _keys_ending_with(str(problem["loc"][-1]))
        return f"unknown key {key}" + (f", did you mean {' or '.join(near[:KEYS_SHOWN])}?" if near else "")
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    given = problem["input"]
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{key}: {message}{shown}"


def _keys_ending_with(name: str) -> list[str]:
    """The dotted keys of all settings of this name, in the order of the recipe."""
    return [key for key in _keys(Recipe) if key.rsplit(".", 1)[-1] == name]


def _keys(section: type[Section], prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from _keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
