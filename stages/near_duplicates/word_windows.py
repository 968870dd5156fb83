"""Windows, some words in a row, of many texts at a time: their hashes, and where words stand.

Words are those of `signatures`, compared in lower case. The hash of a window is a polynomial over the hashes of its
words (Karp and Rabin 1987); differences of prefix sums give it for every window, at a cost that does not depend on the
number of words in it. Two different windows have the same hash with a probability of 2^-64, one order of the same words
with that of another of up to 2^-57. Of W different windows, W^2 / 2^65 pairs are expected to have the same: 3e-4 in
10^8, 2.7 in 10^10.
"""

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stages.near_duplicates.signatures import WORD_BASE, _batches, _fold, _word_edges, _word_hashes, mix64
from stages.power_tables import power_tables

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

BLOCK_WORDS = 1 << 14
"""Windows hashed at once; the arrays of a block stay in the processor's cache."""


def window_hashes(texts: Sequence[str], words: int) -> tuple[UInt64, Int64]:
    """64-bit hashes of all windows of so many words, and int64 [texts]: how many each text has.

    The hashes are uint64 [sum of counts], those of one text after another's, in the order of their first words. A text
    of fewer words has none.
    """
    hashes, counts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for batch in _batches(texts):
        word_hashes, word_counts = _word_hashes(batch)
        word_of = np.arange(len(word_hashes))
        inside = word_of + words <= np.repeat(np.cumsum(word_counts), word_counts)
        every = _windows(word_hashes, words)
        hashes.append(every[inside[: len(every)]])
        counts.append(np.maximum(word_counts - words + 1, 0))
    return np.concatenate(hashes), np.concatenate(counts)


def word_places(text: str) -> tuple[Int64, Int64]:
    """The characters where the words of a text start and stop (exclusive), int64 [words] each."""
    return _word_edges(_fold(text))


def _windows(hashes: UInt64, size: int) -> UInt64:
    """Hashes of all windows over the word hashes [words] of a batch, also of those over the ends of texts."""
    count = max(len(hashes) - size + 1, 0)
    windows = np.empty(count, np.uint64)
    for start in range(0, count, BLOCK_WORDS):
        stop = min(start + BLOCK_WORDS, count)
        powers, inverses = _power_tables(BLOCK_WORDS + size)
        prefix = np.zeros(stop - start + size, np.uint64)
        np.multiply(hashes[start : stop + size - 1], powers[: stop - start + size - 1], out=prefix[1:])
        np.cumsum(prefix, out=prefix)
        windows[start:stop] = (prefix[size:] - prefix[: stop - start]) * inverses[: stop - start]
    return mix64(windows)


@functools.lru_cache(maxsize=2)
def _power_tables(count: int) -> tuple[UInt64, UInt64]:
    return power_tables(WORD_BASE, count)
