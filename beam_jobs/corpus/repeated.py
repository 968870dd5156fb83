"""Phase 2, if the recipe asks for it: which units of text recur over many documents.

Each unit of work reads one range of the hash values of all files, so that no unit holds more than a part of the
corpus; text is nowhere in it. Documents of the same words count once: else six copies of a page would take away all of
it, before the search for duplicates keeps one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.near_duplicates.signatures import content_hash
from stages.recipe import Recipe, RepeatedText
from stages.repeated_text import divided

UInt64 = npt.NDArray[np.uint64]

UNITS_PER_RANGE = 4_000_000
"""About 100 MB of hashes and ids, and as much again while they are sorted."""
BYTES_PER_ROW = 24
SHOWN = 50
"""How many of the most frequent units of text are named in the manifest."""
FOUND_SCHEMA = pa.schema(
    [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("content_hash", pa.uint64(), nullable=False),
    ]
)
"""What `extract` writes: a row for each unit of text of each document, each once a document."""
REPEATED_SCHEMA = pa.schema(
    [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("documents", pa.uint32(), nullable=False),
        pa.field("first_id", pa.uint64(), nullable=False),
        pa.field("first_content", pa.uint64(), nullable=False),
    ]
)
"""What this phase writes: a row for each unit of text that recurs, by hash, with the smallest id that has it and the
hash of that document's content."""


def found_rows(document_id: int, text: str, settings: RepeatedText) -> Iterable[Mapping[str, int]]:
    """The rows of FOUND_SCHEMA for a document."""
    hashes = sorted({unit.hash for unit in divided(text, settings).units})
    content = content_hash(text)
    return [{"hash": one, "id": document_id, "content_hash": content} for one in hashes]


def settings(recipe: Recipe) -> Any:
    """In how many documents a unit of text must be."""
    return recipe.corpus.repeated_text.minimum_documents


def plan(job: Job) -> list[Planned]:
    """One unit for each range of hashes; none if nothing is looked for."""
    if job.recipe.corpus.repeated_text.unit == "none":
        return []
    files = [file.to_json() for commit in commits_of(job, "extract") for file in commit.files["text_units"]]
    found = sum(file["rows"] for file in files)
    ranges = max(1, -(-found // UNITS_PER_RANGE))
    return [
        Planned({"range": number, "ranges": ranges, "files": files}, BYTES_PER_ROW * found // ranges)
        for number in range(ranges)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the units of text in the range that recur; the counts name the most frequent."""
    table = _recurring(_read(job, unit), job.recipe.corpus.repeated_text.minimum_documents)
    write_table(outputs, "repeated", table)
    order = np.lexsort((table.column("hash").to_numpy(), -table.column("documents").to_numpy().astype(np.int64)))
    return {"repeated": table.num_rows, "top": table.take(order[:SHOWN]).to_pylist()}


def most_frequent(commits: Iterable[Commit]) -> list[dict[str, int]]:
    """Of all ranges the units of text in most documents, as rows of REPEATED_SCHEMA; equal ones by hash."""
    every = [row for commit in commits for row in commit.counts["top"]]
    return sorted(every, key=lambda row: (-row["documents"], row["hash"]))[:SHOWN]


class _Found(NamedTuple):
    """Columns of FOUND_SCHEMA."""

    hashes: UInt64
    ids: UInt64
    contents: UInt64


def _read(job: Job, unit: Unit) -> _Found:
    """The rows in the unit's range of hashes, of all files."""
    columns: list[list[UInt64]] = [[np.empty(0, np.uint64)] for _ in FOUND_SCHEMA]
    for file in unit.inputs["files"]:
        table = read_table(artifacts.join(job.folder, file["path"]))
        inside = table.column("hash").to_numpy() % np.uint64(unit.inputs["ranges"]) == np.uint64(unit.inputs["range"])
        for parts, name in zip(columns, FOUND_SCHEMA.names, strict=True):
            parts.append(table.column(name).to_numpy()[inside])
    return _Found(*(np.concatenate(parts) for parts in columns))


def _recurring(found: _Found, minimum: int) -> pa.Table:
    """The hashes that stand in enough different contents, with their number and the first document."""
    if len(found.hashes) == 0:
        return REPEATED_SCHEMA.empty_table()
    order = np.lexsort((found.ids, found.contents, found.hashes))
    hashes, ids, contents = (column[order] for column in found)
    is_new = _begins(hashes) | _begins(contents)
    hashes, ids, contents = hashes[is_new], ids[is_new], contents[is_new]  # of each content the smallest id
    starts = np.flatnonzero(_begins(hashes))
    documents = np.diff(starts, append=len(hashes)).astype(np.uint32)
    first = np.lexsort((contents, ids, hashes))[starts]
    recurs = documents >= minimum
    columns = (hashes[starts][recurs], documents[recurs], ids[first][recurs], contents[first][recurs])
    return pa.table(dict(zip(REPEATED_SCHEMA.names, columns, strict=True)), schema=REPEATED_SCHEMA)


def _begins(values: UInt64) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    begins = np.ones(len(values), np.bool_)
    begins[1:] = values[1:] != values[:-1]
    return begins
