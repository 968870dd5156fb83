"""Parquet files to records: one row, one record; cut by row groups."""

import re
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from stages.document import Record
from stages.errors import GristmillError
from stages.recipe import Reading, Source
from stages.sources.compression import is_first
from stages.sources.damage import damaged_record
from stages.sources.files import open_source
from stages.sources.rows import columns_of, row_record
from stages.sources.span import Span

BATCH_ROWS = 1024
"""Rows in memory at a time, besides the pages of the columns that they come from; fewer where they may be large."""
BATCH_BYTES = 128 << 20
"""What the values of a batch may grow to: one string of a dictionary may be that of every row."""

_STRINGS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_DAMAGE = (pa.ArrowException, OSError, OverflowError)
_ODD_VALUE = (ArithmeticError, LookupError, ValueError, pa.ArrowException)
"""What pyarrow raises of values that Python does not have: bytes that are not UTF-8, years past 9999, unknown zones."""
_DICTIONARY_PAGE = re.compile(rb"\x15\x04\x15([\x80-\xff]*[\x00-\x7f])")
"""How the header of a dictionary page begins: its type, then its size (Thrift's compact protocol, parquet.thrift)."""


def read_parquet(source: Source, span: Span, reading: Reading) -> Iterator[Record]:
    """Yields every row of the row groups whose first byte lies in the span; offsets are row numbers.

    Only the columns that the source names are read. Refused are rows without a text (`missing_text`), texts over the
    bound (`record_bytes`), and as `damaged_record`: a file whose footer cannot be read, the rest of a row group from
    the first batch that cannot be decoded, a row that is not UTF-8. A date that Python does not have stays as Arrow
    writes it. A column that is missing or there twice, or a text column without strings, is a GristmillError: the
    recipe names the wrong one. So is memory that does not suffice: it says nothing of the file.
    """
    with open_source(span.path, reading.http) as file:
        size = file.seek(0, 2)
        if size == 0:
            return
        try:
            table = pq.ParquetFile(file, page_checksum_verification=True)
            groups = _row_groups(table.metadata, size)
            schema = table.schema_arrow
        except MemoryError as error:
            raise _too_little_memory(span.path) from error
        except _DAMAGE as error:
            _raise_if_unreadable(error)
            if is_first(span):
                yield damaged_record(span.path, 0, f"not a whole Parquet file: {_detail(error)}")
            return
        _check_columns(source, span.path, schema)
        first_row = 0
        for number, (start, rows) in enumerate(groups):
            if span.start <= start < span.stop:
                batch_rows = _batch_rows(file, table.metadata.row_group(number), columns_of(source))
                yield from _RowGroup(source, span.path, reading, table, number, first_row).records(batch_rows)
            first_row += rows


def _row_groups(metadata: pq.FileMetaData, size: int) -> list[tuple[int, int]]:
    """Where each row group starts, inside of the file whatever a damaged footer says, and how many rows it has."""
    groups = []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        start = 0
        if group.num_columns:
            column = group.column(0)
            pages = (column.dictionary_page_offset, column.data_page_offset)
            start = min((page for page in pages if page is not None and page > 0), default=0)
        groups.append((min(start, size - 1), group.num_rows))
    return groups


