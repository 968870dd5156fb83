"""Which settings are asked about, and whether stored values can tell what they would do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pydantic import ValidationError

from stages.errors import GristmillError
from stages.quality.bounds import bounds
from stages.recipe import Corpus, Quality
from stages.recipe.differences import Difference, differences
from stages.recipe.loading import load_recipe, split_overrides

LANGUAGE_KEYS = ("corpus.language.threshold", "corpus.language.keep")
QUALITY = "corpus.quality"
EDITING_GROUPS = ("line_corrections", "c4")
"""Groups that take lines or marks out of the text that the groups after them measure."""


@dataclass(frozen=True)
class Question:
    """The settings of the run, and those that are asked about."""

    before: Corpus
    after: Corpus
    changes: list[Difference]


def locating_overrides(overrides: Sequence[str]) -> list[str]:
    """The overrides that say which run is meant (`name=…`), not what is asked about it."""
    return [one for one in split_overrides(overrides) if not one.startswith("corpus.")]


def ask(before: Corpus, recipe_path: str, overrides: Sequence[str]) -> Question:
    """The question that a command line puts to a run; GristmillError for a setting that stored values cannot tell.

    The values are checked as those of a recipe are, and go before the settings of the run, not those of the file.
    """
    keys = [one.partition("=")[0].strip() for one in split_overrides(overrides) if one.startswith("corpus.")]
    if not keys:
        raise GristmillError('say what to change: make what-if SET="corpus.quality.gopher_quality.minimum_words=30"')
    asked = load_recipe(recipe_path, overrides)
    values = before.model_dump(mode="json")
    for key in keys:
        names = key.split(".")[1:]
        if key.startswith(f"{QUALITY}.") and reduce(getattr, names, before) == reduce(getattr, names, asked.corpus):
            continue  # as in the run, say a model that was named on its command line
        _check_can_be_told(key, before, asked.corpus.quality)
        place: Any = reduce(lambda inner, name: inner[name], names[:-1], values)
        place[names[-1]] = reduce(getattr, names, asked.corpus)
    try:
        after = Corpus.model_validate_json(json.dumps(values))
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise GristmillError(f"{', '.join(keys)}: {message}") from error
    return Question(before, after, differences(before, after, "corpus"))


def _check_can_be_told(key: str, before: Corpus, asked: Quality) -> None:
    if key in LANGUAGE_KEYS:
        return
    reason = "only bounds of corpus.quality, corpus.language.threshold and corpus.language.keep can be asked"
    if key.startswith(f"{QUALITY}."):
        reason = _why_not(key.split(".")[2:], before.quality, asked)
    if reason:
        raise GristmillError(
            f'{key}: stored values cannot tell what it would do ({reason}); `make corpus SET="{key}=…"` can'
        )


def _why_not(names: list[str], before: Quality, asked: Quality) -> str:
    """Why a setting of the quality section cannot be told; empty if it can."""
    group = names[0]
    measured = {bound.group for bound in bounds(before)}
    if len(names) != 2:
        return "it decides how texts are measured"
    if group not in measured:
        return f"{group} was switched off in the run, so that nothing was measured"
    if names[1].startswith(("minimum_", "maximum_")):
        return ""
    if names[1] == "enabled":
        switched_off = not getattr(asked, group).enabled
        edits = switched_off and group in EDITING_GROUPS
        return f"{group} edits the text that later rules measured" if edits else ""
    return "it decides how texts are measured, or what is cut out of them"
