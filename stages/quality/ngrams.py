"""Which word n-grams a text repeats: two kernels, one for short texts and one for long ones, with equal results.

An n-gram can only repeat where its first words do. The kernel for short texts looks at one size after the other, each
at the places that the size before left. That for long texts sorts the places by the words that begin there, where
n-grams of all sizes stand beside their like, first for 2 to 4 words, then, where 4 repeat, for 5 to 10. N-grams are
compared as sequences of words: exactly, without hashes.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stages.quality.prepared import LONG_TEXT_WORDS, Codes, Prepared

TOP_SIZES = (2, 3, 4)
COVERED_SIZES = (5, 6, 7, 8, 9, 10)

Numbers = npt.NDArray[np.int64]


class Top(NamedTuple):
    """The most frequent n-gram of one size: how often it occurs, at least twice, and the characters of one occurrence.

    Characters include what stands between the words.
    """

    occurrences: int
    longest: int
    """Of several that occur equally often, the longest."""
    earliest: int
    """Of several that occur equally often, that which is seen first."""


class Repeats(NamedTuple):
    """What of a text's n-grams occurs more than once; sizes that nothing repeats may be missing at the end."""

    top: list[Top]
    """For n-grams of 2, 3 and 4 words."""
    covered: list[int]
    """Characters inside n-grams of 5 to 10 words that occurred before, each once however many n-grams cover it."""


def repeats(prepared: Prepared, gap: int, *, covered: bool = True) -> Repeats:
    """The repeated n-grams of a text; those of 5 to 10 words only if asked for.

    `gap` is how many characters stand between two words.
    """
    if len(prepared.words) < LONG_TEXT_WORDS:
        return _repeats_of_short(prepared.words, gap, covered)
    return _repeats_of_long(prepared.word_codes, prepared.word_stops, gap, covered)


def _repeats_of_short(words: Sequence[str], gap: int, covered: bool) -> Repeats:
    found = Repeats([], [])
    ends: Sequence[int] = ()
    places: Sequence[int] = range(len(words) - 1)
    keys: Iterable[tuple[object, str]] = pairwise(words)
    for size in TOP_SIZES + COVERED_SIZES if covered else TOP_SIZES:
        first: dict[tuple[object, str], int] = {}
        names = list(map(first.setdefault, keys, places))
        if len(first) == len(names):
            break
        again = [(place, name) for place, name in zip(places, names, strict=True) if place != name]
        ends = ends or list(accumulate(map(len, words), initial=0))
        if size in TOP_SIZES:
            found.top.append(_top([name for _, name in again], size, ends, gap))
        else:
            found.covered.append(_covered([place for place, _ in again], size, ends, gap))
        inside = len(words) - size
        again += {(name, name) for _, name in again}
        grams = sorted([gram for gram in again if gram[0] < inside])
        places = [place for place, _ in grams]
        keys = [(name, words[place + size]) for place, name in grams]
    return found


def _top(again: Sequence[int], size: int, ends: Sequence[int], gap: int) -> Top:
    """`again` has the first place of an n-gram for each time that it comes again."""
    counts = dict.fromkeys(again, 0)
    for place in again:
        counts[place] += 1
    most = max(counts.values())
    top = [place for place, count in counts.items() if count == most]
    longest = max([ends[place + size] - ends[place] for place in top])
    earliest = min(top)
    between = gap * (size - 1)
    return Top(most + 1, longest + between, ends[earliest + size] - ends[earliest] + between)


def _covered(places: Sequence[int], size: int, ends: Sequence[int], gap: int) -> int:
    """The characters of `size` words from each place on; places that overlap or touch are taken together."""
    characters, begin, end = 0, places[0], places[0]
    for place in places:
        if place > end:
            characters += ends[end] - ends[begin] + gap * (end - begin - 1)
            begin = place
        end = place + size
    return characters + ends[end] - ends[begin] + gap * (end - begin - 1)


