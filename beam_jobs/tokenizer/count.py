"""Phase `count`: how much text there is for the tokenizer, by source, language and draw.

Only the originals of the training split count, as the corpora have them, whatever the mixture repeats or leaves out: a
tokenizer serves several mixtures.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.tokenizer.documents import planned, read_documents
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit
from stages.artifacts import join
from stages.mixture import Group
from stages.recipe import Recipe
from stages.tokenizer_sample import count_lines, draw_bin, sample_draw

COUNTS = ("documents", "bytes", "lines")
SCHEMA = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("bin", pa.int32(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in COUNTS),
    ]
)
Sizes = dict[Group, dict[int, Counter[str]]]
"""Documents, bytes and lines by source and language, and by the bin of their draws."""


def settings(recipe: Recipe) -> Any:
    """The seed of the draws."""
    return recipe.seed


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment of the corpora; none if no tokenizer is trained and none is measured."""
    tokenizer = job.recipe.tokenizer
    if tokenizer.pretrained and not tokenizer.report.megabytes:
        return []
    return planned(job, {"lines": bool(tokenizer.sample.sentences)})


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes how much text a fragment has; lines are counted only if the sample asks for a number of them."""
    sizes: Sizes = {}
    for originals in training_originals(job, unit.inputs):
        texts = originals.column("text")
        lines = map(count_lines, texts.to_pylist()) if unit.inputs["lines"] else [0] * len(texts)
        for group, number, size, count in zip(
            groups_of(originals), draws_of(job, originals), pc.binary_length(texts).to_pylist(), lines, strict=True
        ):
            counts = sizes.setdefault(group, {}).setdefault(draw_bin(number), Counter())
            counts.update(documents=1, bytes=size, lines=count)
    rows = [
        {"source": source, "language": language, "bin": number, **counts}
        for (source, language), bins in sorted(sizes.items())
        for number, counts in sorted(bins.items())
    ]
    write_table(outputs, "sizes", pa.Table.from_pylist(rows, schema=SCHEMA))
    return {name: sum(row[name] for row in rows) for name in COUNTS}


def training_originals(job: Job, inputs: Any) -> Iterator[pa.RecordBatch]:
    """Yields the originals of the training split of a unit's fragment: id, source, language and text."""
    columns = ["id", "source", "language", "text", "split", "parent_id"]
    for batch in read_documents(job, inputs, columns):
        split, parent = batch.column("split").to_pylist(), batch.column("parent_id").to_pylist()
        wanted = np.array([one == "train" and of is None for one, of in zip(split, parent, strict=True)], np.bool_)
        yield batch.filter(pa.array(wanted)).select(columns[:4])


def groups_of(documents: pa.RecordBatch) -> Iterator[Group]:
    """The source and language of each document."""
    columns = (documents.column(name).to_pylist() for name in ("source", "language"))
    return zip(*columns, strict=True)


def draws_of(job: Job, documents: pa.RecordBatch) -> list[int]:
    """The draw of each document."""
    return [sample_draw(one, job.recipe.seed) for one in documents.column("id").to_pylist()]


def read_sizes(job: Job, counted: Iterable[Commit]) -> Sizes:
    """What all units counted, added up."""
    sizes: Sizes = {}
    for commit in counted:
        for row in read_table(join(job.folder, commit.files["sizes"][0].path)).to_pylist():
            bins = sizes.setdefault((row["source"], row["language"]), {})
            bins.setdefault(row["bin"], Counter()).update({name: row[name] for name in COUNTS})
    return sizes
