"""Finding the rows of one page in the documents and removals of a corpus."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.tables import read_table
from beam_jobs.units import Job, commits_of
from stages.artifacts import Manifest, join, read_manifest
from stages.errors import GristmillError

KINDS = ("documents", "removals")


@dataclass(frozen=True)
class Found:
    """A row, the kind of table it is in, and the file."""

    kind: str
    file: str
    row: dict[str, Any]


def listing(job: Job) -> Manifest:
    """The documents and removals of a corpus; of one that its limits refused, too, which has no manifest."""
    try:
        return read_manifest(job.folder, job.name)
    except GristmillError:
        try:
            commits = [*commits_of(job, "extract"), *commits_of(job, "finish")]
        except GristmillError:
            commits = []
        if not commits:
            raise
    return Manifest(
        job.name, {kind: [file for commit in commits for file in commit.files.get(kind, ())] for kind in KINDS}
    )


def find(folder: str, manifest: Manifest, url: str, record_id: int | None) -> Iterator[Found]:
    """Yields the rows with this address, or with this id where one is given, in the order of the manifest."""
    for kind in KINDS:
        for file in manifest.files.get(kind, []):
            path = join(folder, file.path)
            names = read_table(path, ["id", "url"])
            if record_id is None:
                matches = pc.equal(names.column("url"), url)
            else:
                matches = pc.equal(names.column("id"), pa.scalar(record_id, pa.uint64()))
            rows = np.flatnonzero(pc.fill_null(matches, False).to_numpy())
            if len(rows):
                yield from (Found(kind, file.path, row) for row in read_table(path).take(rows).to_pylist())


def count_containing(folder: str, manifest: Manifest, part: str) -> int:
    """How many addresses contain a text, in any case."""
    total = 0
    for kind in KINDS:
        for file in manifest.files.get(kind, []):
            names = read_table(join(folder, file.path), ["url"]).column("url")
            total += pc.sum(pc.match_substring(names, part, ignore_case=True)).as_py() or 0
    return total
