"""Packed rows of tokens in memory-mapped Arrow files: what the packer writes and the trainer reads.

A shard is an uncompressed Arrow IPC file with one row of T+1 tokens a row:

    tokens       FixedSizeList<uint16 | uint32>[T+1]   padded at the end with the padding id
    doc_ends     List<uint16 | uint32>                 exclusive ends of the documents inside the row, ascending
    doc_offsets  List<uint32>                          how many tokens of each document stand in earlier rows
    doc_ids      List<uint64>                          the document behind each of them

Boundaries are stored, never guessed from an end-of-text token. What lies behind the last end is padding. A document
that is in a shard several times, because a mixture repeats it, begins as often at offset 0, and its copies follow each
other in the order of the rows.

Beside the shards of held-out splits lie tables (Parquet) of DOCUMENTS_SCHEMA: where their documents came from.

The schema's metadata holds `sequence_length`, `tokenizer` (SHA-256 of its model), `packing`, `rows`, `documents`,
`tokens`, `text_bytes`, and `runs`: a JSON list of [stage, part, rows] in the order of the rows. The stage is that of a
curriculum, counted from 0; the part is the source or language that all documents of a row have, or "" for any.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stages.errors import GristmillError
from stages.packing import PackedPieces

ROWS_PER_BATCH = 1024
TOKENS_PER_BATCH = 1 << 22
"""The most that a record batch holds, unless one row has more: the writer has one of them in memory at once."""
COLUMNS = ("tokens", "doc_ends", "doc_offsets", "doc_ids")
DOCUMENTS_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("url", pa.string()),
    ]
)
AGAIN = "run `make tokenizer` again"


class Run(NamedTuple):
    """Rows that follow each other and have one stage and one part."""

    stage: int
    part: str
    rows: int


@dataclass(frozen=True)
class TokenizedDocuments:
    """Documents as tokens, back to back."""

    ids: npt.NDArray[np.uint64]
    """uint64 [documents]."""
    tokens: npt.NDArray[np.integer]
    """Integers [tokens of all documents]."""
    starts: npt.NDArray[np.int64]
    """int64 [documents]: where each begins in `tokens`."""


@dataclass(frozen=True)
class PackedRow:
    """One row without its padding, and the documents it belongs to."""

    tokens: npt.NDArray[np.integer]
    """Integers [at most T+1]."""
    doc_ends: Sequence[int]
    doc_offsets: Sequence[int]
    doc_ids: Sequence[int]


@dataclass(frozen=True)
class Origin:
    """Where a document came from."""

    source: str
    language: str
    url: str | None


def read_origins(paths: Sequence[str]) -> dict[int, Origin]:
    """The origins of held-out documents by their ids; GristmillError if a table is missing or damaged."""
    import pyarrow.parquet as pq

    found: dict[int, Origin] = {}
    for path in paths:
        try:
            columns = pq.read_table(path, schema=DOCUMENTS_SCHEMA).to_pydict()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise GristmillError(
                f"{path}: the table cannot be read ({' '.join(str(error).split())}); {AGAIN}"
            ) from error
        ids, *others = (columns[name] for name in DOCUMENTS_SCHEMA.names)
        found.update(zip(ids, map(Origin, *others), strict=True))
    return found


def token_type(vocabulary_size: int) -> pa.DataType:
    """The smallest unsigned type that holds every token id."""
    return pa.uint16() if vocabulary_size <= 1 << 16 else pa.uint32()


def shard_schema(
    sequence_length: int, vocabulary_size: int, metadata: Mapping[str, str], runs: Sequence[Run] = ()
) -> pa.Schema:
    """The Arrow schema of a shard; without runs, all rows are of stage 0 and any part."""
    place = pa.uint16() if sequence_length + 1 < 1 << 16 else pa.uint32()
    whole = {**metadata, "runs": json.dumps(runs)} if runs else metadata
    return pa.schema(
        [
            pa.field("tokens", pa.list_(token_type(vocabulary_size), sequence_length + 1), nullable=False),
            pa.field("doc_ends", pa.list_(place), nullable=False),
            pa.field("doc_offsets", pa.list_(pa.uint32()), nullable=False),
            pa.field("doc_ids", pa.list_(pa.uint64()), nullable=False),
        ],
        metadata={key: value.encode() for key, value in whole.items()},
    )


def write_shard(
    path: Path, schema: pa.Schema, packed: PackedPieces, documents: TokenizedDocuments, padding_id: int
) -> int:
    """Writes packed documents to a new shard file and returns how many rows there are."""
    rows_at_once = max(1, min(ROWS_PER_BATCH, TOKENS_PER_BATCH // schema.field("tokens").type.list_size))
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for first in range(0, packed.rows, rows_at_once):
            last = min(first + rows_at_once, packed.rows)
            writer.write_batch(_record_batch(schema, packed, first, last, documents, padding_id))
    return packed.rows


def _record_batch(
    schema: pa.Schema, packed: PackedPieces, first: int, last: int, documents: TokenizedDocuments, padding_id: int
) -> pa.RecordBatch:
    type_ = schema.field("tokens").type
    width, dtype = type_.list_size, type_.value_type.to_pandas_dtype()
    pieces = slice(packed.row_starts[first], packed.row_starts[last])
    numbers, starts = packed.documents[pieces], packed.starts[pieces]
    lengths = packed.stops[pieces] - starts
    offsets = packed.row_starts[first : last + 1] - packed.row_starts[first]
    rows = np.repeat(np.arange(last - first), np.diff(offsets))
    sums = np.concatenate([[0], np.cumsum(lengths)])
    ends = sums[1:] - sums[offsets[:-1]][rows]
    tokens: npt.NDArray[np.integer] = np.full((last - first) * width, padding_id, dtype)
    places = rows * width + ends - lengths
    sources = documents.starts[numbers] + starts
    for place, source, length in zip(places.tolist(), sources.tolist(), lengths.tolist(), strict=True):
        tokens[place : place + length] = documents.tokens[source : source + length]
    lists = (ends, starts, documents.ids[numbers])
    columns = [
        pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(values, field.type.value_type))
        for field, values in zip(list(schema)[1:], lists, strict=True)
    ]
    return pa.record_batch([pa.FixedSizeListArray.from_arrays(pa.array(tokens), type=type_), *columns], schema=schema)


@dataclass(frozen=True)
class RowBatch:
    """Some rows, copied out of the shards."""

    tokens: npt.NDArray[np.integer]
    """uint16 or uint32 [rows, T+1]."""
    positions: npt.NDArray[np.int32]
    """int32 [rows, T+1]: each token's position inside its document in the row; padding counts as one more document."""
    lengths: npt.NDArray[np.int32]
    """int32 [rows]: tokens that are not padding."""
    starts: npt.NDArray[np.int64]
    """int64 [documents + rows]: where the documents of each row and then its padding begin, as places in the flattened
    tokens; the padding of a full row begins where the next row does."""


