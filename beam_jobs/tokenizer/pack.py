"""Phase 4: the documents of each shard into rows, best fit first, in an order that no fragment decides."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.tokenizer.documents import draw
from beam_jobs.tokenizer.encode import shard_counts, shard_order
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join, open_file
from stages.packing import pack
from stages.recipe import Recipe
from stages.shards import PackedRow, shard_schema, write_shard


def settings(recipe: Recipe) -> Any:
    """The seed and the length of the rows."""
    return [recipe.seed, recipe.tokenizer.packing.sequence_length]


def plan(job: Job) -> list[Planned]:
    """One unit for each shard of each split."""
    (trained,) = commits_of(job, "train")
    files = [file.to_json() for commit in commits_of(job, "encode") for file in commit.files["tokens"]]
    size = sum(file["bytes"] for file in files)
    shards = list(shard_order(shard_counts(job)))
    tokenizer = {**trained.counts, "sha256": trained.files["tokenizer"][0].sha256}
    return [
        Planned(
            {"split": split, "shard": number, "batch": batch, "files": files, "tokenizer": tokenizer},
            size // len(shards),
        )
        for batch, (split, number) in enumerate(shards)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one shard; the counts are documents, tokens, rows and padding of its split."""
    documents = _read_documents(job, unit)
    length = job.recipe.tokenizer.packing.sequence_length
    rows = pack(documents.lengths, length + 1)
    tokens = int(documents.lengths.sum())
    tokenizer = unit.inputs["tokenizer"]
    metadata = {
        "sequence_length": str(length),
        "tokenizer": tokenizer["sha256"],
        "packing": "best_fit",
        "rows": str(len(rows)),
        "documents": str(len(documents.lengths)),
        "tokens": str(tokens),
        "text_bytes": str(documents.text_bytes),
    }
    schema = shard_schema(length, tokenizer["vocabulary_size"], metadata)
    with outputs.create_named(unit.inputs["split"], f"shard-{unit.inputs['shard']:05d}.arrow") as file:
        file.rows = write_shard(file.path, schema, documents.rows(rows), tokenizer["padding_id"])
    counts = {
        "documents": len(documents.lengths),
        "tokens": tokens,
        "rows": len(rows),
        "padding": len(rows) * (length + 1) - tokens,
        "text_bytes": documents.text_bytes,
    }
    return {"splits": {unit.inputs["split"]: counts}}


def _read_documents(job: Job, unit: Unit) -> "_Documents":
    parts: list[pa.RecordBatch] = []
    for fragment in unit.inputs["files"]:
        with open_file(join(job.folder, fragment["path"])) as file:
            parts.append(pa.ipc.open_file(file).get_batch(unit.inputs["batch"]))
    return _Documents(pa.Table.from_batches(parts).combine_chunks(), job.recipe.seed)


class _Documents:
    """The documents of one shard, in the order of a draw by their ids."""

    def __init__(self, table: pa.Table, seed: int):
        ids = table.column("id").to_pylist()
        order = sorted(range(len(ids)), key=lambda row: (draw(ids[row], seed, "order"), ids[row]))
        tokens = table.column("tokens").combine_chunks()
        offsets = tokens.offsets.to_numpy().astype(np.int64)
        self._tokens: npt.NDArray[np.integer] = tokens.values.to_numpy()
        self._starts = offsets[order] if order else np.empty(0, np.int64)
        self._ids = [ids[row] for row in order]
        self.lengths: npt.NDArray[np.int64] = np.diff(offsets)[order] if order else np.empty(0, np.int64)
        self.text_bytes = int(np.sum(table.column("text_bytes").to_numpy(), dtype=np.int64))

    def rows(self, packed: Sequence[Sequence[tuple[int, int, int]]]) -> Iterator[PackedRow]:
        """Yields the tokens of packed rows."""
        for row in packed:
            pieces = [self._tokens[self._starts[one] + start : self._starts[one] + stop] for one, start, stop in row]
            ends = np.cumsum([len(piece) for piece in pieces]).tolist()
            yield PackedRow(np.concatenate(pieces), ends, [self._ids[one] for one, _, _ in row])