def _repeats_of_long(codes: Codes, stops: Numbers, gap: int, covered: bool) -> Repeats:
    ends = stops + gap * np.arange(len(stops))
    padded = np.concatenate((codes, np.full(COVERED_SIZES[-1], codes.max(initial=0) + 1, codes.dtype)))
    words = [padded[word : len(codes) + word] for word in range(TOP_SIZES[-1])]
    groups = _groups(np.stack(words), np.arange(len(codes)))
    found = Repeats(_tops(groups, ends, gap), [])
    named = groups.row == len(TOP_SIZES) - 1
    if not covered or not named.any():
        return found
    counts = groups.counts[named]
    places = groups.places[-int(counts.sum()) :]
    names = np.repeat(np.arange(len(counts), dtype=codes.dtype), counts)
    words = [padded[places + word] for word in range(TOP_SIZES[-1], COVERED_SIZES[-1])]
    found.covered.extend(_covered_by_size(_groups(np.stack([names, *words]), places), ends, gap))
    return found


class _Groups(NamedTuple):
    """The places of repeated n-grams of several sizes, n-gram by n-gram, size by size."""

    places: Numbers
    counts: Numbers
    """How many places each n-gram has."""
    first: Numbers
    """Its first place."""
    row: Numbers
    """The number of its size."""


def _groups(words: Codes, places: Numbers) -> _Groups:
    """The n-grams that the first rows of `words` repeat: the first two rows, the first three, and so on.

    A column is what stands at a place. Behind the end of the text stands a number that no word has: places that reach
    it are never equal, since each does so at another row.
    """
    order = np.lexsort(words[::-1])
    words, places = words[:, order], places[order]
    linked = np.zeros((len(words) - 1, len(places) + 1), bool)  # the n-gram at a place is that at the place before it
    same = words[0, 1:] == words[0, :-1]
    for row, word in zip(linked, words[1:], strict=True):
        same &= word[1:] == word[:-1]
        row[1:-1] = same
    before = linked[:, :-1]
    among = np.flatnonzero(before | linked[:, 1:])
    starts = np.flatnonzero(~before.ravel()[among])
    rows, columns = np.divmod(among, len(places))
    places = places[columns]
    counts = np.diff(starts, append=len(among))
    first = np.minimum.reduceat(places, starts) if len(starts) else starts
    return _Groups(places, counts, first, rows[starts])


def _tops(groups: _Groups, ends: Numbers, gap: int) -> list[Top]:
    found = []
    bounds = np.searchsorted(groups.row, range(len(TOP_SIZES) + 1)).tolist()
    for size, (begin, end) in zip(TOP_SIZES, pairwise(bounds), strict=True):
        if begin == end:
            break
        counts = groups.counts[begin:end]
        most = counts.max()
        top = groups.first[begin:end][counts == most]
        characters = ends[top + size] - ends[top] - gap
        found.append(Top(int(most), int(characters.max()), int(characters[top.argmin()])))
    return found


def _covered_by_size(groups: _Groups, ends: Numbers, gap: int) -> list[int]:
    """Each size has a stretch of numbers of its own, too far from the next to touch it."""
    if not len(groups.places):
        return []
    stretch = len(ends) + 2 * COVERED_SIZES[-1]
    rows = np.repeat(groups.row, groups.counts)
    later = groups.places != np.repeat(groups.first, groups.counts)
    places = np.sort((groups.places + rows * stretch)[later])
    rows = places // stretch
    stops = places + rows + COVERED_SIZES[0]
    breaks = np.flatnonzero(places[1:] > stops[:-1])
    begins = np.concatenate((places[:1], places[breaks + 1]))
    last = np.concatenate((stops[breaks], stops[-1:]))
    rows = begins // stretch
    runs = ends[last - rows * stretch] - ends[begins - rows * stretch] - gap
    return list(map(int, np.bincount(rows, runs, len(COVERED_SIZES))))