@dataclass(frozen=True)
class MappedRows:
    """The rows of one record batch, as they lie in the file."""

    tokens: npt.NDArray[np.integer]
    """uint16 or uint32 [rows, T+1]."""
    lists: npt.NDArray[np.int32]
    """int32 [rows + 1]: row r has the documents `lists[r]` to `lists[r + 1]`."""
    ends: npt.NDArray[np.integer]
    """uint16 or uint32 [documents]."""
    offsets: npt.NDArray[np.uint32]
    """uint32 [documents]."""
    ids: npt.NDArray[np.uint64]
    """uint64 [documents]."""


class PackedRows:
    """All rows of a list of shards, memory-mapped; row numbers run through the shards in order.

    Tokens, offsets and ids stay in the files. The ends of all documents are read at once: a row takes 18 bytes of
    memory and a document two, or 20 and four where a row has more than 65,535 tokens.

    Raises GristmillError if a shard is missing, of another version or of other rows, or damaged so that its rows and
    documents could not be told apart. Only a hash tells whether tokens are those that were written.
    """

    def __init__(self, paths: Sequence[str]):
        self.metadata: list[dict[str, str]] = []
        self._batches: list[MappedRows] = []
        runs: list[Run] = []
        types: list[pa.DataType] = []
        for path in paths:
            reader, batches = _opened(path)
            types.append(reader.schema.field("tokens").type)
            if types[-1] != types[0]:
                raise GristmillError(f"{path}: its rows are {types[-1]}, those of {paths[0]} are {types[0]}; {AGAIN}")
            self.metadata.append(_text(path, reader.schema.metadata))
            runs += _runs(path, self.metadata[-1], sum(len(batch.tokens) for batch in batches))
            self._batches += batches
        self.runs: tuple[Run, ...] = tuple(runs)
        """The stage and part of all rows, in their order."""
        self.width: int = types[0].list_size if types else 0
        """T+1."""
        self._first_rows = np.cumsum([0, *(len(batch.tokens) for batch in self._batches)])
        lists = np.cumsum(np.concatenate([[0], *(np.diff(batch.lists) for batch in self._batches)]), dtype=np.int64)
        ends = [batch.ends for batch in self._batches]
        self._starts = np.insert(np.concatenate(ends) if ends else np.empty(0, np.uint16), lists[:-1], 0)
        """uint16 or uint32 [documents + rows]: where the documents of each row and then its padding begin."""
        self._lists = lists + np.arange(len(lists))
        """int64 [rows + 1]: row r has `starts[lists[r]:lists[r + 1]]`."""
        self._windows, self._places = _windows([batch.tokens for batch in self._batches], self.width)

    def batches(self) -> Iterator[MappedRows]:
        """Yields the record batches in order, with nothing copied."""
        yield from self._batches

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._places)

    def row(self, index: int) -> PackedRow:
        """One row without its padding, with its document ends, offsets and ids."""
        number = int(np.searchsorted(self._first_rows, index, side="right")) - 1
        batch, inside = self._batches[number], index - int(self._first_rows[number])
        span = slice(batch.lists[inside], batch.lists[inside + 1])
        lists = (batch.ends[span].tolist(), batch.offsets[span].tolist(), batch.ids[span].tolist())
        return PackedRow(batch.tokens[inside, : lists[0][-1]], *lists)

    def label_tokens(self, indices: npt.NDArray[np.int64]) -> int:
        """How many tokens of some rows have a successor in their document: all but the last of each document."""
        ends = self._lists[indices + 1]
        documents = int((ends - self._lists[indices]).sum()) - len(indices)
        return int(self._starts[ends - 1].sum(dtype=np.int64)) - documents

    def take_tokens(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.integer]:
        """Copies rows out as they stand in the shards: uint16 or uint32 [rows, T+1]."""
        rows: npt.NDArray[np.integer] = self._windows[self._places[indices]]
        return rows

    def take(self, indices: npt.NDArray[np.int64]) -> RowBatch:
        """Copies rows out, with the position of each token inside its document."""
        firsts, lasts = self._lists[indices], self._lists[indices + 1]
        counts = lasts - firsts
        before = counts.cumsum() - counts
        inside = self._starts[np.repeat(firsts - before, counts) + np.arange(counts.sum())]
        starts = np.repeat(np.arange(len(indices)) * self.width, counts) + inside
        lengths = self._starts[lasts - 1].astype(np.int32)
        return RowBatch(self.take_tokens(indices), self._positions(starts, len(indices)), lengths, starts)

    def _positions(self, starts: npt.NDArray[np.int64], rows: int) -> npt.NDArray[np.int32]:
        """int32 [rows, T+1]: how far each place is from the last start."""
        bounds = np.empty(len(starts) + 1, np.int32)
        bounds[:-1], bounds[-1] = starts, rows * self.width
        positions = np.arange(rows * self.width, dtype=np.int32)
        positions -= np.repeat(bounds[:-1], bounds[1:] - bounds[:-1])
        return positions.reshape(rows, self.width)


