"""Finding the rows of one page, or of a part of a text, in the tables of a corpus."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.finished import FinishedCorpus, read_columns
from stages.artifacts import join

KINDS = ("documents", "removals")
WITH_TEXTS = ("documents", "removals", "examples")
MOST_NAMED = 3


@dataclass(frozen=True)
class Found:
    """A row, the kind of table it is in, and the file."""

    kind: str
    file: str
    row: dict[str, Any]


Mask = Callable[[pa.Table], pa.ChunkedArray]


def find(corpus: FinishedCorpus, mask: Mask, columns: Sequence[str], kinds: Sequence[str] = KINDS) -> Iterator[Found]:
    """Yields the whole rows that a mask over some columns chooses, in the order of the manifest."""
    for kind in kinds:
        for file, table in corpus.tables(kind, columns):
            rows = np.flatnonzero(pc.fill_null(mask(table), False).to_numpy())
            if len(rows):
                whole = read_columns(join(corpus.folder, file)).take(rows)
                yield from (Found(kind, file, row) for row in whole.to_pylist())


def with_address(corpus: FinishedCorpus, url: str) -> Iterator[Found]:
    """The rows with exactly this address."""
    return find(corpus, lambda table: pc.equal(table.column("url"), url), ["url"])


def with_id(corpus: FinishedCorpus, record_id: int, kinds: Sequence[str] = KINDS) -> Iterator[Found]:
    """The rows with this id."""
    wanted = pa.scalar(record_id, pa.uint64())
    return find(corpus, lambda table: pc.equal(table.column("id"), wanted), ["id"], kinds)


def made_from(corpus: FinishedCorpus, record_id: int) -> Iterator[Found]:
    """The variants of a document."""
    wanted = pa.scalar(record_id, pa.uint64())
    return find(corpus, lambda table: pc.equal(table.column("parent_id"), wanted), ["parent_id"], ["documents"])


def removed_for(corpus: FinishedCorpus, record_id: int) -> Iterator[Found]:
    """The duplicates that were removed in favour of a document."""
    wanted = pa.scalar(record_id, pa.uint64())
    return find(corpus, lambda table: pc.equal(table.column("duplicate_of"), wanted), ["duplicate_of"], ["removals"])


@dataclass(frozen=True)
class Match:
    """A text that contains what is looked for."""

    kind: str
    id: int
    url: str | None


def containing(corpus: FinishedCorpus, part: str, *, loosely: bool = False) -> list[Match]:
    """The texts with this part, each record once; loosely: in any case, and with any white space between words.

    Texts of removals are searched where the run kept them (`corpus.keep_removed_text`), and those of the examples.
    """
    found: dict[int, Match] = {}
    pattern = r"\s+".join(map(re.escape, part.split()))

    def matching(table: pa.Table) -> pa.Table:
        texts = table.column("text")
        if loosely:
            matches = pc.match_substring_regex(texts, pattern, ignore_case=True)
        else:
            matches = pc.match_substring(texts, part)
        return table.select(["id", "url"]).filter(pc.fill_null(matches, False))

    for kind in WITH_TEXTS:
        for _, table in corpus.tables(kind, ["id", "url", "text"], matching):
            for row in table.to_pylist():
                found.setdefault(row["id"], Match(kind, row["id"], row["url"]))
    return list(found.values())


def similar_addresses(corpus: FinishedCorpus, part: str) -> tuple[int, list[str]]:
    """How many addresses contain a text, in any case, without its scheme and last slash; and the first of them."""
    bare = re.sub(r"^\w+://(www\.)?", "", part).rstrip("/") or part
    total, named = 0, dict[str, None]()
    for kind in KINDS:
        for _, table in corpus.tables(kind, ["url"]):
            urls = table.column("url")
            matches = urls.filter(pc.fill_null(pc.match_substring(urls, bare, ignore_case=True), False))
            total += len(matches)
            named.update(dict.fromkeys(matches.slice(0, MOST_NAMED).to_pylist()))
    return total, list(named)[:MOST_NAMED]
