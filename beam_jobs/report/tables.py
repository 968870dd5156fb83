"""What the page needs of the documents and removals: counts, dates, hosts, edits, and values of a sample of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beam_jobs.corpus.finished import FinishedCorpus
from stages.document import identifier

SAMPLE_ROWS = 200_000
"""Values of more rows than this are drawn from a share of them, chosen by their ids, which are hashes."""
PAIRS_SHOWN = 8
HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(?:[wW]{3}\.)?(?P<host>[^/:?#]+)"


@dataclass
class Edits:
    """A kind of change to texts."""

    documents: int = 0
    count: int = 0
    characters: int = 0


@dataclass
class Pair:
    """A near-duplicate and the document that stayed."""

    jaccard: float
    url: str
    partner: str
    id: int
    partner_id: int


@dataclass
class Tables:
    """All of it."""

    one_in: int = 1
    """Values are of one row in so many."""
    documents: int = 0
    dates: list[str] = field(default_factory=list)
    """The first and the last."""
    languages: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, list[int]] = field(default_factory=dict)
    """Documents and removals of each."""
    edits: dict[str, Edits] = field(default_factory=dict)
    thresholds: dict[tuple[str, str], float] = field(default_factory=dict)
    """The threshold of each stage and rule, as the first removal has it."""
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    """Of documents: characters, language_score, quality_score, perplexity."""
    language_scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """Of the texts that were removed for theirs."""
    jaccards: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    pairs: list[Pair] = field(default_factory=list)


VALUES = ("characters", "language_score", "quality_score", "perplexity")


def sampled(table: pa.Table, one_in: int) -> pa.Table:
    """The rows of the sample: ids are hashes, so that their remainders choose at random, and the same rows always."""
    if one_in == 1:
        return table
    return table.filter(pa.array(table.column("id").to_numpy() % np.uint64(one_in) == 0))


def share_of(rows: int) -> int:
    """Of how many rows one is taken, so that at most `SAMPLE_ROWS` or so are."""
    return max(1, -(-rows // SAMPLE_ROWS))


def read_tables(corpus: FinishedCorpus) -> Tables:
    """Reads documents and removals once, a file at a time."""
    files = corpus.manifest.files
    tables = Tables(share_of(sum(file.rows for file in files["documents"])))
    values: dict[str, list[NDArray[np.float64]]] = {name: [] for name in VALUES}
    dates: list[str] = []
    columns = ["id", "url", "date", "text", "parent_id", "language", "edits", *VALUES[1:]]
    for _, table in corpus.tables("documents", columns):
        table = table.filter(table.column("parent_id").is_null())
        tables.documents += table.num_rows
        tables.languages.update(_counts(table.column("language")))
        dates.extend(_extremes(table.column("date")))
        _add_hosts(tables, table, 0)
        _add_edits(tables, table.column("edits"))
        for name, found in _values(sampled(table, tables.one_in)):
            values[name].append(found)
    for _, table in corpus.tables("removals", ["id", "url", "date", "stage", "rule", "threshold"]):
        dates.extend(_extremes(table.column("date")))
        _add_hosts(tables, table, 1)
        _add_thresholds(tables, table)
    tables.dates = [min(dates), max(dates)] if dates else []
    tables.values = {name: np.concatenate([*found, np.empty(0)]) for name, found in values.items()}
    _add_scores(corpus, tables)
    _add_pairs(corpus, tables)
    return tables


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}


def _extremes(column: pa.ChunkedArray) -> list[str]:
    found = pc.min_max(column).as_py()
    return [value for value in found.values() if value]


def _values(table: pa.Table) -> Iterator[tuple[str, NDArray[np.float64]]]:
    yield "characters", pc.utf8_length(table.column("text")).to_numpy().astype(np.float64)
    for name in VALUES[1:]:
        yield name, pc.drop_null(table.column(name)).to_numpy().astype(np.float64)


def _add_hosts(tables: Tables, table: pa.Table, place: int) -> None:
    urls = pc.drop_null(table.column("url"))
    hosts = pc.utf8_lower(pc.struct_field(pc.extract_regex(urls, HOST), "host"))
    for host, count in _counts(pc.drop_null(hosts)).items():
        tables.hosts.setdefault(host, [0, 0])[place] += count


def _add_edits(tables: Tables, column: pa.ChunkedArray) -> None:
    flat = pc.list_flatten(column)
    if not len(flat):
        return
    edits = pa.table({name: pc.struct_field(flat, name) for name in ("edit", "count", "characters")})
    owners = pc.list_parent_indices(column)
    edits = edits.append_column("owner", owners)
    grouped = edits.group_by("edit").aggregate([("count", "sum"), ("characters", "sum"), ("owner", "count_distinct")])
    for row in grouped.to_pylist():
        entry = tables.edits.setdefault(row["edit"], Edits())
        entry.documents += row["owner_count_distinct"]
        entry.count += row["count_sum"]
        entry.characters += row["characters_sum"]


def _add_thresholds(tables: Tables, table: pa.Table) -> None:
    known = table.filter(table.column("threshold").is_valid())
    grouped = known.group_by(["stage", "rule"]).aggregate([("threshold", "min")])
    for row in grouped.to_pylist():
        tables.thresholds.setdefault((row["stage"], row["rule"]), row["threshold_min"])


def _add_scores(corpus: FinishedCorpus, tables: Tables) -> None:
    found = [np.empty(0)]
    for _, table in corpus.tables("removals", ["id", "rule", "value"]):
        scored = sampled(table.filter(pc.equal(table.column("rule"), "language_score")), tables.one_in)
        found.append(scored.column("value").to_numpy().astype(np.float64))
    tables.language_scores = np.concatenate(found)


def _add_pairs(corpus: FinishedCorpus, tables: Tables) -> None:
    """The near-duplicates that were nearest to the threshold, with the addresses of both."""
    found: list[dict[str, Any]] = []
    jaccards = [np.empty(0)]
    for _, table in corpus.tables("removals", ["id", "rule", "url", "title", "duplicate_of", "jaccard"]):
        near = table.filter(pc.equal(table.column("rule"), "near_duplicate"))
        jaccards.append(sampled(near, tables.one_in).column("jaccard").to_numpy().astype(np.float64))
        found.extend(near.to_pylist())
        found.sort(key=lambda row: (row["jaccard"], identifier(f"pair:{row['id']}"), row["id"]))
        del found[PAIRS_SHOWN:]
    tables.jaccards = np.concatenate(jaccards)
    partners = _names(corpus, [row["duplicate_of"] for row in found])
    tables.pairs = [
        Pair(
            row["jaccard"],
            row["url"] or row["title"] or "",
            partners.get(row["duplicate_of"], ""),
            row["id"],
            row["duplicate_of"],
        )
        for row in found
    ]


def _names(corpus: FinishedCorpus, ids: list[int]) -> dict[int, str]:
    if not ids:
        return {}
    wanted = pa.array(sorted(set(ids)), pa.uint64())
    names: dict[int, str] = {}
    for kind in ("documents", "removals"):
        for _, table in corpus.tables(kind, ["id", "url", "title"]):
            for row in table.filter(pc.is_in(table.column("id"), value_set=wanted)).to_pylist():
                names.setdefault(row["id"], row["url"] or row["title"] or "")
    return names
