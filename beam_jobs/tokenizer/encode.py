"""Phase `encode`: documents to tokens, dealt to shards by their ids.

A unit writes one file whose parts are the shards of all splits in their order; the next phase reads one part of every
file. Its counts say how much of each source and language there is, in stages' bins for a curriculum.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.shuffle import write_parts
from beam_jobs.tokenizer.documents import planned, read_documents, removed_rows
from beam_jobs.tokenizer.shares import shard_counts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join
from stages.draws import draw
from stages.mixture import length_bin, score_bin
from stages.recipe import Recipe
from stages.shards import token_type
from stages.splits import SPLITS
from stages.tokenizer import Tokenizer

COLUMNS = ["id", "text", "source", "language", "quality_score", "split", "parent_id", "url"]
SIZES = ("documents", "bytes", "tokens")
PLACES = pa.schema([("text_bytes", pa.uint32()), ("group", pa.uint32()), ("bin", pa.int32())])
"""What the packer needs to know of a document besides its id and tokens: see `_Groups.add`."""


def settings(recipe: Recipe) -> Any:
    """The seed and what a curriculum goes by: tokenizer and number of shards are among the inputs."""
    return [recipe.seed, recipe.mixture.curriculum.by]


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment of the corpora."""
    (trained,) = commits_of(job, "train")
    model = trained.files["tokenizer"][0].to_json()
    return planned(job, {"model": model, "shards": shard_counts(job.recipe)})


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the tokens of a fragment; the counts are its documents and tokens, and those of training by group."""
    tokenizer, recipe = Tokenizer.load(join(job.folder, "tokenizer")), job.recipe
    counts, groups = unit.inputs["shards"], _Groups(recipe.mixture.curriculum.by)
    first = {split: place for place, (split, number) in enumerate(shard_order(counts)) if number == 0}
    dtype = token_type(tokenizer.vocabulary_size)
    schema = pa.schema([("id", pa.uint64()), ("tokens", pa.list_(dtype)), ("url", pa.string()), *PLACES])
    batches: list[pa.RecordBatch] = []
    numbers: list[int] = []
    tokens: Counter[str] = Counter()
    for batch in read_documents(job, unit.inputs, COLUMNS):
        columns = {name: batch.column(name).to_pylist() for name in COLUMNS}
        sizes = pc.binary_length(batch.column("text")).to_pylist()
        flat, offsets = _with_ends(tokenizer.encode_batch(columns["text"]), tokenizer, dtype)
        lengths = np.diff(offsets).tolist()
        places = []
        for row, (one, split) in enumerate(zip(columns["id"], columns["split"], strict=True)):
            group = (columns["source"][row], columns["language"][row], columns["parent_id"][row] is not None)
            places.append(groups.add(group, split, sizes[row], lengths[row], columns["quality_score"][row]))
            numbers.append(first[split] + draw(one, recipe.seed, "shard") % counts[split])
            tokens[split] += lengths[row]
        numbered = zip(PLACES.types, zip(*places, strict=True) if places else ((), (), ()), strict=True)
        arrays = [pa.array(values, type_) for type_, values in numbered]
        listed = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
        # Those of training documents stay in the corpus.
        both = zip(columns["url"], columns["split"], strict=True)
        urls = pa.array([None if split == "train" else url for url, split in both], pa.string())
        batches.append(pa.record_batch([batch.column("id"), listed, urls, *arrays], schema=schema))
    table = pa.Table.from_batches(batches, schema)
    write_parts(outputs, "tokens", table, np.array(numbers, np.int64), sum(counts.values()))
    if unit.inputs["removed"] is not None:
        _deal_removed(job, unit, outputs)
    return {"documents": table.num_rows, "tokens": dict(sorted(tokens.items())), "groups": groups.to_json()}


def _with_ends(
    encoded: Sequence[npt.NDArray[np.int32]], tokenizer: Tokenizer, dtype: pa.DataType
) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """The tokens of documents back to back, each between bos and eos, and int64 [documents + 1] of where they begin."""
    offsets = np.concatenate([[0], np.cumsum([len(tokens) + 2 for tokens in encoded])]).astype(np.int64)
    flat = np.empty(int(offsets[-1]), dtype.to_pandas_dtype())
    flat[offsets[:-1]], flat[offsets[1:] - 1] = tokenizer.bos_id, tokenizer.eos_id
    for start, stop, tokens in zip((offsets[:-1] + 1).tolist(), (offsets[1:] - 1).tolist(), encoded, strict=True):
        flat[start:stop] = tokens
    return pa.array(flat), offsets


def _deal_removed(job: Job, unit: Unit, outputs: Outputs) -> None:
    """Deals what is removed to the shards too, so that the lists of removals do not depend on the fragments."""
    removed, shards = removed_rows(job, unit.inputs["removed"]), sum(unit.inputs["shards"].values())
    numbers = [draw(one, job.recipe.seed, "shard") % shards for one in removed.column("id").to_pylist()]
    write_parts(outputs, "removed", removed, np.array(numbers, np.int64), shards)


class _Groups:
    """Counts training documents by source, language and whether they are variants."""

    def __init__(self, by: str):
        self._by = by
        self._numbers: dict[tuple[str, str, bool], int] = {}
        self._sizes: list[list[int]] = []
        self._bins: list[Counter[int]] = []

    def add(
        self, group: tuple[str, str, bool], split: str, size: int, tokens: int, score: float | None
    ) -> tuple[int, int, int]:
        """Counts a document of so many bytes and tokens; returns its bytes, the number of its group, and its bin."""
        number = self._numbers.setdefault(group, len(self._numbers))
        if number == len(self._sizes):
            self._sizes.append([0, 0, 0])
            self._bins.append(Counter())
        bin_ = length_bin(tokens) if self._by == "length" else score_bin(score) if self._by == "quality_score" else 0
        if split == "train":
            for place, one in enumerate((1, size, tokens)):
                self._sizes[number][place] += one
            self._bins[number][bin_] += tokens
        return size, number, bin_

    def to_json(self) -> list[dict[str, Any]]:
        """The groups in the order of their numbers; `bins` are pairs of a bin and its tokens."""
        return [
            {
                **dict(zip(("source", "language", "is_variant"), group, strict=True)),
                **dict(zip(SIZES, sizes, strict=True)),
                "bins": sorted(bins.items()),
            }
            for group, sizes, bins in zip(self._numbers, self._sizes, self._bins, strict=True)
        ]


def shard_order(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yields the shards in the order of their parts."""
    for split in SPLITS:
        for number in range(counts[split]):
            yield split, number
