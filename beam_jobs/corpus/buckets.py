"""Phase 4: documents that share a band of their MinHash signature, their content or their id.

A document is known here by its reference alone: `(ordinal of its candidates' unit) << 32 | row`. Each unit reads one
column of all signature files, within one range of its values, so that no unit holds more than a part of the corpus.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.candidates import band_column, candidates_phase
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.near_duplicates.clusters import bucket_groups
from stages.recipe import Recipe

DOCUMENTS_PER_UNIT = 4_000_000
"""About 100 MB of keys and references."""


def settings(recipe: Recipe) -> Any:
    """The bands are all that matters here."""
    return recipe.corpus.near_duplicates.bands


def plan(job: Job) -> list[Planned]:
    """One unit for each column and range of keys."""
    commits = commits_of(job, candidates_phase(job.recipe))
    files = [file.to_json() for commit in commits for file in commit.files["signatures"]]
    documents = sum(file["rows"] for file in files)
    ranges = max(1, -(-documents // DOCUMENTS_PER_UNIT))
    columns = ["id", "content_hash", *map(band_column, range(job.recipe.corpus.near_duplicates.bands))]
    return [
        Planned({"column": column, "range": number, "ranges": ranges, "files": files}, 8 * documents // ranges)
        for column in columns
        for number in range(ranges)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes groups of references with equal keys, each of two or more."""
    keys, references = _read_keys(job, unit)
    groups = [references[positions].tolist() for positions in bucket_groups(keys)]
    write_table(outputs, "groups", pa.table({"references": pa.array(groups, pa.list_(pa.uint64()))}))
    return {"groups": len(groups)}


def _read_keys(job: Job, unit: Unit) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    keys, references = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for ordinal, file in enumerate(unit.inputs["files"]):
        column = read_table(artifacts.join(job.folder, file["path"]), [unit.inputs["column"]]).column(0).to_numpy()
        inside = column % np.uint64(unit.inputs["ranges"]) == np.uint64(unit.inputs["range"])
        keys.append(column[inside])
        references.append(np.uint64(ordinal << 32) | np.flatnonzero(inside).astype(np.uint64))
    return np.concatenate(keys), np.concatenate(references)
