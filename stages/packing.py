"""Which documents share a row of tokens, without a token lost.

`best_fit` cuts no document that fits a row and pads next to nothing; `concatenate` cuts the stream of all documents;
`one_document` pads the most. Ding et al. 2024, "Fewer Truncations Improve Language Modeling" (arXiv 2404.10830), show
what cut documents cost a model.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
WORTH_A_SECOND_TRY = 0.0005
"""Padding, as a share of the tokens, up to which the first packing is taken as it is."""


@dataclass(frozen=True)
class PackedPieces:
    """Rows of pieces of documents; a piece is a range of a document's tokens, `stop` exclusive."""

    documents: Integers
    """int64 [pieces]: the position of each piece's document in the input."""
    starts: Integers
    """int64 [pieces]."""
    stops: Integers
    """int64 [pieces]."""
    row_starts: Integers
    """int64 [rows + 1]: row r has the pieces `row_starts[r]` to `row_starts[r + 1]`."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.row_starts) - 1


def best_fit(lengths: Integers, width: int) -> PackedPieces:
    """Packs documents of given lengths (int64 [documents], in tokens) into rows of at most `width` tokens.

    A document longer than a row fills whole rows of its own; what is left of it is packed like any other document. No
    other document is ever cut, no token is lost, and empty documents have no piece. A row is opened with the longest
    document that is left and filled as well as the others can fill it (minimum bin slack: Gupta and Ho 1999, "A new
    heuristic algorithm for the one-dimensional bin-packing problem"); as lengths come often, one search serves many
    rows. If that pads much, a second try takes nearly full rows for full, which spares short documents; the better one
    counts. Rows are in the order of their longest documents. Equal input gives equal rows.

    Raises ValueError if the width is not positive or a length is negative.
    """
    _check(lengths, width)
    whole = _cut(lengths - lengths % width, width)
    tails = lengths % width
    counts = np.bincount(tails, minlength=width)
    counts[0] = 0
    patterns = list(_patterns(counts.tolist(), 0))
    if _rows(patterns) * width > (1 + WORTH_A_SECOND_TRY) * int(tails.sum()):
        patterns = min(patterns, list(_patterns(counts.tolist(), width // 64)), key=_rows)
    row_lengths = np.repeat([len(sizes) for sizes, _ in patterns], [times for _, times in patterns]).astype(np.int64)
    sizes = np.array([size for sizes, times in patterns for size in sizes * times], np.int64)
    documents = np.empty(len(sizes), np.int64)
    # The places for one size and the tails of this size, each in their order.
    documents[np.argsort(sizes, kind="stable")] = np.argsort(tails, kind="stable")[len(tails) - len(sizes) :]
    stops = lengths[documents]
    return _in_order(
        np.concatenate([whole.documents, documents]),
        np.concatenate([whole.starts, stops - sizes]),
        np.concatenate([whole.stops, stops]),
        np.concatenate([np.diff(whole.row_starts), row_lengths]),
    )


def concatenate(lengths: Integers, width: int) -> PackedPieces:
    """Cuts the stream of all documents into rows of `width` tokens; the last row holds what is left.

    Raises ValueError as `best_fit` does.
    """
    _check(lengths, width)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    row_ends = np.append(np.arange(width, total, width), [total] if total else [])
    cuts = np.sort(np.concatenate([ends[lengths > 0], row_ends]).astype(np.int64), kind="stable")
    cuts = cuts[np.diff(cuts, prepend=0) > 0]
    begins = np.concatenate([[0], cuts[:-1]])[: len(cuts)].astype(np.int64)
    documents = np.searchsorted(ends, begins, side="right")
    first = ends[documents] - lengths[documents]
    row_starts = np.concatenate([[0], np.searchsorted(cuts, row_ends, side="right")]).astype(np.int64)
    return PackedPieces(documents, begins - first, cuts - first, row_starts)


def one_document(lengths: Integers, width: int) -> PackedPieces:
    """Gives each document rows of its own: one, or several that follow each other if it is longer than a row.

    Raises ValueError as `best_fit` does.
    """
    _check(lengths, width)
    return _cut(lengths, width)


PACKERS: Mapping[str, Callable[[Integers, int], PackedPieces]] = {
    "best_fit": best_fit,
    "concatenate": concatenate,
    "one_document": one_document,
}
"""By their names in a recipe."""


def _check(lengths: Integers, width: int) -> None:
    if width <= 0:
        raise ValueError(f"a row needs at least one token, not {width}")
    if len(lengths) and int(lengths.min()) < 0:
        raise ValueError("a document cannot have a negative length")


def _cut(lengths: Integers, width: int) -> PackedPieces:
    """Rows of one piece each: documents cut at multiples of the width."""
    rows = -(-lengths // width)
    documents = np.repeat(np.arange(len(lengths)), rows)
    starts = (np.arange(len(documents)) - np.repeat(np.cumsum(rows) - rows, rows)) * width
    stops = np.minimum(starts + width, lengths[documents])
    return PackedPieces(documents, starts, stops, np.arange(len(documents) + 1))


Pattern = tuple[list[int], int]
"""The sizes in a row, descending, and how many rows are filled so."""


def _rows(patterns: list[Pattern]) -> int:
    return sum(times for _, times in patterns)


def _patterns(counts: list[int], slack: int) -> Iterator[Pattern]:
    """Yields what fills the rows one after the other, longest first; uses up `counts`, the number of each size."""
    there = [size for size, count in enumerate(counts) if count]
    while there:
        longest = there[-1]
        counts[longest] -= 1
        sizes = [longest, *_fullest(there, counts, len(counts) - longest, slack)]
        counts[longest] += 1
        used = Counter(sizes)
        times = min(counts[size] // count for size, count in used.items())
        for size, count in used.items():
            counts[size] -= count * times
            if not counts[size]:
                del there[bisect_left(there, size)]
        yield sizes, times


def _fullest(there: list[int], counts: list[int], space: int, slack: int) -> list[int]:
    """The sizes, descending, whose sum comes nearest to a space from below; long documents before short ones.

    `there` are the sizes that may have documents, ascending. Bit n of `sums` is set while some of the documents seen so
    far have n tokens together; one more document of a size is a shift. The search ends with the first size that fills
    the space but for `slack` tokens.
    """
    mask, sums, enough = (1 << (space + 1)) - 1, 1, max(space - slack, 1)
    before: list[tuple[int, int]] = []
    for place in range(bisect_right(there, space) - 1, -1, -1):
        size = there[place]
        before.append((size, sums))
        left, step = min(counts[size], space // size), 1
        while left:  # 1, 2, 4, … at once, so that any number up to `left` can be had
            taken = min(step, left)
            sums |= (sums << (size * taken)) & mask
            left, step = left - taken, 2 * step
        if sums >> enough:
            break
    found: list[int] = []
    sum_ = sums.bit_length() - 1
    for size, known in reversed(before):
        while not known >> sum_ & 1:
            found.append(size)
            sum_ -= size
    return found[::-1]


def _in_order(documents: Integers, starts: Integers, stops: Integers, row_lengths: Integers) -> PackedPieces:
    """The same rows in the order of their first pieces."""
    row_starts = np.cumsum(row_lengths) - row_lengths
    order = np.lexsort((starts[row_starts], documents[row_starts]))
    lengths = row_lengths[order]
    ends = np.cumsum(lengths)
    pieces = np.arange(int(lengths.sum())) + np.repeat(row_starts[order] - (ends - lengths), lengths)
    return PackedPieces(documents[pieces], starts[pieces], stops[pieces], np.concatenate([[0], ends]).astype(np.int64))


def join_rows(parts: Iterable[PackedPieces]) -> PackedPieces:
    """All rows of several packings, one after the other; their documents are positions in the same input."""
    every = list(parts)
    empty = [np.empty(0, np.int64)]
    lengths = np.concatenate([*empty, *(np.diff(one.row_starts) for one in every)])
    return PackedPieces(
        np.concatenate([*empty, *(one.documents for one in every)]),
        np.concatenate([*empty, *(one.starts for one in every)]),
        np.concatenate([*empty, *(one.stops for one in every)]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
    )
