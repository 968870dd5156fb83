"""Runs: consecutive units of candidates that later phases take together, so that there are not too many files.

Documents of an index, if there is one, come after the candidates: their files have ordinals from INDEX_ORDINAL on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beam_jobs.corpus.candidates import candidates_phase
from beam_jobs.corpus.duplicates.index import index_files
from beam_jobs.units import Job, commits_of, share, shared

UInt64 = npt.NDArray[np.uint64]

DOCUMENTS_PER_RUN = 250_000
"""With 4 kB of text each and all of them in components, 1 GB of shingles, and as much again while they are dealt."""
BYTES_PER_RUN = 200_000_000
"""Of compressed text, about three times as much in plain."""
LEAST_RUNS = 8
"""So that the workers of one machine have enough to deal."""
INDEX_ORDINAL = 1 << 31


@dataclass(frozen=True)
class Run:
    """Some units of candidates, or some files of an index."""

    first: int
    """Ordinal of the first."""
    files: Sequence[dict[str, Any]]
    """Their files as JSON values: `candidates` and `signatures`; of an index `signatures` alone."""

    @property
    def documents(self) -> int:
        """How many documents they hold."""
        return sum(one["signatures"]["rows"] for one in self.files)


def share_runs(job: Job) -> list[Run]:
    """Finds all runs, in the order of their ordinals, and writes them down for the phases that come later."""
    found = _runs(job)
    share(job, "gather", "runs", [[run.first, run.files] for run in found])
    return found


def runs(job: Job) -> list[Run]:
    """The runs that `share_runs` found."""
    return [Run(first, files) for first, files in shared(job, {"path": "work/gather/_runs.json"})]


def _runs(job: Job) -> list[Run]:
    kinds = ("candidates", "signatures")
    own = [
        {kind: commit.files[kind][0].to_json() for kind in kinds}
        for commit in commits_of(job, candidates_phase(job.recipe))
    ]
    return [*_grouped(own, 0), *_grouped(index_files(job.recipe), INDEX_ORDINAL)]


def own_runs(job: Job) -> list[Run]:
    """The runs of candidates."""
    return [run for run in runs(job) if run.first < INDEX_ORDINAL]


def _grouped(files: Sequence[dict[str, Any]], ordinal: int) -> list[Run]:
    total = sum(one["signatures"]["rows"] for one in files)
    most = min(DOCUMENTS_PER_RUN, -(-total // LEAST_RUNS))
    found: list[Run] = []
    group: list[dict[str, Any]] = []
    documents = size = 0
    for place, one in enumerate(files):
        rows, text = one["signatures"]["rows"], one.get("candidates", one["signatures"])["bytes"]
        if group and (documents + rows > most or size + text > BYTES_PER_RUN):
            found.append(Run(ordinal + place - len(group), group))
            group, documents, size = [], 0, 0
        group.append(one)
        documents, size = documents + rows, size + text
    if group:
        found.append(Run(ordinal + len(files) - len(group), group))
    return found


def run_numbers(references: UInt64, firsts: Sequence[int]) -> npt.NDArray[np.int64]:
    """Which run each reference belongs to; `firsts` are the first ordinals of all runs."""
    ordinals = (references >> np.uint64(32)).astype(np.int64)
    return np.searchsorted(np.array(firsts, np.int64), ordinals, side="right") - 1


def file_references(ordinal: int, rows: int) -> UInt64:
    """The references of all rows of a file."""
    return np.uint64(ordinal << 32) | np.arange(rows, dtype=np.uint64)
