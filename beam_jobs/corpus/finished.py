"""A corpus as a run left it, for those who ask about it: its manifest, the settings it was made with, its tables."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from beam_jobs.corpus.tables import read_table
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, join, read_manifest
from stages.errors import GristmillError
from stages.recipe import Corpus, Recipe

NAME = "corpus"
PRODUCTS = ("documents", "removals", "measurements", "examples")
READERS = 2
READ_AHEAD = 4
PHASES_WITH_PRODUCTS = ("extract", "cut", "finish")


@dataclass(frozen=True)
class FinishedCorpus:
    """Where the tables of a run are, and what the run was."""

    folder: str
    manifest: Manifest
    settings: Corpus
    """The recipe's section as it was when the run was made."""

    def tables(
        self, kind: str, columns: Sequence[str] | None = None, select: Callable[[pa.Table], pa.Table] | None = None
    ) -> Iterator[tuple[str, pa.Table]]:
        """Yields the name and the table of each file of a kind, in order; a few are read ahead, never all.

        `select` makes less of a table, in the thread that read it.
        """

        def read(path: str) -> pa.Table:
            table = read_columns(path, columns)
            return table if select is None else select(table)

        waiting: deque[tuple[str, Future[pa.Table]]] = deque()
        with ThreadPoolExecutor(READERS) as pool:
            for file in self.manifest.files.get(kind, []):
                waiting.append((file.path, pool.submit(read, join(self.folder, file.path))))
                if len(waiting) > READ_AHEAD:
                    name, table = waiting.popleft()
                    yield name, table.result()
            for name, table in waiting:
                yield name, table.result()

    def table(self, kind: str, columns: Sequence[str]) -> pa.Table:
        """The columns of all files of a kind."""
        found = [table for _, table in self.tables(kind, columns)]
        return pa.concat_tables(found) if found else pa.table({name: [] for name in columns})


def open_corpus(recipe: Recipe) -> FinishedCorpus:
    """The finished corpus of a recipe; GristmillError if there is none, or if another version made it."""
    folder = recipe.folder(NAME)
    manifest = read_manifest(folder, NAME)
    for kind in PRODUCTS:
        if kind not in manifest.files:
            raise GristmillError(f"{folder}: made by another version, without {kind}; run `make corpus` again")
    return FinishedCorpus(folder, manifest, _settings(folder, manifest.facts))


def open_even_refused(recipe: Recipe) -> FinishedCorpus:
    """The same, also of a corpus that its limits refused: that has no manifest, but tables."""
    job = Job(NAME, recipe, ())
    try:
        return open_corpus(recipe)
    except GristmillError:
        commits = [commit for phase in PHASES_WITH_PRODUCTS for commit in _commits(job, phase)]
        if not commits or _has_manifest(job):
            raise
    files = {kind: [file for commit in commits for file in commit.files.get(kind, ())] for kind in PRODUCTS}
    return FinishedCorpus(job.folder, Manifest(NAME, files), recipe.corpus)


def read_columns(path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Columns of a Parquet file of a finished corpus; GristmillError if it is gone or damaged."""
    try:
        return read_table(path, columns)
    except FileNotFoundError as error:
        raise GristmillError(f"{path}: not there; run `make corpus` again") from error
    except pa.ArrowInvalid as error:
        raise GristmillError(f"{path}: damaged: {error}; delete it and run `make corpus` again") from error


def _settings(folder: str, facts: dict[str, Any]) -> Corpus:
    try:
        return Corpus.model_validate_json(json.dumps(facts["recipe"]))
    except (ValidationError, KeyError) as error:
        raise GristmillError(
            f"{folder}: made by another version, with other settings; run `make corpus` again"
        ) from error


def _commits(job: Job, phase: str) -> list[Commit]:
    try:
        return commits_of(job, phase)
    except GristmillError:
        return []


def _has_manifest(job: Job) -> bool:
    try:
        read_manifest(job.folder, NAME)
    except GristmillError:
        return False
    return True