def _opened(path: str) -> tuple[pa.ipc.RecordBatchFileReader, list[MappedRows]]:
    """A shard's reader and its record batches that have rows."""
    try:
        reader = pa.ipc.open_file(pa.memory_map(path))
        names = reader.schema.names
        batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        for batch in batches:
            batch.validate(full=True)  # lengths that are wrong would be read past the end of the file
    except FileNotFoundError as error:
        raise GristmillError(f"{path}: the shard is missing; {AGAIN}") from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if names != list(COLUMNS):
        raise GristmillError(f"{path}: no shard of this version ({', '.join(names)}); {AGAIN}")
    if not _is_schema(reader.schema):
        raise _damaged(path, "its columns have other types")
    filled = [batch for batch in batches if batch.num_rows]
    rows = [_mapped(batch) for batch in filled]
    if not all(map(_is_sound, filled, rows)):
        raise _damaged(path, "its rows are not whole")
    return reader, rows


def _damaged(path: str, why: str) -> GristmillError:
    return GristmillError(f"{path}: the shard is damaged ({' '.join(why.split())}); {AGAIN}")


def _is_schema(schema: pa.Schema) -> bool:
    type_ = schema.field("tokens").type
    if not pa.types.is_fixed_size_list(type_) or type_.value_type not in (pa.uint16(), pa.uint32()):
        return False
    largest = 1 << type_.value_type.bit_width
    return bool(schema.equals(shard_schema(type_.list_size - 1, largest, {})))


