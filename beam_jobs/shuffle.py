"""The jobs' shuffle: tables cut into numbered parts, so that a later unit reads one part of every file and no more.

A file holds one Arrow record batch a part, empty ones too, uncompressed, since hashes do not compress; then the offsets
of all parts, the schema, and a trailer that says where those are. So a part of a file of 10,000 is three small reads,
where the footer of an Arrow file would be many times the part. Local files are mapped into memory.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import IO, Any

import fsspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.units import NewFile, Outputs
from stages.artifacts import is_local
from stages.errors import GristmillError

MAGIC = b"GMPARTS1"
TRAILER = struct.Struct("<QQQ8s")
"""Where the offsets and the schema begin, the number of parts, MAGIC."""
OFFSET_BYTES = 8

Read = Callable[[int, int], pa.Buffer]
"""The bytes of a file from a start to a stop; negative ones count from its end, and so does a stop 0 after those."""


class PartsWriter:
    """Writes the parts of one file, in their order."""

    def __init__(self, file: NewFile, sink: IO[bytes], schema: pa.Schema):
        self._file = file
        self._sink = sink
        self._schema = schema
        self._offsets = [0]

    def write(self, part: pa.Table) -> None:
        """Writes the next part."""
        batches = part.to_batches()
        if len(batches) > 1:
            batches = part.combine_chunks().to_batches()
        batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema=self._schema)
        self._sink.write(batch.serialize())
        self._offsets.append(self._sink.tell())
        self._file.rows += part.num_rows

    def write_all(self, table: pa.Table, numbers: npt.NDArray[Any], parts: int) -> None:
        """Writes parts 0 to `parts` - 1 of a table whose rows have these part numbers; rows keep their order."""
        order = np.argsort(numbers, kind="stable")
        bounds = np.searchsorted(numbers[order], np.arange(parts + 1)).tolist()
        ordered = table.combine_chunks().take(pa.array(order))
        for start, stop in pairwise(bounds):
            self.write(ordered.slice(start, stop - start))

    def finish(self) -> None:
        """Writes what tells where the parts are."""
        offsets = np.array(self._offsets, "<u8").tobytes()
        end = self._offsets[-1]
        self._sink.write(offsets + self._schema.serialize().to_pybytes())
        self._sink.write(TRAILER.pack(end, end + len(offsets), len(self._offsets) - 1, MAGIC))


@contextmanager
def parts_writer(outputs: Outputs, kind: str, schema: pa.Schema) -> Iterator[PartsWriter]:
    """Yields a writer of one of a unit's files of parts."""
    with outputs.create(kind, ".parts") as file, file.path.open("wb") as sink:
        writer = PartsWriter(file, sink, schema)
        yield writer
        writer.finish()


def write_parts(outputs: Outputs, kind: str, table: pa.Table, numbers: npt.NDArray[Any], parts: int) -> None:
    """Writes a whole table as one of a unit's files of parts; `numbers` int [rows] are below `parts`."""
    with parts_writer(outputs, kind, table.schema) as writer:
        writer.write_all(table, numbers, parts)


def read_part(path: str, number: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads one part of a file."""
    with _reader(path) as read:
        offsets_start, schema, _ = _contents(path, read)
        place = offsets_start + number * OFFSET_BYTES
        start, stop = np.frombuffer(read(place, place + 2 * OFFSET_BYTES), "<u8").tolist()
        batches = [pa.ipc.read_record_batch(read(start, stop), schema)]
    return _selected(pa.Table.from_batches(batches), columns)


def read_all_parts(path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Reads all parts of a file, one after the other."""
    with _reader(path) as read:
        offsets_start, schema, parts = _contents(path, read)
        offsets = np.frombuffer(read(offsets_start, offsets_start + (parts + 1) * OFFSET_BYTES), "<u8").tolist()
        whole = read(0, offsets_start)
        batches = [
            pa.ipc.read_record_batch(whole.slice(start, stop - start), schema) for start, stop in pairwise(offsets)
        ]
    return _selected(pa.Table.from_batches(batches, schema), columns)


def _selected(table: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    return table if columns is None else table.select(list(columns))


def _contents(path: str, read: Read) -> tuple[int, pa.Schema, int]:
    """Where the offsets begin, the schema, and how many parts there are."""
    try:
        offsets_start, schema_start, parts, magic = TRAILER.unpack(read(-TRAILER.size, 0))
    except (struct.error, ValueError, pa.ArrowInvalid) as error:
        raise GristmillError(f"{path}: damaged; delete it and run the same command again") from error
    if magic != MAGIC:
        raise GristmillError(f"{path}: damaged; delete it and run the same command again")
    return offsets_start, pa.ipc.read_schema(read(schema_start, -TRAILER.size)), parts


@contextmanager
def _reader(path: str) -> Iterator[Read]:
    if is_local(path):
        with pa.memory_map(path.removeprefix("file://")) as source:
            whole = source.read_buffer()

            def read_local(start: int, stop: int) -> pa.Buffer:
                first = start + whole.size if start < 0 else start
                last = stop + whole.size if stop < 0 or start < 0 == stop else stop
                if not 0 <= first <= last <= whole.size:
                    raise ValueError(f"no bytes {start} to {stop}")
                return whole.slice(first, last - first)

            yield read_local
        return
    filesystem, target = fsspec.url_to_fs(path)
    yield lambda start, stop: pa.py_buffer(filesystem.cat_file(target, start, None if start < 0 == stop else stop))
