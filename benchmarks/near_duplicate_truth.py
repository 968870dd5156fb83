"""Which documents really are near-duplicates, and how well the searches found them.

    python -m benchmarks.near_duplicate_truth build/benchmarks/duplicates.jsonl build/benchmarks/truth.parquet
    python -m benchmarks.near_duplicate_truth … [--found build/benchmarks/found] [--reference datatrove]

The truth is a table of all pairs whose sets of shingles have a Jaccard similarity of 0.5 or more (`left`, `right`,
`jaccard`), out of the shared shingles of every pair of documents, without signatures or buckets. It is made where there
is no such file. `--reference datatrove` makes it of datatrove's words instead of ours: minutes, not seconds.

`--found` is a folder with what each tool has found, by tool:

* `NAME.pairs.tsv`: ids of two documents that the tool compared as candidates, and did not refuse;
* `NAME.clusters.tsv`: ids of documents, each with the number of its cluster;
* `NAME.removed.tsv`: ids of the documents that the tool removed.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from stages.near_duplicates.detection_curve import detection_probability
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import NearDuplicates

LEAST = 0.5
"""Pairs less similar are not in the truth."""
WANTED = 0.8
"""From here on a pair is a near-duplicate."""
MILDER = (0.7, 0.5)
"""What else one may have meant by it: 14 bands of 8 rows find more than half of the pairs with 0.7 too."""
BLOCK = 1000
"""Documents compared with all others at once."""

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Document = tuple[str, str]
"""Id and text."""


@dataclass(frozen=True)
class Truth:
    """Pairs of documents, int64 [pairs] each by the documents' numbers, left < right, and their similarity."""

    ids: Sequence[str]
    left: Int64
    right: Int64
    jaccard: Floats

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of a document by its id."""
        return {name: number for number, name in enumerate(self.ids)}

    @cached_property
    def similarity(self) -> Callable[[Int64, Int64], Floats]:
        """A function that gives the similarity of pairs in either order; 0 of those that are not in the table."""
        keys = self._keys(self.left, self.right)
        order = np.argsort(keys)
        keys, values = keys[order], self.jaccard[order]

        def look_up(left: Int64, right: Int64) -> Floats:
            wanted = self._keys(left, right)
            places = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            return np.where(keys[places] == wanted, values[places], 0.0)

        return look_up

    def _keys(self, left: Int64, right: Int64) -> Int64:
        return np.minimum(left, right) * len(self.ids) + np.maximum(left, right)

    def at_least(self, least: float, below: float = 2.0) -> "Truth":
        """The pairs in a range of similarities."""
        chosen = (self.jaccard >= least) & (self.jaccard < below)
        return Truth(self.ids, self.left[chosen], self.right[chosen], self.jaccard[chosen])


def main() -> None:
    """Makes the table where it is not there yet, and prints how well the tools did."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--reference", choices=("gristmill", "datatrove"), default="gristmill")
    parser.add_argument("--found", type=Path, help="a folder of what tools have found")
    own = parser.parse_args()
    if not own.truth.exists():
        documents = read_documents(own.documents)
        sets = shingle_hashes([text for _, text in documents], NearDuplicates(reference=own.reference))
        write_truth(own.truth, true_pairs([name for name, _ in documents], sets))
    truth = read_truth(own.truth, [name for name, _ in read_documents(own.documents)])
    _print_truth(truth)
    if own.found:
        print_found(truth, own.found)


