"""What became of the candidates of one unit: which stay, in which split. The last phases all ask this."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.duplicates.runs import own_runs
from beam_jobs.corpus.tables import read_batches, read_table
from beam_jobs.shuffle import read_part
from beam_jobs.units import Job, Planned, commits_of, files_of
from stages import artifacts
from stages.recipe import Recipe
from stages.splits import assign_split


def settings(recipe: Recipe) -> Any:
    """What decides the splits beside the decisions, as JSON values."""
    return [recipe.seed, recipe.corpus.split.model_dump(mode="json")]


def planned(job: Job) -> list[Planned]:
    """A unit for each file of candidates, in order; its inputs are those of `Outcomes`."""
    decisions = files_of(commits_of(job, "settle"), "decisions")
    moved = files_of(commits_of(job, "moved"), "moved")
    return [
        Planned(
            {"candidates": files["candidates"], "decisions": decisions[number], "part": place, "moved": moved},
            files["candidates"]["bytes"],
        )
        for number, run in enumerate(own_runs(job))
        for place, files in enumerate(run.files)
    ]


@dataclass(frozen=True)
class Decided:
    """Some candidates, a row group of their file, and what was decided on them."""

    candidates: pa.Table
    decisions: list[dict[str, Any] | None]
    """The row of DECISION_SCHEMA of each; None where nothing was to decide, and it stays."""

    @cached_property
    def stays(self) -> npt.NDArray[np.bool_]:
        """bool [candidates]."""
        return np.array([one is None or one["rule"] is None for one in self.decisions], np.bool_)

    @cached_property
    def kept(self) -> pa.Table:
        """The candidates that stay."""
        return self.candidates if self.stays.all() else self.candidates.filter(pa.array(self.stays))

    @property
    def clusters(self) -> list[int | None]:
        """The clusters of those that stay; None: its own."""
        pairs = zip(self.decisions, self.stays, strict=True)
        return [None if one is None else one["cluster"] for one, stay in pairs if stay]

    def removed(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yields the candidates that go, each with its decision."""
        gone = [one for one, stay in zip(self.decisions, self.stays, strict=True) if one is not None and not stay]
        yield from zip(self.candidates.filter(pa.array(~self.stays)).to_pylist(), gone, strict=True)


class Outcomes:
    """The outcome of one file of candidates."""

    def __init__(self, job: Job, inputs: Mapping[str, Any]):
        self._job = job
        self._path = artifacts.join(job.folder, inputs["candidates"]["path"])
        table = read_part(artifacts.join(job.folder, inputs["decisions"]["path"]), inputs["part"])
        self._decisions = {row["reference"] & 0xFFFFFFFF: row for row in table.to_pylist()}
        self._moved = moved_clusters(job, inputs["moved"])

    def batches(self) -> Iterator[Decided]:
        """Yields all candidates in order, a row group at a time."""
        first = 0
        for batch in read_batches(self._path):
            yield Decided(batch, [self._decisions.get(first + place) for place in range(batch.num_rows)])
            first += batch.num_rows

    def splits(self, decided: Decided) -> list[str]:
        """The splits of those that stay."""
        ids = decided.kept.column("id").to_pylist()
        clusters = (one if cluster is None else cluster for one, cluster in zip(ids, decided.clusters, strict=True))
        return [self._split(cluster) for cluster in clusters]

    def training(self) -> Iterator[pa.Table]:
        """Yields the candidates that are training documents, a row group at a time."""
        for decided in self.batches():
            mask = [split == "train" for split in self.splits(decided)]
            yield decided.kept.filter(pa.array(mask, pa.bool_()))

    def _split(self, cluster: int) -> str:
        if cluster in self._moved:
            return "train"
        return assign_split(cluster, self._job.recipe.seed, self._job.recipe.corpus.split)


def moved_clusters(job: Job, files: list[dict[str, Any]]) -> frozenset[int]:
    """The clusters that are in training whatever their hash says."""
    tables = [read_table(artifacts.join(job.folder, file["path"])) for file in files]
    return frozenset(one for table in tables for one in table.column("cluster").to_pylist())
