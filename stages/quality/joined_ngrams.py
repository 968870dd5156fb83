"""Duplicate n-grams as datatrove 0.10 counts them: words joined without a space, and nothing counted twice.

Read from left to right, an n-gram that was seen before counts with its characters and the reading goes on after it.
Joined words let different n-grams be taken for equal (`a bc`, `ab c`), which is part of what is reproduced here.

Most words are left out before that: equal n-grams, however they fall into words, begin with the same characters. Where
many words are left, hashes of whole n-grams leave out more. Hashes only ever leave out: what counts was compared.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from stages.power_tables import power_tables

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Found = npt.NDArray[np.bool_]

WINDOW = 12
"""So many characters are compared first: of 8 to 24 those that leave the fewest words of the sample."""

MANY_PLACES = 50
"""From so many places on hashes of n-grams pay (measured on the sample)."""

_BASE = 0x9E3779B97F4A7C15
_FACTOR = np.uint64(_BASE)
_POWERS = 1 << 16
_LEAST_BITS = 12


def joined_duplicates(joined: str, stops: Numbers, sizes: Sequence[int]) -> list[int]:
    """For each size of n-grams, the smallest first, the characters of those that occurred before.

    `stops` are where the words begin and end in the joined text.
    """
    if len(stops) <= sizes[0]:
        return [0] * len(sizes)
    begins, first_ends = stops[: -sizes[0]], stops[sizes[0] :]
    places = np.flatnonzero(_recurring(_windows(joined, begins)) | (first_ends - begins < WINDOW))
    edges = stops.tolist()
    if len(places) < MANY_PLACES:
        few = places.tolist()
        related = _any_related(joined, edges, sizes[0], few)
        return [_counted(joined, edges, size, few) if related else 0 for size in sizes]
    ends = stops[np.minimum(places + np.array(sizes)[:, None], len(stops) - 1)]
    repeated = _recurring(_gram_hashes(joined, begins[places], ends))
    return [
        _counted(joined, edges, size, places[chosen].tolist()) for size, chosen in zip(sizes, repeated, strict=True)
    ]


def _recurring(hashes: Hashes) -> Found:
    """Which hashes stand more than once in their row; a few others too, since only their upper bits are compared.

    Every hash writes its number where its upper bits say, and those that find another's there share it with that.
    """
    rows, number = hashes.shape if hashes.ndim > 1 else (1, len(hashes))
    bits = max(_LEAST_BITS, number.bit_length() + 4)
    slots = (hashes >> np.uint64(64 - bits)).view(np.int64)
    if rows > 1:
        slots = slots + (np.arange(rows) << bits)[:, None]
    slots = slots.ravel()
    numbers = np.arange(len(slots))
    owners = np.empty(rows << bits, np.int64)
    owners[slots] = numbers
    owner = owners[slots]
    found: Found = owner != numbers
    found[owner[found]] = True
    return found.reshape(hashes.shape)


def _windows(joined: str, begins: Numbers) -> Hashes:
    """A hash of the characters from each place on; those above U+00FF are not told apart."""
    characters = (joined + "?" * WINDOW).encode("latin-1", "replace")
    eights: Hashes = np.ndarray(len(characters) - 7, np.uint64, characters, strides=(1,))
    return ((eights[begins] * _FACTOR) ^ eights[begins + (WINDOW - 8)]) * _FACTOR


def _gram_hashes(joined: str, begins: Numbers, ends: Numbers) -> Hashes:
    """A hash of the characters from each beginning to each of its ends.

    It is the sum of the characters, each times a power of the base that says how far behind the beginning it stands.
    """
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    powers, inverses = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[:-1], out=sums[1:])
    return (sums[ends] - sums[begins]) * inverses[begins]


def _powers(number: int) -> tuple[Hashes, Hashes]:
    if number > _POWERS:
        return power_tables(_BASE, number)
    powers, inverses = _first_powers()
    return powers[:number], inverses[:number]


@cache
def _first_powers() -> tuple[Hashes, Hashes]:
    return power_tables(_BASE, _POWERS)


def _any_related(joined: str, stops: Sequence[int], size: int, places: Sequence[int]) -> bool:
    """Whether the n-gram at any of the places is the beginning of that at another, as it is where any n-gram repeats.

    In their order, an n-gram that is the beginning of any other is that of the next.
    """
    grams = sorted([joined[stops[place] : stops[place + size]] for place in places])
    return any(map(str.startswith, grams[1:], grams))


def _counted(joined: str, stops: Sequence[int], size: int, places: Sequence[int]) -> int:
    """Reads the n-grams at some places from left to right."""
    seen: set[str] = set()
    characters = resume = 0
    for place in places:
        if place < resume:
            continue
        resume = place + size
        if resume >= len(stops):
            break
        gram = joined[stops[place] : stops[resume]]
        if gram in seen:
            characters += len(gram)
        else:
            seen.add(gram)
            resume = place
    return characters
