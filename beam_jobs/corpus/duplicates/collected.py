"""Reading what `collect` brought together: the documents of some components, in the order of their priority."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.duplicates.collect import collected_schema
from beam_jobs.corpus.duplicates.runs import INDEX_ORDINAL
from beam_jobs.shuffle import read_part
from stages.near_duplicates.priority import in_order, newest_first
from stages.near_duplicates.selection import Candidate, Kept, superseded_by
from stages.recipe import Corpus

UInt64 = npt.NDArray[np.uint64]
Int64 = npt.NDArray[np.int64]

HEAVY = ("buckets", "shingles", "signature")
"""The columns that take almost all of the space."""


def light_columns(corpus: Corpus) -> list[str]:
    """The columns by which documents are ordered and told apart."""
    return [name for name in collected_schema(corpus.near_duplicates).names if name not in HEAVY]


def read_rows_where(
    paths: Sequence[str],
    part: int,
    keep: Callable[[pa.Table], npt.NDArray[np.bool_]],
    corpus: Corpus,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """The rows of a part in all files where the mask that `keep` gives is true, a file at a time."""
    schema = collected_schema(corpus.near_duplicates)
    found = [schema.empty_table() if columns is None else schema.empty_table().select(list(columns))]
    for path in paths:
        batch = read_part(path, part)
        mask = keep(batch)
        if mask.any():
            found.append((batch if columns is None else batch.select(list(columns))).filter(pa.array(mask)))
    return pa.concat_tables(found)


def ordered(table: pa.Table, corpus: Corpus) -> Int64:
    """The rows' positions in the order of priority."""
    return in_order(_facts(table, corpus), corpus.near_duplicates.priority)


def superseded(table: pa.Table, order: Int64, corpus: Corpus) -> dict[int, int]:
    """Which documents make way for another one of their address, by reference; see `selection.superseded_by`."""
    if corpus.near_duplicates.one_per_url == "off":
        return {}
    facts = _facts(table, corpus)
    if corpus.near_duplicates.one_per_url == "newest":
        order = newest_first(facts, order)
    return superseded_by(table.column("address").to_numpy()[order], facts["reference"][order], facts["indexed"][order])


def _facts(table: pa.Table, corpus: Corpus) -> dict[str, npt.NDArray[Any]]:
    references = table.column("reference").to_numpy()
    ranks = {source.name: rank for rank, source in enumerate(corpus.sources)}
    sources = pc.dictionary_encode(table.column("source").combine_chunks())
    names = [ranks.get(name, len(ranks)) for name in sources.dictionary.to_pylist()]
    codes = sources.indices.fill_null(0).to_numpy(zero_copy_only=False)
    return {
        "indexed": references >= np.uint64(INDEX_ORDINAL << 32),
        "source_rank": np.array(names or [0])[codes],
        **{name: table.column(name).to_numpy() for name in ("reference", "id", "content_hash")},
        "tie": table.column("tie").fill_null(0).to_numpy(),
        **{
            name: table.column(name).cast(pa.float64()).fill_null(np.nan).to_numpy()
            for name in ("length", "time", "quality_score", "perplexity")
        },
    }


def candidates(table: pa.Table) -> Iterator[Candidate]:
    """Yields the rows of a table as candidates, ranked in the order in which they stand."""
    columns: Mapping[str, Any] = {name: table.column(name).to_pylist() for name in ("reference", "id", "content_hash")}
    buckets, shingles, signatures = (_Lists(table, name) for name in HEAVY)
    for place, reference in enumerate(columns["reference"]):
        yield Candidate(
            rank=place,
            reference=reference,
            id=columns["id"][place],
            content_hash=columns["content_hash"][place],
            buckets=buckets[place].tolist(),
            shingles=shingles[place],
            signature=signatures[place],
            indexed=reference >= INDEX_ORDINAL << 32,
        )


class _Lists:
    """A column of lists as arrays, without a copy."""

    def __init__(self, table: pa.Table, name: str):
        column = table.column(name).combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # of no chunk
            column = pa.array([], column.type)
        self._values = column.values.to_numpy()
        self._offsets = column.offsets.to_numpy()

    def __getitem__(self, place: int) -> npt.NDArray[Any]:
        values: npt.NDArray[Any] = self._values[self._offsets[place] : self._offsets[place + 1]]
        return values


def nothing_kept(corpus: Corpus) -> Kept:
    """The documents that stay, before the first one does."""
    return Kept(corpus.near_duplicates.threshold, corpus.split.similarity)
