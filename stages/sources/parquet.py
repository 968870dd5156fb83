"""Parquet files to records: one row, one record."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from stages.artifacts import open_file
from stages.document import Record
from stages.errors import GristmillError
from stages.recipe import Source
from stages.sources.compression import is_first
from stages.sources.rows import columns_of, row_record
from stages.sources.span import Span

BATCH_ROWS = 1024
"""Rows in memory at a time, besides the row group that they come from."""


def read_parquet(source: Source, span: Span) -> Iterator[Record]:
    """Yields every row; offsets are row numbers. Only the columns that the source names are read.

    Raises GristmillError if a column is missing, if the text column holds no strings, or if the file is damaged.
    """
    if not is_first(span):
        return
    with open_file(span.path) as file:
        if file.seek(0, 2) == 0:
            return
        try:
            yield from _rows(source, span.path, file)
        except (pa.ArrowException, OSError) as error:
            raise GristmillError(f"{span.path}: cannot be read as Parquet: {str(error).splitlines()[0]}") from error


def _rows(source: Source, path: str, file: IO[bytes]) -> Iterator[Record]:
    table = pq.ParquetFile(file)
    columns = columns_of(source)
    for column in columns:
        if column not in table.schema_arrow.names:
            raise GristmillError(f"{path}: has no column {column!r}, only {', '.join(table.schema_arrow.names)}")
    kind = table.schema_arrow.field(source.text_column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise GristmillError(f"{path}: column {source.text_column!r} holds {kind}, not strings")
    offset = 0
    for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=columns):
        for row in batch.to_pylist():
            yield row_record(source, row, path, offset)
            offset += 1
