"""Duplicate n-grams as datatrove 0.10 counts them: words joined without a space, and nothing counted twice.

Read from left to right, an n-gram that was seen before counts with its characters and the reading goes on after it.
Joined words let different n-grams be taken for equal (`a bc`, `ab c`), which is part of what is reproduced here.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_POWERS = 1 << 16
_UPPER = np.uint64(48)


def joined_duplicates(words: Sequence[str], stops: npt.NDArray[np.int64], sizes: Sequence[int]) -> list[int]:
    """For each size of n-grams the characters of those that occurred before. `stops` are where words begin and end.

    64-bit hashes find the places where anything repeats; there the characters themselves are compared.
    """
    if not words:
        return [0] * len(sizes)
    joined = "".join(words)
    grams = _gram_hashes(joined, stops, sizes)
    ordered = np.sort(grams, axis=1)
    equal = ordered[:, 1:] == ordered[:, :-1]
    characters = [0] * len(sizes)
    edges = stops.tolist()
    for row in np.flatnonzero(equal.any(axis=1)).tolist():
        inside = max(len(words) - sizes[row] + 1, 0)
        places = _places_of(ordered[row, 1:][equal[row]], grams[row, :inside])
        characters[row] = _counted(joined, edges, sizes[row], places)
    return characters


def _places_of(wanted: Hashes, hashes: Hashes) -> list[int]:
    """Where any of the wanted hashes stands, and few others: those that share the upper 16 bits with one."""
    table = np.zeros(1 << 16, bool)
    table[wanted >> _UPPER] = True
    return np.flatnonzero(table[hashes >> _UPPER]).tolist()


def _gram_hashes(joined: str, stops: npt.NDArray[np.int64], sizes: Sequence[int]) -> Hashes:
    """A row for each size with the hash of the n-gram at each word; those that reach over the end are shorter."""
    sums, inverses = _prefix_hashes(joined)
    at = sums[stops]
    padded = np.concatenate((at, np.full(max(sizes), at[-1])))
    ends = np.stack([padded[size : size + len(at) - 1] for size in sizes])
    return (ends - at[:-1]) * inverses[stops[:-1]]


def _prefix_hashes(joined: str) -> tuple[Hashes, Hashes]:
    """Sums of the characters before each place, each times a power of the base; and the inverse powers."""
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    powers, inverses = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[:-1], out=sums[1:])
    return sums, inverses


def _powers(number: int) -> tuple[Hashes, Hashes]:
    if number <= _POWERS:
        return _FIRST_POWERS[0][:number], _FIRST_POWERS[1][:number]
    return _geometric(_BASE, number), _geometric(_INVERSE, number)


def _geometric(base: int, number: int) -> Hashes:
    factors = np.full(number, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


_FIRST_POWERS = _geometric(_BASE, _POWERS), _geometric(_INVERSE, _POWERS)


def _counted(joined: str, stops: Sequence[int], size: int, places: Sequence[int]) -> int:
    """Reads the places whose hash occurs more than once, from left to right."""
    seen: set[str] = set()
    characters = resume = 0
    for place in places:
        if place < resume:
            continue
        gram = joined[stops[place] : stops[place + size]]
        if gram in seen:
            characters += len(gram)
            resume = place + size
        else:
            seen.add(gram)
    return characters
