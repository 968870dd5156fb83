"""Documents into rows: Gristmill's `best_fit` against plain best-fit-decreasing, on the same lengths.

    python -m benchmarks.packing [build/sample/tokenizer ...] [--documents 1000000] [--width 2049]

The lengths are log-normal with a median of 466 tokens, as fitted to web pages, all at once and in shards; and, of each
finished tokenizer job that is named, those of its training documents, shard by shard, in rows of its own width.
Processor time, the best of three; best-fit-decreasing is in plain Python, one search a document, with a bit for every
space that some row has. Padding counts the end of the last row too. The bound is the fewest rows that hold so many
tokens.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.processes import machine
from stages.artifacts import read_manifest
from stages.packing import best_fit
from stages.rebuilt_documents import pieces_of
from stages.shards import PackedRows

MEDIAN, SIGMA = 466, 1.45
DOCUMENTS_A_SHARD = 10_000
ROUNDS = 3
Lengths = npt.NDArray[np.int64]


def main() -> None:
    """Packs the lengths by both and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", nargs="*", help="folders of finished tokenizer jobs")
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=2049)
    own = parser.parse_args()
    print(f"{machine()}\n")
    print("| lengths | packer | rows | rows over the bound | padding | CPU s | ns a document |")
    print("|---|---|---|---|---|---|---|")
    drawn = np.random.default_rng(0).lognormal(np.log(MEDIAN), SIGMA, own.documents)
    lengths = np.maximum(1, drawn.astype(np.int64))
    _show(f"{own.documents:,} log-normal", [lengths], own.width)
    shards = max(1, own.documents // DOCUMENTS_A_SHARD)
    _show(f"the same in {shards:,} shards", np.array_split(lengths, shards), own.width)
    for folder in own.jobs:
        packed = [PackedRows([path]) for path in read_manifest(folder, "tokenizer").paths("train", folder)]
        _show(folder, [lengths_of(shard) for shard in packed], packed[0].width)


def lengths_of(packed: PackedRows) -> Lengths:
    """int64 [documents]: the tokens of each document of a shard, in the order in which they begin."""
    pieces = pieces_of(packed)
    _, numbers = np.unique(pieces.ids, return_inverse=True)
    ends = np.zeros(int(numbers.max(initial=-1)) + 1, np.int64)
    np.maximum.at(ends, numbers, pieces.stops)
    lengths: Lengths = ends[numbers[pieces.offsets == 0]]
    return lengths


def _show(name: str, shards: Sequence[Lengths], width: int) -> None:
    tokens, documents = sum(int(one.sum()) for one in shards), sum(map(len, shards))
    bound = -(-tokens // width)
    packers = {"Gristmill, best_fit": lambda lengths, width: best_fit(lengths, width).rows}
    for packer, rows_of in {**packers, "best-fit-decreasing": best_fit_decreasing}.items():
        rows, seconds = _measured(rows_of, shards, width)
        padding = 1 - tokens / (rows * width)
        shown = f"{rows:,} | {rows - bound:,} | {padding:.4%} | {seconds:.2f} | {seconds / documents * 1e9:,.0f}"
        print(f"| {name} in rows of {width:,} | {packer} | {shown} |")


def _measured(rows_of: Callable[[Lengths, int], int], shards: Sequence[Lengths], width: int) -> tuple[int, float]:
    seconds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        rows = sum(rows_of(lengths, width) for lengths in shards)
        seconds.append(time.process_time() - before)
    return rows, min(seconds)


def best_fit_decreasing(lengths: Lengths, width: int) -> int:
    """How many rows it takes: long documents cut into whole rows first, then each into the fullest row that fits."""
    tails = lengths % width
    order = np.argsort(-tails, kind="stable")
    open_rows: list[list[int]] = [[] for _ in range(width + 1)]
    row_of = np.zeros(len(lengths), np.int64)
    spaces = rows = 0
    for document, length in zip(order.tolist(), tails[order].tolist(), strict=True):
        if not length:
            break
        fitting = spaces >> length
        if fitting:
            space = length + (fitting & -fitting).bit_length() - 1
            row = open_rows[space].pop()
            if not open_rows[space]:
                spaces &= ~(1 << space)
        else:
            row, space, rows = rows, width, rows + 1
        row_of[document] = row
        if space > length:
            open_rows[space - length].append(row)
            spaces |= 1 << (space - length)
    return rows + int((lengths // width).sum())


if __name__ == "__main__":
    main()