def read_documents(path: Path) -> list[Document]:
    """Ids and texts of a file of JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [(row["id"], row["text"]) for row in map(json.loads, file)]


def true_pairs(ids: Sequence[str], sets: Sequence[UInt64], least: float = LEAST) -> Truth:
    """All pairs of sets with at least this similarity: the shared hashes of every pair are counted."""
    from scipy.sparse import csr_array

    sizes = np.array([len(one) for one in sets])
    hashes = np.concatenate(sets)
    _, columns = np.unique(hashes, return_inverse=True)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    holds = csr_array((np.ones(len(hashes), np.int32), columns, starts), shape=(len(sets), int(columns.max()) + 1))
    held = holds.T.tocsr()
    parts: list[tuple[Int64, Int64, Floats]] = []
    for start in range(0, len(sets), BLOCK):
        block = (holds[start : start + BLOCK] @ held).tocoo()
        left, right = block.row.astype(np.int64) + start, block.col.astype(np.int64)
        jaccard = block.data / (sizes[left] + sizes[right] - block.data)
        chosen = (left < right) & (jaccard >= least)
        parts.append((left[chosen], right[chosen], jaccard[chosen]))
    lefts, rights, jaccards = zip(*parts, strict=True)
    return Truth(ids, np.concatenate(lefts), np.concatenate(rights), np.concatenate(jaccards))


def write_truth(path: Path, truth: Truth) -> None:
    """Writes the pairs with the ids of their documents."""
    ids = np.array(truth.ids, dtype=object)
    columns = {"left": ids[truth.left], "right": ids[truth.right], "jaccard": truth.jaccard}
    pq.write_table(pa.table(columns), path, compression="zstd")


def read_truth(path: Path, ids: Sequence[str]) -> Truth:
    """The pairs of a file; `ids` are those of all documents, paired or not."""
    table = pq.read_table(path)
    numbers = {name: number for number, name in enumerate(ids)}
    left, right = (np.array([numbers[name] for name in table[side].to_pylist()]) for side in ("left", "right"))
    return Truth(ids, np.minimum(left, right), np.maximum(left, right), table["jaccard"].to_numpy())


@dataclass(frozen=True)
class Score:
    """How much of the truth was found, and how much of what was found is true."""

    recall: float
    recall_below_09: float
    """Of the pairs with similarity 0.8 to 0.9, which a search can miss; equal texts are found by all."""
    precision: float
    pairs: int
    """How many were found."""


def score_pairs(truth: Truth, left: Int64, right: Int64) -> Score:
    """Scores pairs of documents, by their numbers, in any order and maybe more than once."""
    keys = np.unique(np.minimum(left, right) * len(truth.ids) + np.maximum(left, right))
    found = truth.similarity(keys // len(truth.ids), keys % len(truth.ids))
    return Score(
        _share(int(np.count_nonzero(found >= WANTED)), len(truth.at_least(WANTED).left)),
        _share(int(np.count_nonzero((found >= WANTED) & (found < 0.9))), len(truth.at_least(WANTED, 0.9).left)),
        _share(int(np.count_nonzero(found >= WANTED)), len(keys)),
        len(keys),
    )


def score_clusters(truth: Truth, clusters: Int64) -> Score:
    """Scores clusters, int64 [documents]: a document's cluster, or -1; all pairs of a cluster count as found."""

    def found(pairs: Truth) -> int:
        return int(np.count_nonzero((clusters[pairs.left] >= 0) & (clusters[pairs.left] == clusters[pairs.right])))

    sizes = np.unique(clusters[clusters >= 0], return_counts=True)[1]
    pairs = int((sizes * (sizes - 1) // 2).sum())
    wanted, hard = truth.at_least(WANTED), truth.at_least(WANTED, 0.9)
    return Score(
        _share(found(wanted), len(wanted.left)),
        _share(found(hard), len(hard.left)),
        _share(found(wanted), pairs),
        pairs,
    )


@dataclass(frozen=True)
class Removal:
    """What became of the documents when some were removed."""

    removed: int
    unproven: int
    """Removed, and no document that stayed is similar enough."""
    left_over: int
    """Stayed, and would have had to go for at most one document of each similar pair to stay."""


def score_removed(truth: Truth, removed: Booleans, least: float = WANTED) -> Removal:
    """Scores a removal, bool [documents], where similar means `least` or more."""
    similar = truth.at_least(least)
    proven = np.zeros(len(removed), np.bool_)
    for one, other in ((similar.left, similar.right), (similar.right, similar.left)):
        proven[one[~removed[other]]] = True
    both = ~removed[similar.left] & ~removed[similar.right]
    left_over = _superfluous(similar.left[both], similar.right[both])
    return Removal(int(removed.sum()), int(np.count_nonzero(removed & ~proven)), left_over)


def _superfluous(left: Int64, right: Int64) -> int:
    gone: set[int] = set()
    for one, other in sorted(zip(left.tolist(), right.tolist(), strict=True)):
        if one not in gone:
            gone.add(other)
    return len(gone)


def print_found(truth: Truth, folder: Path) -> None:
    """A table of the scores of all tools that left files in a folder."""
    print("| tool | what counts as found | pairs | recall | recall, 0.8 to 0.9 | precision |")
    print("|---|---|---|---|---|---|")
    for path, rows in _tables(folder, "pairs"):
        left, right = (np.array([truth.numbers[row[side]] for row in rows], np.int64) for side in (0, 1))
        _print_score(path, "candidate pairs", score_pairs(truth, left, right))
    for path, rows in _tables(folder, "clusters"):
        clusters = np.full(len(truth.ids), -1)
        clusters[[truth.numbers[row[0]] for row in rows]] = [int(row[1]) for row in rows]
        _print_score(path, "pairs of a cluster", score_clusters(truth, clusters))
    bounds = (WANTED, *MILDER)
    columns = " | ".join(f"no document that stays has {least}" for least in bounds)
    print(f"\n| tool | removed | {columns} | near-duplicates that stay |")
    print("|---|---|" + "---|" * len(bounds) + "---|")
    for path, rows in _tables(folder, "removed"):
        removed = np.zeros(len(truth.ids), np.bool_)
        removed[[truth.numbers[row[0]] for row in rows]] = True
        scores = [score_removed(truth, removed, least) for least in bounds]
        unproven = " | ".join(f"{score.unproven:,}" for score in scores)
        print(f"| {_tool(path)} | {scores[0].removed:,} | {unproven} | {scores[0].left_over:,} |")


def _tables(folder: Path, kind: str) -> Iterator[tuple[Path, list[list[str]]]]:
    for path in sorted(folder.glob(f"*.{kind}.tsv")):
        yield path, [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def _tool(path: Path) -> str:
    return path.name.split(".")[0]


def _print_score(path: Path, what: str, score: Score) -> None:
    shares = f"{score.recall:.4f} | {score.recall_below_09:.4f} | {score.precision:.4f}"
    print(f"| {_tool(path)} | {what} | {score.pairs:,} | {shares} |")


def _print_truth(truth: Truth) -> None:
    print(f"{len(truth.ids):,} documents, {len(truth.left):,} pairs with a similarity of {LEAST} or more")
    for least, below in ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0), (1.0, 2.0)):
        values = truth.at_least(least, below).jaccard
        bounds = f"{least} to {below}" if below <= 1 else "equal sets"
        print(f"  {bounds}: {len(values):,}; 14 bands of 8 rows find {_expected(values):.4f} of them in theory")
    print(f"  {WANTED} or more: {_expected(truth.at_least(WANTED).jaccard):.4f} in theory")


def _expected(similarities: Floats) -> float:
    settings = NearDuplicates()
    chances = [detection_probability(one, settings.bands, settings.rows) for one in similarities.tolist()]
    return _share(sum(chances), len(chances))


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 1.0


if __name__ == "__main__":
    main()
