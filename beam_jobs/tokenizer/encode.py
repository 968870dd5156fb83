"""Phase `encode`: documents to tokens, dealt to shards by their ids.

A unit writes one Arrow file whose record batches are the shards of all splits in their order; the next phase reads one
batch of every file. Its counts say how much of each source and language there is, in stages' bins for a curriculum.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.shuffle import write_parts
from beam_jobs.tokenizer.documents import planned, read_documents, removed_rows
from beam_jobs.tokenizer.shares import shard_counts
from beam_jobs.units import Job, NewFile, Outputs, Planned, Unit, commits_of
from stages.artifacts import join
from stages.draws import draw
from stages.mixture import length_bin, score_bin
from stages.recipe import Recipe
from stages.shards import token_type
from stages.splits import SPLITS
from stages.tokenizer import Tokenizer

COLUMNS = ["id", "text", "source", "language", "quality_score", "split", "parent_id"]
SIZES = ("documents", "bytes", "tokens")


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
    shards, groups = _Shards(unit.inputs["shards"]), _Groups(recipe.mixture.curriculum.by)
    for batch in read_documents(job, unit.inputs, COLUMNS):
        columns = {name: batch.column(name).to_pylist() for name in COLUMNS}
        encoded = tokenizer.encode_batch(columns["text"])
        sizes = pc.binary_length(batch.column("text")).to_pylist()
        for row, (one, split, tokens, size) in enumerate(
            zip(columns["id"], columns["split"], encoded, sizes, strict=True)
        ):
            whole = np.concatenate(([tokenizer.bos_id], tokens, [tokenizer.eos_id]))
            group = (columns["source"][row], columns["language"][row], columns["parent_id"][row] is not None)
            place = groups.add(group, split, size, len(whole), columns["quality_score"][row])
            shards.add(split, draw(one, recipe.seed, "shard"), (one, whole, size, *place))
    with outputs.create("tokens", ".arrow") as file:
        shards.write(file, token_type(tokenizer.vocabulary_size))
    if unit.inputs["removed"] is not None:
        _deal_removed(job, unit, outputs)
    return {"documents": file.rows, "tokens": shards.tokens, "groups": groups.to_json()}


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
    ) -> tuple[int, int]:
        """Counts a document of so many bytes and tokens; returns the number of its group, and its bin."""
        number = self._numbers.setdefault(group, len(self._numbers))
        if number == len(self._sizes):
            self._sizes.append([0, 0, 0])
            self._bins.append(Counter())
        bin_ = length_bin(tokens) if self._by == "length" else score_bin(score) if self._by == "quality_score" else 0
        if split == "train":
            for place, one in enumerate((1, size, tokens)):
                self._sizes[number][place] += one
            self._bins[number][bin_] += tokens
        return number, bin_

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


class _Shards:
    """Documents on their way to a file of one record batch a shard."""

    def __init__(self, counts: dict[str, int]):
        self._counts = counts
        self._documents: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
        self.tokens = 0

    def add(self, split: str, number: int, document: tuple[int, npt.NDArray[np.integer], int, int, int]) -> None:
        """Takes a document: its id, tokens, bytes of text, group and bin."""
        place = (split, number % self._counts[split])
        self._documents.setdefault(place, []).append(document)
        self.tokens += len(document[1])

    def write(self, file: NewFile, dtype: pa.DataType) -> None:
        """Writes all of them."""
        schema = pa.schema(
            [
                ("id", pa.uint64()),
                ("tokens", pa.list_(dtype)),
                ("text_bytes", pa.uint32()),
                ("group", pa.uint32()),
                ("bin", pa.int32()),
            ]
        )
        with pa.OSFile(str(file.path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for place in shard_order(self._counts):
                documents = self._documents.get(place, [])
                columns = list(zip(*documents, strict=True)) or [() for _ in schema]
                arrays = [pa.array(column, type_) for column, type_ in zip(columns, schema.types, strict=True)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
                file.rows += len(documents)


def shard_order(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yields the shards in the order of their record batches."""
    for split in SPLITS:
        for number in range(counts[split]):
            yield split, number
