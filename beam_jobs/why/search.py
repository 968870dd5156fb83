"""Finding the rows of one page, or of a part of a text, in the tables of a corpus."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.finished import FinishedCorpus, read_columns
from stages.artifacts import is_local, join

KINDS = ("documents", "removals", "refused_variants")
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
        for file, table in _columns(corpus, kind, columns):
            rows = np.flatnonzero(pc.fill_null(mask(table), False).to_numpy())
            if len(rows):
                whole = read_columns(join(corpus.folder, file)).take(rows)
                yield from (Found(kind, file, row) for row in whole.to_pylist())


def _columns(corpus: FinishedCorpus, kind: str, columns: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """As `corpus.tables`; where files are mapped, threads would cost more than they bring for small columns."""
    if not is_local(corpus.folder):
        yield from corpus.tables(kind, columns)
        return
    for file in corpus.manifest.files.get(kind, []):
        yield file.path, read_columns(join(corpus.folder, file.path), columns)


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
    file: str
    id: int
    url: str | None


def whole(corpus: FinishedCorpus, match: Match) -> Iterator[Found]:
    """The row that a match is of; for an example, that of its removal."""
    if match.kind == "examples":
        yield from with_id(corpus, match.id, ["removals"])
        return
    table = read_columns(join(corpus.folder, match.file))
    wanted = pa.scalar(match.id, pa.uint64())
    yield from (Found(match.kind, match.file, row) for row in table.filter(pc.equal(table["id"], wanted)).to_pylist())


def containing(corpus: FinishedCorpus, part: str, *, loosely: bool = False) -> list[Match]:
    """The texts with this part, each record once; loosely: in any case, and with any white space between words.

    Texts of removals are searched where the run kept them (`corpus.keep_removed_text`), and those of the examples.
    """
    found: dict[int, Match] = {}
    wanted = part.encode()
    pattern = r"\s+".join(map(re.escape, part.split()))

    def matching(table: pa.Table) -> pa.Table:
        texts = table.column("text")
        if not loosely and not any(wanted in data for data in _bytes_of(texts)):
            return table.select(["id", "url"]).slice(0, 0)
        if loosely:
            matches = pc.match_substring_regex(texts, pattern, ignore_case=True)
        else:
            matches = pc.match_substring(texts, part)
        return table.select(["id", "url"]).filter(pc.fill_null(matches, False))

    removed = ("removals", "examples") if corpus.settings.keep_removed_text else ("examples",)
    for kind in ("documents", *removed):
        for file, table in corpus.tables(kind, ["id", "url", "text"], matching):
            for row in table.to_pylist():
                found.setdefault(row["id"], Match(kind, file, row["id"], row["url"]))
    return list(found.values())


def _bytes_of(texts: pa.ChunkedArray) -> Iterator[bytes]:
    """All texts of a column as they lie in memory: to see in a tenth of the time that none of them has a part."""
    for chunk in texts.chunks:
        data = chunk.buffers()[2]
        if data is not None:
            yield data.to_pybytes()


def similar_addresses(corpus: FinishedCorpus, part: str) -> tuple[int, list[str]]:
    """How many addresses contain a text, in any case, without its scheme and last slash; and the first of them."""
    bare = re.sub(r"^\w+://(www\.)?", "", part).rstrip("/") or part
    total, named = 0, dict[str, None]()
    for kind in KINDS:
        for _, table in _columns(corpus, kind, ["url"]):
            urls = table.column("url")
            matches = urls.filter(pc.fill_null(pc.match_substring(urls, bare, ignore_case=True), False))
            total += len(matches)
            named.update(dict.fromkeys(matches.slice(0, MOST_NAMED).to_pylist()))
    return total, list(named)[:MOST_NAMED]
