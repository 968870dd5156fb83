"""Phase `sample`: cuts what was drawn to size: lines to train on, and texts to measure on.

Each source and language gets its share to within a line, in the order of the draws; the lines of all of them stand in
that order too. Texts to measure on come from the other end of the draws and are none of those to train on, unless all
text of a source and language is trained on: then it is measured on that.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.corpus.tables import read_batches, read_table
from beam_jobs.tokenizer.draw import KINDS, SCHEMA, sample_unit
from beam_jobs.units import Job, NewFile, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages.artifacts import join
from stages.mixture import Group
from stages.quality.words import words_of
from stages.recipe import Recipe
from stages.tokenizer import training_lines
from stages.tokenizer_sample import SizeUnit, head_within

LINE_SCHEMA = pa.schema([pa.field("line", pa.string(), nullable=False)])
TEXT_SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("words", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
LINES_PER_GROUP = 65_536
TEXTS_PER_GROUP = 512
Cells = Mapping[Group, Mapping[str, Any]]


def settings(_recipe: Recipe) -> Any:
    """Nothing: how much of what is wanted is among the inputs."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit: the sample is made to fit into memory."""
    drawn = commits_of(job, "draw")
    if not drawn:
        return []
    files = share(job, "sample", "files", {kind: files_of(drawn, kind) for kind in KINDS})
    inputs = {"files": files, "cells": drawn[0].inputs["cells"], "unit": sample_unit(job.recipe)}
    return [Planned(inputs, sum(commit.counts["training"] for commit in drawn))]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes lines and texts; the counts are what each source and language has of both."""
    cells = {(cell["source"], cell["language"]): cell for cell in shared(job, unit.inputs["cells"])}
    files = shared(job, unit.inputs["files"])
    training = _Training(cells, unit.inputs["unit"])
    if any(cell["target"] for cell in cells.values()):
        with outputs.create("lines", ".parquet") as file:
            _write(file, LINE_SCHEMA, training.lines(_in_order(job, files["training"], "ascending")), LINES_PER_GROUP)
    texts = _Texts(cells, training.ends)
    with outputs.create("texts", ".parquet") as file:
        _write(file, TEXT_SCHEMA, texts.rows(_in_order(job, files["report"], "descending")), TEXTS_PER_GROUP)
    return {
        "unit": unit.inputs["unit"],
        "sample": [_row(cell, training.counts.get(group, {})) for group, cell in sorted(cells.items())],
        "seen": [list(group) for group in sorted(texts.seen)],
    }


def _row(cell: Mapping[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    kept = {name: cell[name] for name in ("source", "language", "available", "target")}
    return {**kept, **{name: counts.get(name, 0) for name in ("documents", "lines", "bytes")}}


def _in_order(job: Job, files: Sequence[Mapping[str, Any]], order: str) -> Iterator[dict[str, Any]]:
    """Yields drawn documents of all fragments by their draws."""
    tables = [read_table(join(job.folder, file["path"])) for file in files]
    table = pa.concat_tables([SCHEMA.empty_table(), *tables]).sort_by([("draw", order), ("id", order)])
    for batch in table.to_batches(max_chunksize=TEXTS_PER_GROUP):
        yield from batch.to_pylist()


def _write(file: NewFile, schema: pa.Schema, rows: Iterator[Any], rows_per_group: int) -> None:
    """Writes rows, dictionaries, in groups."""
    with pq.ParquetWriter(file.path, schema, compression="zstd", write_statistics=False) as writer:
        while group := [row for _, row in zip(range(rows_per_group), rows, strict=False)]:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            file.rows += len(group)


class _Training:
    """Takes training lines until each source and language has its share."""

    def __init__(self, cells: Cells, unit: SizeUnit):
        self._unit = unit
        self._left = {group: int(cell["target"]) for group, cell in cells.items()}
        self.counts: dict[Group, Counter[str]] = {}
        self.ends: dict[Group, int] = {}
        """The last draw of which something was taken."""

    def lines(self, documents: Iterator[dict[str, Any]]) -> Iterator[dict[str, str]]:
        """Yields the lines of documents that come in the order of their draws."""
        for document in documents:
            group = (document["source"], document["language"])
            left = self._left[group]
            if not left:
                continue
            head = head_within(document["text"], left, self._unit)
            if not head and document["text"]:
                self._left[group] = 0
                continue
            lines = list(training_lines(head))
            size = len(head.encode())
            self.ends[group] = document["draw"]
            self.counts.setdefault(group, Counter()).update(documents=1, lines=len(lines), bytes=size)
            is_cut = len(head) < len(document["text"])
            self._left[group] = 0 if is_cut else left - (len(lines) if self._unit == "lines" else size)
            yield from ({"line": line} for line in lines)


class _Texts:
    """Takes texts to measure on until each source and language has enough."""

    def __init__(self, cells: Cells, ends: Mapping[Group, int]):
        self._left = {group: int(cell["report"]) for group, cell in cells.items()}
        self._ends = ends
        self.seen: set[Group] = set()
        """Sources and languages whose texts were trained on."""
        self._unseen: set[Group] = set()

    def rows(self, documents: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yields rows of TEXT_SCHEMA; documents come from the highest draw down."""
        for document in documents:
            group = (document["source"], document["language"])
            was_seen = document["draw"] <= self._ends.get(group, -1)
            if not self._left[group] or (was_seen and group in self._unseen):
                continue
            (self.seen if was_seen else self._unseen).add(group)
            text = head_within(document["text"], self._left[group], "bytes")
            self._left[group] = 0 if len(text) < len(document["text"]) else self._left[group] - len(text.encode())
            if text:
                words = len(words_of(text, document["language"], "papers"))
                yield {"source": group[0], "language": group[1], "words": words, "text": text}


def read_lines(job: Job, file: Mapping[str, Any]) -> Iterator[str]:
    """Yields the training lines in their order, reading some at a time."""
    for table in read_batches(join(job.folder, file["path"])):
        yield from table.column("line").to_pylist()


def read_texts(job: Job, file: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Yields the texts to measure on, rows of TEXT_SCHEMA, some at a time."""
    for table in read_batches(join(job.folder, file["path"])):
        yield table.to_pylist()
