"""The documents as the tokenizer job reads them: from all corpora, without those that are not part of the run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beam_jobs.corpus.tables import read_table
from beam_jobs.tokenizer.corpora import fragments, is_joined, members
from beam_jobs.units import Job, Planned, commits_of, files_of
from stages.artifacts import join, open_file

DOCUMENTS_PER_BATCH = 256


def planned(job: Job, common: Mapping[str, Any]) -> list[Planned]:
    """One unit for each fragment of the corpora: the fragment, what of it is removed, and what all units share."""
    every = fragments(job)
    removed: Sequence[dict[str, Any] | None] = (
        files_of(commits_of(job, "mix"), "removed") if is_joined(job.recipe) else [None] * len(every)
    )
    return [
        Planned({"fragment": fragment, "removed": file, **common}, fragment["bytes"])
        for fragment, file in zip(every, removed, strict=True)
    ]


def fragment_path(job: Job, fragment: Mapping[str, Any]) -> str:
    """The path of a file of documents."""
    return join(members(job.recipe)[fragment["corpus"]].folder, fragment["path"])


def read_fragment(job: Job, fragment: Mapping[str, Any], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yields the documents of a fragment in batches; of a corpus that only holds out, those that are held out."""
    trains = members(job.recipe)[fragment["corpus"]].trains
    with open_file(fragment_path(job, fragment)) as file:
        names = columns if trains or "split" in columns else [*columns, "split"]
        for batch in pq.ParquetFile(file).iter_batches(batch_size=DOCUMENTS_PER_BATCH, columns=list(names)):
            one = batch if trains else batch.filter(pc.not_equal(batch.column("split"), "train"))
            yield one.select(list(columns))


def read_documents(job: Job, unit_inputs: Mapping[str, Any], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yields the documents of a unit that `planned` made, without those that are removed; `id` is a column."""
    gone = removed_rows(job, unit_inputs["removed"]).column("id").combine_chunks()
    for batch in read_fragment(job, unit_inputs["fragment"], columns):
        if not len(gone):
            yield batch
            continue
        yield batch.filter(pc.invert(pc.is_in(batch.column("id"), value_set=gone)))


def removed_rows(job: Job, file: Mapping[str, Any] | None) -> pa.Table:
    """What is removed of a fragment, in the columns of REMOVED_SCHEMA."""
    if file is None or not file["rows"]:
        return REMOVED_SCHEMA.empty_table()
    return read_table(join(job.folder, file["path"]))


REMOVED_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("duplicate_of", pa.uint64()),
    ]
)
"""A document that is in a corpus and not in the shards: the rule, what it measured and its bound, and what stayed."""
