"""Parquet files of the corpus job: rows as dictionaries in, row groups out, at flat memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.units import NewFile, Outputs
from stages.artifacts import is_local, open_file
from stages.document import DOCUMENT_SCHEMA, Record, Refusal, identifier

ROWS_PER_GROUP = 512
ONLY_IN_DOCUMENTS = ("split", "augmentation", "parent_id")
CANDIDATE_SCHEMA = pa.schema([field for field in DOCUMENT_SCHEMA if field.name not in ONLY_IN_DOCUMENTS])
"""A document before it is known whether it stays."""


class TableWriter:
    """Writes rows to a Parquet file in groups."""

    def __init__(self, file: NewFile, writer: pq.ParquetWriter):
        self._file = file
        self._writer = writer
        self._rows: list[Mapping[str, Any]] = []

    def write(self, row: Mapping[str, Any]) -> None:
        """Adds one row."""
        self._rows.append(row)
        self._file.rows += 1
        if len(self._rows) == ROWS_PER_GROUP:
            self.flush()

    def write_table(self, table: pa.Table) -> None:
        """Adds the rows of a table at once, as a group of their own."""
        self.flush()
        self._file.rows += table.num_rows
        self._writer.write_table(table)

    def flush(self) -> None:
        """Writes the rows that wait for their group to fill."""
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._writer.schema))
            self._rows = []


@contextmanager
def table_writer(
    outputs: Outputs, kind: str, schema: pa.Schema, *, product: bool = False, hashes: bool = False
) -> Iterator[TableWriter]:
    """Yields a writer of one of a unit's Parquet files; dictionaries are no use for columns of `hashes`."""
    with (
        outputs.create(kind, ".parquet", product=product) as file,
        pq.ParquetWriter(
            file.path, schema, compression="zstd", write_statistics=False, use_dictionary=not hashes
        ) as writer,
    ):
        table = TableWriter(file, writer)
        yield table
        table.flush()


def write_table(outputs: Outputs, kind: str, table: pa.Table, part: int | None = None) -> None:
    """Writes a whole table as one of a unit's Parquet files."""
    with outputs.create(kind, ".parquet", part=part) as file:
        pq.write_table(table, file.path, compression="zstd", write_statistics=False)
        file.rows = table.num_rows


def list_column(arrays: Iterable[npt.NDArray[Any]]) -> pa.ListArray:
    """A column of these arrays, all of one type; of uint64 if there are none."""
    every = list(arrays)
    values = np.concatenate(every) if every else np.empty(0, np.uint64)
    offsets = np.cumsum([0, *map(len, every)], dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))


def read_table(path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads columns of a Parquet file; local ones are mapped, which for a few columns of many files is faster."""
    names = None if columns is None else list(columns)
    if is_local(path):
        with pq.ParquetFile(path.removeprefix("file://"), memory_map=True) as parquet:
            return parquet.read(columns=names, use_threads=False)
    with open_file(path) as file, pq.ParquetFile(file) as parquet:
        return parquet.read(columns=names, use_threads=False)


def read_rows(path: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of a Parquet file, a row group at a time."""
    for batch in read_batches(path):
        yield from batch.to_pylist()


def read_batches(path: str) -> Iterator[pa.Table]:
    """Yields the rows of a Parquet file as tables of a row group each."""
    with open_file(path) as file:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=ROWS_PER_GROUP):
            yield pa.Table.from_batches([batch])


def identity_of(record: Record, source: str) -> dict[str, Any]:
    """The columns by which a record is known in documents and removals."""
    nameless = not record.identity and not record.content
    return {
        "id": identifier(f"{record.file}:{record.offset}") if nameless else record.id,
        "source": source,
        "url": record.url,
        "date": record.date,
        "title": record.title,
        "origin": {"file": record.file, "offset": record.offset},
    }


def removal_row(identity: Mapping[str, Any], stage: str, refusal: Refusal, text: str | None) -> dict[str, Any]:
    """A row of removals for a record that a rule refused."""
    return {
        **identity,
        "stage": stage,
        "rule": refusal.rule,
        "value": refusal.value,
        "threshold": refusal.threshold,
        "detail": refusal.detail,
        "text": text,
    }
