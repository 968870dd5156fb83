"""Phase 2, if the recipe asks for it: which units of text recur over many documents.

Each unit of work reads one range of the hash values of all files, so that no unit holds more than a part of the
corpus; text is nowhere in it. Documents of the same words count once: else six copies of a page would take away all of
it, before the search for duplicates keeps one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.corpus.tables import TableWriter, read_table, table_writer
from beam_jobs.shuffle import write_parts
from beam_jobs.units import Job, NewFile, Outputs, Planned, Unit, commits_of, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import begins
from stages.near_duplicates.signatures import content_hash
from stages.recipe import Recipe, RepeatedText
from stages.repeated_text import unit_hashes

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]
Files = Sequence[Mapping[str, Any]]
"""For each unit of `extract` its `text_units` and `text_unit_documents`, as JSON values."""

UNITS_PER_RANGE = 2_000_000
"""Each takes some 100 bytes of memory while it is counted."""
BYTES_PER_ROW = 20
UNITS_PER_RUN = 2_000_000
"""So many hashes are sorted and written at a time, of whole documents."""
ROWS_PER_GROUP = 1 << 14
"""A range is read from whole row groups, whose bounds Parquet tells."""
TEXTS_PER_BATCH = 128
FOUND_SCHEMA = pa.schema(
    [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("occurrences", pa.uint32(), nullable=False),
        pa.field("document", pa.uint32(), nullable=False),
    ]
)
"""What `extract` writes: a row for each unit of text of each document, each once a document, which is named by its row
in the file of candidates. The rows are in runs, sorted by hash."""
FOUND_DOCUMENT_SCHEMA = pa.schema(
    [pa.field("id", pa.uint64(), nullable=False), pa.field("content_hash", pa.uint64(), nullable=False)]
)
"""What `extract` writes too: a row for each candidate, in their order."""
REPEATED_SCHEMA = pa.schema(
    [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("occurrences", pa.uint32(), nullable=False),
        pa.field("first_id", pa.uint64(), nullable=False),
        pa.field("first_content", pa.uint64(), nullable=False),
    ]
)
"""What this phase writes: a part for each unit of `extract`, with a row for each unit of text there that recurs in the
corpus: how often, the smallest id that has it, and the hash of that document's content. Sorted by hash."""


class TextUnits:
    """Writes the units of text of candidates, as they come, in sorted runs."""

    def __init__(self, file: NewFile, found: pq.ParquetWriter, documents: TableWriter, settings: RepeatedText):
        self._file = file
        self._found = found
        self._documents = documents
        self._settings = settings
        self._count = 0
        self._texts: list[str] = []
        self._run: list[tuple[UInt64, UInt32]] = []

    def add(self, document_id: int, text: str) -> None:
        """Takes the next candidate."""
        self._documents.write({"id": document_id, "content_hash": content_hash(text)})
        self._texts.append(text)
        if len(self._texts) == TEXTS_PER_BATCH:
            self._find()

    def _find(self) -> None:
        hashes, counts = unit_hashes(self._texts, self._settings)
        numbers = np.arange(self._count, self._count + len(counts), dtype=np.uint32)
        self._run.append((hashes, np.repeat(numbers, counts)))
        self._count += len(counts)
        self._texts = []
        if sum(len(hashes) for hashes, _ in self._run) >= UNITS_PER_RUN:
            self._write()

    def _write(self) -> None:
        hashes, documents = (np.concatenate(parts) for parts in zip(*self._run, strict=True))
        self._run = []
        order = np.argsort(hashes, kind="stable")  # documents come in their order
        hashes, documents = hashes[order], documents[order]
        starts = np.flatnonzero(begins(hashes) | begins(documents))
        occurrences = np.diff(starts, append=len(hashes)).astype(np.uint32)
        columns = dict(zip(FOUND_SCHEMA.names, (hashes[starts], occurrences, documents[starts]), strict=True))
        if len(starts):
            self._found.write_table(pa.table(columns, FOUND_SCHEMA), ROWS_PER_GROUP)
        self._file.rows += len(starts)

    def flush(self) -> None:
        """Writes what waits for its run to fill."""
        self._find()
        self._write()


@contextmanager
def text_units_writer(outputs: Outputs, settings: RepeatedText) -> Iterator[TextUnits]:
    """Yields a writer of the units of text of a unit's candidates."""
    packed = dict.fromkeys(FOUND_SCHEMA.names, "DELTA_BINARY_PACKED")
    with (
        table_writer(outputs, "text_unit_documents", FOUND_DOCUMENT_SCHEMA) as documents,
        outputs.create("text_units", ".parquet") as file,
        pq.ParquetWriter(
            file.path,
            FOUND_SCHEMA,
            compression="zstd",
            use_dictionary=False,
            column_encoding=packed,
            write_statistics=["hash"],
        ) as found,
    ):
        text_units = TextUnits(file, found, documents, settings)
        yield text_units
        text_units.flush()


def settings(recipe: Recipe) -> Any:
    """How often a unit of text must occur."""
    return recipe.corpus.repeated_text.minimum_documents