def _batch_rows(file: IO[bytes], group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """How many rows of a group may be in memory at a time, by the largest that a row can be or is on average."""
    row_bytes = 1
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema.partition(".")[0] not in columns:
            continue
        average = column.total_uncompressed_size // max(group.num_rows, 1)
        row_bytes += max(average, _largest_value(file, column))
    return max(1, min(BATCH_ROWS, BATCH_BYTES // row_bytes))


def _largest_value(file: IO[bytes], column: pq.ColumnChunkMetaData) -> int:
    """The most bytes that many values of a column can have each though they are stored once; 0 where none is."""
    if "DELTA_BYTE_ARRAY" in column.encodings:  # a value goes on from the one before
        return int(column.total_uncompressed_size)
    file.seek(max(column.dictionary_page_offset or column.data_page_offset, 0))
    header = _DICTIONARY_PAGE.match(file.read(16))
    if header is None:
        return 0
    zigzag = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(header[1]))
    return int(zigzag >> 1)


def _check_columns(source: Source, path: str, schema: pa.Schema) -> None:
    for column in columns_of(source):
        if column not in schema.names:
            raise GristmillError(f"{path}: has no column {column!r}, only {', '.join(schema.names)}")
        if schema.names.count(column) > 1:
            raise GristmillError(f"{path}: has two columns {column!r}; write the file anew with names that differ")
    kind = schema.field(source.text_column).type
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    # A part of a data set in which no row has a text may say so by the type of its column.
    if not any(is_kind(values) for is_kind in _STRINGS) and not pa.types.is_null(kind):
        raise GristmillError(f"{path}: column {source.text_column!r} holds {kind}, not strings")


class _RowGroup:
    def __init__(
        self, source: Source, path: str, reading: Reading, table: pq.ParquetFile, number: int, first_row: int
    ) -> None:
        self._source = source
        self._path = path
        self._maximum_bytes = reading.maximum_record_bytes
        self._table = table
        self._number = number
        self._row = first_row

    def records(self, batch_rows: int) -> Iterator[Record]:
        """Yields the rows; where they cannot be decoded, one record stands for all that are left."""
        columns = columns_of(self._source)
        try:
            for batch in self._table.iter_batches(batch_rows, row_groups=[self._number], columns=columns):
                yield from self._rows(batch)
        except MemoryError as error:
            raise _too_little_memory(self._path) from error
        except _DAMAGE as error:
            _raise_if_unreadable(error)
            detail = f"row group {self._number} from row {self._row}: {_detail(error)}"
            yield damaged_record(self._path, self._row, detail)

    def _rows(self, batch: pa.RecordBatch) -> Iterator[Record]:
        try:
            rows = batch.to_pylist()
        except MemoryError:
            raise
        except _ODD_VALUE:
            yield from self._rows_one_by_one(batch)
            return
        for row in rows:
            yield self._record(row)

    def _rows_one_by_one(self, batch: pa.RecordBatch) -> Iterator[Record]:
        names = batch.schema.names
        for index in range(batch.num_rows):
            try:
                row = {name: _value(column[index]) for name, column in zip(names, batch.columns, strict=True)}
            except MemoryError:
                raise
            except _ODD_VALUE as error:
                detail = "not UTF-8" if isinstance(error, UnicodeDecodeError) else _detail(error)
                yield damaged_record(self._path, self._row, detail)
                self._row += 1
            else:
                yield self._record(row)

    def _record(self, row: dict[str, object]) -> Record:
        record = row_record(self._source, row, self._path, self._row, self._maximum_bytes)
        self._row += 1
        return record


def _value(scalar: pa.Scalar) -> object:
    """The value as Python has it; else that of a date or time in UTC, as Arrow writes it, or its number."""
    if not pa.types.is_temporal(scalar.type):
        return scalar.as_py()
    try:
        return scalar.as_py()
    except _ODD_VALUE:
        is_zoned = pa.types.is_timestamp(scalar.type) and scalar.type.tz is not None
    if is_zoned:
        scalar = scalar.cast(pa.timestamp(scalar.type.unit, "UTC"))
    try:
        return scalar.as_py()
    except _ODD_VALUE:
        written = str(scalar.cast(pa.string()))
    return str(scalar.value) if written.startswith("<") else written  # "<value out of range: ...>"


def _too_little_memory(path: str) -> GristmillError:
    return GristmillError(f"{path}: too little memory to read it; run with fewer WORKERS, or leave the file out")


def _raise_if_unreadable(error: Exception) -> None:
    """Arrow says OSError of damage too; those of the file system have a number."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error


def _detail(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
