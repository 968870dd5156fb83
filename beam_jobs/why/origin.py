"""Fetching the record behind a document or removal again, from its file and offset."""

from collections.abc import Iterator, Mapping
from typing import Any

from beam_jobs.corpus.tables import identity_of
from beam_jobs.units import Job, inputs_path
from stages import artifacts
from stages.document import Record
from stages.errors import GristmillError
from stages.sources import Span, read_records


def fetch(job: Job, row: Mapping[str, Any]) -> Record | str:
    """The record that a row of documents or removals was made of; or why it cannot be had any more.

    That of a variant is the record of its parent.
    """
    origin = row["origin"]
    wanted = row.get("parent_id") or row["id"]
    inputs = artifacts.read_json(inputs_path(job))
    file = next((one for one in inputs if (one["path"], one["source"]) == (origin["file"], row["source"])), None)
    if file is None:
        return f"{origin['file']} is not among the inputs of the last run"
    source = next(one for one in job.recipe.corpus.sources if one.name == file["source"])
    source = source.model_copy(update={"format": file["format"]})
    try:
        for span in _spans(origin, file["size"]):
            for record in read_records(source, span, job.recipe.corpus.reading):
                if identity_of(record, source.name)["id"] == wanted:
                    return record
    except GristmillError as error:
        return str(error)
    return f"{origin['file']} has changed since"


def _spans(origin: Mapping[str, Any], size: int) -> Iterator[Span]:
    """Where to look: at the record's own place, then, for files that are read only as a whole, everywhere."""
    if 0 < origin["offset"] < size:
        yield Span(origin["file"], origin["offset"], origin["offset"] + 1)
    yield Span(origin["file"], 0, size)
