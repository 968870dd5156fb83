"""Packed rows of tokens in memory-mapped Arrow files: what the packer writes and the trainer reads.

A shard is an uncompressed Arrow IPC file with one row of T+1 tokens a row:

    tokens    FixedSizeList<uint16 | uint32>[T+1]   padded at the end with the padding id
    doc_ends  List<uint16>                          exclusive ends of the documents inside the row, ascending
    doc_ids   List<uint64>                          the document behind each of them

Boundaries are stored, never guessed from an end-of-text token. What lies behind the last end is padding. The schema's
metadata holds `sequence_length`, `tokenizer`, `rows`, `documents`, `tokens` and `text_bytes`, and for a curriculum
`stage_rows`: how many rows each stage has, as `120,98,0,131`; the rows are in the order of the stages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stages.errors import GristmillError

ROWS_PER_BATCH = 1024
AGAIN = "run `make tokenizer` again"


@dataclass(frozen=True)
class PackedRow:
    """One row before it is written: its tokens without padding, and the documents they belong to."""

    tokens: npt.NDArray[np.integer]
    """Integers [at most T+1]."""
    doc_ends: Sequence[int]
    doc_ids: Sequence[int]


def token_type(vocabulary_size: int) -> pa.DataType:
    """The smallest unsigned type that holds every token id."""
    return pa.uint16() if vocabulary_size <= 1 << 16 else pa.uint32()


def shard_schema(sequence_length: int, vocabulary_size: int, metadata: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of a shard."""
    return pa.schema(
        [
            pa.field("tokens", pa.list_(token_type(vocabulary_size), sequence_length + 1), nullable=False),
            pa.field("doc_ends", pa.list_(pa.uint16()), nullable=False),
            pa.field("doc_ids", pa.list_(pa.uint64()), nullable=False),
        ],
        metadata={key: value.encode() for key, value in metadata.items()},
    )


def write_shard(path: Path, schema: pa.Schema, rows: Iterable[PackedRow], padding_id: int) -> int:
    """Writes rows to a new shard file and returns how many there were."""
    width = schema.field("tokens").type.list_size
    dtype = schema.field("tokens").type.value_type.to_pandas_dtype()
    count = 0
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        pending: list[PackedRow] = []
        for row in rows:
            pending.append(row)
            count += 1
            if len(pending) == ROWS_PER_BATCH:
                writer.write_batch(_record_batch(schema, pending, width, dtype, padding_id))
                pending = []
        if pending:
            writer.write_batch(_record_batch(schema, pending, width, dtype, padding_id))
    return count


def _record_batch(schema: pa.Schema, rows: list[PackedRow], width: int, dtype: type, padding_id: int) -> pa.RecordBatch:
    tokens: npt.NDArray[np.integer] = np.full((len(rows), width), padding_id, dtype)
    for position, row in enumerate(rows):
        tokens[position, : len(row.tokens)] = row.tokens
    offsets = np.cumsum([0, *(len(row.doc_ends) for row in rows)], dtype=np.int32)
    ends = np.array([end for row in rows for end in row.doc_ends], np.uint16)
    ids = np.array([one for row in rows for one in row.doc_ids], np.uint64)
    return pa.record_batch(
        [
            pa.FixedSizeListArray.from_arrays(pa.array(tokens.ravel()), type=schema.field("tokens").type),
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(ends)),
            pa.ListArray.from_arrays(pa.array(offsets), pa.array(ids)),
        ],
        schema=schema,
    )


@dataclass(frozen=True)
class RowBatch:
    """Some rows, copied out of the shards."""

    tokens: npt.NDArray[np.int64]
    """int64 [rows, T+1]."""
    positions: npt.NDArray[np.int32]
    """int32 [rows, T+1]: each token's position inside its document; padding counts as one more document."""
    lengths: npt.NDArray[np.int32]
    """int32 [rows]: tokens that are not padding."""


class PackedRows:
    """All rows of a list of shards, memory-mapped; row numbers run through the shards in order."""

    def __init__(self, paths: Sequence[str]):
        self._tokens: list[npt.NDArray[np.integer]] = []
        self._ends: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16]]] = []
        self._ids: list[npt.NDArray[np.uint64]] = []
        self.metadata: list[dict[str, str]] = []
        runs: list[tuple[int, int]] = []
        for path in paths:
            runs += self._map(path)
        self.stage_runs: tuple[tuple[int, int], ...] = tuple(runs)
        """The stage of all rows, in their order: pairs of a stage and of how many rows in a row are in it."""
        self._starts = np.cumsum([0, *(len(tokens) for tokens in self._tokens)])
        self.width = self._tokens[0].shape[1] if self._tokens else 0
        """T+1."""

    def _map(self, path: str) -> list[tuple[int, int]]:
        """Maps a shard; returns its stages with their rows."""
        try:
            reader = pa.ipc.open_file(pa.memory_map(path))
            batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        except FileNotFoundError as error:
            raise GristmillError(f"{path}: the shard is missing; {AGAIN}") from error
        except (pa.ArrowInvalid, OSError) as error:
            raise GristmillError(f"{path}: the shard is damaged ({error}); {AGAIN}") from error
        self.metadata.append({key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()})
        for batch in batches:
            tokens, ends, ids = batch.column("tokens"), batch.column("doc_ends"), batch.column("doc_ids")
            self._tokens.append(tokens.values.to_numpy(zero_copy_only=True).reshape(len(tokens), -1))
            self._ends.append((ends.offsets.to_numpy(), ends.values.to_numpy(zero_copy_only=True)))
            self._ids.append(ids.values.to_numpy(zero_copy_only=True))
        rows = sum(batch.num_rows for batch in batches)
        stages = [int(one) for one in self.metadata[-1].get("stage_rows", str(rows)).split(",")]
        if sum(stages) != rows:
            raise GristmillError(f"{path}: the shard is damaged (rows of its stages are missing); {AGAIN}")
        return list(enumerate(stages))

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self._starts[-1])

    def row(self, index: int) -> PackedRow:
        """One row without its padding, with its document ends and ids."""
        batch = int(np.searchsorted(self._starts, index, side="right")) - 1
        inside = index - int(self._starts[batch])
        offsets, values = self._ends[batch]
        span = slice(offsets[inside], offsets[inside + 1])
        ends = values[span]
        length = int(ends[-1]) if len(ends) else 0
        return PackedRow(self._tokens[batch][inside][:length], ends.tolist(), self._ids[batch][span].tolist())

    def take(self, indices: npt.NDArray[np.int64]) -> RowBatch:
        """Copies rows out, with the position of each token inside its document."""
        tokens = np.empty((len(indices), self.width), np.int64)
        positions = np.empty((len(indices), self.width), np.int32)
        lengths = np.empty(len(indices), np.int32)
        count = np.arange(self.width, dtype=np.int32)
        batches = np.searchsorted(self._starts, indices, side="right") - 1
        for place, (index, batch) in enumerate(zip(indices, batches, strict=True)):
            inside = index - self._starts[batch]
            tokens[place] = self._tokens[batch][inside]
            offsets, values = self._ends[batch]
            ends = values[offsets[inside] : offsets[inside + 1]].astype(np.int32)
            lengths[place] = ends[-1] if len(ends) else 0
            starts = np.concatenate(([0], ends))
            sizes = np.diff(np.concatenate((starts, [self.width])))
            positions[place] = count - np.repeat(starts, sizes)
        return RowBatch(tokens, positions, lengths)