def _mapped(batch: pa.RecordBatch) -> MappedRows:
    tokens, ends, offsets, ids = (batch.column(name).values.to_numpy(zero_copy_only=True) for name in COLUMNS)
    rows = tokens[: batch.num_rows * batch.column("tokens").type.list_size].reshape(batch.num_rows, -1)
    return MappedRows(rows, batch.column("doc_ends").offsets.to_numpy(), ends, offsets, ids)


def _is_sound(batch: pa.RecordBatch, rows: MappedRows) -> bool:
    """Whether every row has documents, one behind the other, and an offset and an id for each."""
    lists = [batch.column(name).offsets for name in COLUMNS[1:]]
    lengths = {len(rows.ends), len(rows.offsets), len(rows.ids), int(rows.lists[-1])}
    firsts, lasts = rows.lists[:-1], rows.lists[1:] - 1
    if len(lengths) > 1 or any(one != lists[0] for one in lists) or firsts[0] or (firsts > lasts).any():
        return False
    before = np.roll(rows.ends, 1)
    before[firsts] = 0
    return bool((rows.ends > before).all() and (rows.ends[lasts] <= rows.tokens.shape[1]).all())


def _text(path: str, metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    try:
        return {key.decode(): value.decode() for key, value in (metadata or {}).items()}
    except ValueError as error:
        raise _damaged(path, "its metadata is no text") from error


def _runs(path: str, metadata: Mapping[str, str], rows: int) -> list[Run]:
    if "runs" not in metadata:
        return [Run(0, "", rows)] if rows else []
    try:
        runs = [Run(*one) for one in json.loads(metadata["runs"])]
        whole = sum(run.rows for run in runs) == rows and all(run.rows >= 0 for run in runs)
    except (ValueError, TypeError) as error:
        raise _damaged(path, "its runs cannot be read") from error
    if not whole:
        raise _damaged(path, "rows of its runs are missing")
    return runs


def _windows(
    parts: Sequence[npt.NDArray[np.integer]], width: int
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.int64]]:
    """One array [places, width] in which every row of several mapped arrays is found, and int64 [rows]: its place.

    The mapped arrays lie anywhere in memory, so that a row of any of them is some distance behind the lowest of them.
    The first axis is that distance in tokens: rows of many files are then gathered by one call of NumPy, and none of
    the places between the files is ever read.
    """
    if not parts:
        return np.empty((0, width), np.uint16), np.empty(0, np.int64)
    size = parts[0].itemsize
    addresses = [part.ctypes.data for part in parts]
    lowest = min(addresses)
    starts = [(address - lowest) // size for address in addresses]
    places = np.concatenate([start + np.arange(0, part.size, width) for start, part in zip(starts, parts, strict=True)])
    first = parts[addresses.index(lowest)]
    shape = (int(places.max()) + 1, width)
    return np.lib.stride_tricks.as_strided(first, shape, (size, size), writeable=False), places
