"""The jobs' shuffle: tables cut into numbered parts, so that a later unit reads one part of every file and no more.

A file is an Arrow IPC file with one record batch a part, empty ones too, uncompressed: hashes do not compress. Local
files are mapped into memory, of remote ones only the asked batch is read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.units import NewFile, Outputs
from stages.artifacts import is_local, open_file


class PartsWriter:
    """Writes the parts of one file, in their order."""

    def __init__(self, file: NewFile, writer: pa.RecordBatchFileWriter, schema: pa.Schema):
        self._file = file
        self._writer = writer
        self._schema = schema

    def write(self, part: pa.Table) -> None:
        """Writes the next part."""
        batches = part.combine_chunks().to_batches()
        batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=self._schema)
        self._writer.write_batch(batch)
        self._file.rows += part.num_rows

    def write_all(self, table: pa.Table, numbers: npt.NDArray[Any], parts: int) -> None:
        """Writes parts 0 to `parts` - 1 of a table whose rows have these part numbers; rows keep their order."""
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(parts + 1))
        for start, stop in pairwise(bounds):
            self.write(table.take(pa.array(order[start:stop])))


@contextmanager
def parts_writer(outputs: Outputs, kind: str, schema: pa.Schema) -> Iterator[PartsWriter]:
    """Yields a writer of one of a unit's files of parts."""
    with outputs.create(kind, ".arrow") as file, pa.ipc.new_file(str(file.path), schema) as writer:
        yield PartsWriter(file, writer, schema)


def write_parts(outputs: Outputs, kind: str, table: pa.Table, numbers: npt.NDArray[Any], parts: int) -> None:
    """Writes a whole table as one of a unit's files of parts; `numbers` int [rows] are below `parts`."""
    with parts_writer(outputs, kind, table.schema) as writer:
        writer.write_all(table, numbers, parts)


def read_part(path: str, number: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads one part of a file."""
    if is_local(path):
        with pa.memory_map(path.removeprefix("file://")) as source:
            return _part(source, number, columns)
    with open_file(path) as source:
        return _part(source, number, columns)


def read_all_parts(path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads all parts of a file, one after the other."""
    with open_file(path) as source:
        table = pa.ipc.open_file(source).read_all()
    return table if columns is None else table.select(list(columns))


def _part(source: Any, number: int, columns: Sequence[str] | None) -> pa.Table:
    table = pa.Table.from_batches([pa.ipc.open_file(source).get_batch(number)])
    return table if columns is None else table.select(list(columns))