def plan(job: Job) -> list[Planned]:
    """One unit for each range of hashes; none if nothing is looked for."""
    if job.recipe.corpus.repeated_text.unit == "none":
        return []
    commits = commits_of(job, "extract")
    files = [
        {kind: commit.files[kind][0].to_json() for kind in ("text_units", "text_unit_documents")} for commit in commits
    ]
    found = sum(file["text_units"]["rows"] for file in files)
    ranges = max(1, -(-found // UNITS_PER_RANGE))
    inputs = {"ranges": ranges, "files": share(job, "repeated", "files", files)}
    return [Planned({"range": number, **inputs}, BYTES_PER_ROW * found // ranges) for number in range(ranges)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the units of text in the range that recur, for each unit of `extract` those that it has."""
    minimum = job.recipe.corpus.repeated_text.minimum_documents
    files = shared(job, unit.inputs["files"])
    found = _often(_read(job, unit, files), minimum)
    recurring, places = _recurring(found, *_owners(job, files, found), minimum)
    # A row for each unit of text and each file that has it, the latter as one number.
    count = np.uint64(max(len(files), 1))
    pairs = np.unique(places[places >= 0].astype(np.uint64) * count + found.files[places >= 0])
    write_parts(outputs, "repeated", recurring.take(pa.array(pairs // count)), pairs % count, len(files))
    return {"repeated": recurring.num_rows}


class _Found(NamedTuple):
    """Units of text, each once a document: columns of FOUND_SCHEMA, and the number of the file of each row."""

    hashes: UInt64
    occurrences: UInt32
    documents: UInt32
    files: UInt32


def _read(job: Job, unit: Unit, files: Files) -> _Found:
    """The rows in the unit's range of hashes, of all files."""
    bounds = [(number << 64) // unit.inputs["ranges"] for number in (unit.inputs["range"], unit.inputs["range"] + 1)]
    parts = [_Found(np.empty(0, np.uint64), *(np.empty(0, np.uint32) for _ in range(3)))]
    for number, file in enumerate(files):
        table = _between(artifacts.join(job.folder, file["text_units"]["path"]), bounds[0], bounds[1] - 1)
        hashes, occurrences, documents = (table.column(name).to_numpy() for name in FOUND_SCHEMA.names)
        parts.append(_Found(hashes, occurrences, documents, np.full(len(hashes), number, np.uint32)))
    return _Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _between(path: str, low: int, high: int) -> pa.Table:
    """The rows of a file of FOUND_SCHEMA with hashes from `low` to `high`, read from the row groups that have such."""
    with artifacts.open_file(path) as file:
        found = pq.ParquetFile(file)
        hashes = [found.metadata.row_group(number).column(0).statistics for number in range(found.num_row_groups)]
        groups = [number for number, column in enumerate(hashes) if column.max >= low and column.min <= high]
        table = found.read_row_groups(groups)
    column = table.column("hash").to_numpy()
    return table.filter(pa.array((column >= np.uint64(low)) & (column <= np.uint64(high))))


def _often(found: _Found, minimum: int) -> _Found:
    """The rows of hashes that occur often enough if copies count too: few, and by hash."""
    if len(found.hashes) == 0:
        return found
    order = np.argsort(found.hashes)
    starts = np.flatnonzero(begins(found.hashes[order]))
    total = np.add.reduceat(found.occurrences[order], starts, dtype=np.int64)
    order = order[np.repeat(total >= minimum, np.diff(starts, append=len(order)))]
    return _Found(found.hashes[order], found.occurrences[order], found.documents[order], found.files[order])


def _owners(job: Job, files: Files, found: _Found) -> tuple[UInt64, UInt64]:
    """Ids and content hashes of the documents, uint64 [found] each."""
    ids, contents = np.empty(len(found.hashes), np.uint64), np.empty(len(found.hashes), np.uint64)
    for number in np.unique(found.files).tolist():
        path = artifacts.join(job.folder, files[number]["text_unit_documents"]["path"])
        documents = read_table(path)
        inside = found.files == number
        rows = found.documents[inside]
        ids[inside] = documents.column("id").to_numpy()[rows]
        contents[inside] = documents.column("content_hash").to_numpy()[rows]
    return ids, contents


def _recurring(found: _Found, ids: UInt64, contents: UInt64, minimum: int) -> tuple[pa.Table, Int64]:
    """The hashes that occur often enough, as rows of REPEATED_SCHEMA, and int64 [found]: the row of each, or -1."""
    places = np.full(len(ids), -1, np.int64)
    if len(ids) == 0:
        return REPEATED_SCHEMA.empty_table(), places
    order = np.lexsort((ids, contents, found.hashes))
    hashes, ids, contents = found.hashes[order], ids[order], contents[order]
    new_hash = begins(hashes)
    is_new = new_hash | begins(contents)  # of each content the smallest id
    group = np.cumsum(new_hash) - 1
    starts = np.flatnonzero(new_hash[is_new])
    total = np.add.reduceat(found.occurrences[order][is_new], starts, dtype=np.int64)
    recurs = total >= minimum
    places[order] = np.where(recurs, np.cumsum(recurs) - 1, -1)[group]
    first = np.lexsort((contents[is_new], ids[is_new], hashes[is_new]))[starts][recurs]
    columns = (hashes[is_new][first], total[recurs].astype(np.uint32), ids[is_new][first], contents[is_new][first])
    return pa.table(dict(zip(REPEATED_SCHEMA.names, columns, strict=True)), schema=REPEATED_SCHEMA), places
