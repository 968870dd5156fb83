"""Which documents share a row of tokens: best-fit-decreasing bin packing that cuts no document without need.

Ding et al. 2024, "Fewer Truncations Improve Language Modeling" (arXiv 2404.10830): cutting the stream of all documents
into rows splits many that would fit into one; best-fit-decreasing splits none of them and pads next to nothing.
"""

import numpy as np
import numpy.typing as npt

Piece = tuple[int, int, int]
"""A document's position in the input and a range of its tokens, `stop` exclusive: (document, start, stop)."""


def pack(lengths: npt.NDArray[np.int64], width: int) -> list[list[Piece]]:
    """Packs documents of given lengths (int64 [documents], in tokens) into rows of at most `width` tokens.

    A document longer than a row fills whole rows of its own; what is left of it is packed like any other document. No
    other document is ever split, no token is lost, and empty documents get no piece. Whole rows come first, in the
    order of the documents; then the shared rows, in the order in which they were opened. Equal input gives equal rows.

    Raises ValueError if the width is not positive or a length is negative.
    """
    if width <= 0:
        raise ValueError(f"a row needs at least one token, not {width}")
    if len(lengths) and int(lengths.min()) < 0:
        raise ValueError("a document cannot have a negative length")
    rows: list[list[Piece]] = [
        [(document, start, start + width)]
        for document in np.flatnonzero(lengths >= width).tolist()
        for start in range(0, int(lengths[document]) - width + 1, width)
    ]
    rows.extend(_best_fit(lengths, lengths % width, width))
    return rows


def _best_fit(lengths: npt.NDArray[np.int64], tails: npt.NDArray[np.int64], width: int) -> list[list[Piece]]:
    """Packs the last `tails` tokens of each document, longest first, each into the fullest row that still holds it."""
    order = np.argsort(-tails, kind="stable")[: np.count_nonzero(tails)]
    rows: list[list[Piece]] = []
    rows_by_space: list[list[list[Piece]]] = [[] for _ in range(width)]
    spaces = 0  # bit s is set while some row has exactly s tokens of space left
    sizes, stops = tails[order].tolist(), lengths[order].tolist()
    for document, size, stop in zip(order.tolist(), sizes, stops, strict=True):
        fitting = spaces >> size
        if fitting:
            space = size + (fitting & -fitting).bit_length() - 1
            candidates = rows_by_space[space]
            row = candidates.pop()
            if not candidates:
                spaces ^= 1 << space
        else:
            row, space = [], width
            rows.append(row)
        row.append((document, stop - size, stop))
        if space > size:
            rows_by_space[space - size].append(row)
            spaces |= 1 << (space - size)
    return rows
