"""Phase `gather`: the keys of a run, dealt into ranges, where those that share an id, address, content or band meet."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.candidates import band_column
from beam_jobs.corpus.duplicates.runs import INDEX_ORDINAL, Run, file_references, share_runs
from beam_jobs.corpus.tables import read_table
from beam_jobs.shuffle import parts_writer
from beam_jobs.units import Job, Outputs, Planned, Unit
from stages import artifacts
from stages.near_duplicates.signatures import band_keys
from stages.recipe import NearDuplicates, Recipe

UInt64 = npt.NDArray[np.uint64]

KEYS_PER_RANGE = 8_000_000
"""About 130 MB of keys and references, and as much again while they are sorted."""
MOST_RANGES = 256
"""Past that, ranges grow: each has a part in the file of every run, and parts should not be too small."""
KEY_SCHEMA = pa.schema(
    [pa.field("key", pa.uint64(), nullable=False), pa.field("reference", pa.uint64(), nullable=False)]
)
NO_KEY = 0
"""The key of a document that meets no other: without an address, or a text without words."""


def settings(recipe: Recipe) -> Any:
    """Which keys there are, and by what the candidates of an index are cut into bands."""
    near_duplicates = recipe.corpus.near_duplicates
    return [near_duplicates.enabled, near_duplicates.bands, near_duplicates.rows, near_duplicates.one_per_url]


def columns(near_duplicates: NearDuplicates) -> list[str]:
    """The names of all keys, in the order of the parts; where duplicates may stay, only ids must differ."""
    if not near_duplicates.enabled:
        return ["id"]
    addresses = [] if near_duplicates.one_per_url == "off" else ["address"]
    return ["id", *addresses, "content_hash", *map(band_column, range(near_duplicates.bands))]


def ranges(every: Sequence[Run]) -> int:
    """How many ranges the values of each key are cut into."""
    return min(MOST_RANGES, max(1, -(-sum(run.documents for run in every) // KEYS_PER_RANGE)))


def plan(job: Job) -> list[Planned]:
    """One unit for each run."""
    every = share_runs(job)
    number = ranges(every)
    return [
        Planned(
            {"first": run.first, "signatures": [one["signatures"] for one in run.files], "ranges": number},
            8 * run.documents * len(columns(job.recipe.corpus.near_duplicates)),
        )
        for run in every
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes a file of parts: for each key, for each range, keys and references."""
    first, files, number = unit.inputs["first"], unit.inputs["signatures"], unit.inputs["ranges"]
    references = np.concatenate([file_references(first + place, file["rows"]) for place, file in enumerate(files)])
    found = 0
    with parts_writer(outputs, "keys", KEY_SCHEMA) as writer:
        for keys in _keys(job, unit):
            known = keys != NO_KEY
            table = pa.table({"key": keys[known], "reference": references[known]}, schema=KEY_SCHEMA)
            writer.write_all(table, keys[known] % np.uint64(number), number)
            found += table.num_rows
    return {"keys": found}


def _keys(job: Job, unit: Unit) -> Iterator[UInt64]:
    """Yields the values of each key, of all files one after another."""
    near_duplicates = job.recipe.corpus.near_duplicates
    is_index = unit.inputs["first"] >= INDEX_ORDINAL
    paths = [
        file["path"] if is_index else artifacts.join(job.folder, file["path"]) for file in unit.inputs["signatures"]
    ]
    stored = ["id", "address", "content_hash"] if is_index else None
    names = [name for name in columns(near_duplicates) if stored is None or name in stored]
    for name in names:
        yield np.concatenate([read_table(path, [name]).column(0).to_numpy() for path in paths])
    if is_index and near_duplicates.enabled:
        bands = np.concatenate([band_keys(read_signatures(path), near_duplicates) for path in paths])
        yield from np.ascontiguousarray(bands.T)


def read_signatures(path: str) -> npt.NDArray[np.unsignedinteger]:
    """The signatures [documents, permutations] of a file of an index."""
    column = read_table(path, ["signature"]).column(0).combine_chunks()
    values: npt.NDArray[Any] = column.flatten().to_numpy()
    return values.reshape(len(column), -1) if len(column) else values.reshape(0, 1)
