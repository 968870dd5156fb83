"""Units of work: how a job is cut, committed and resumed. Knows no Beam.

A job is a list of phases. A phase plans units from what the phase before it committed; a unit reads its range, writes
its files and then one marker, `work/<phase>/_done/<ordinal>.json`, with counts and hashes. The marker carries the
unit's key, a hash of everything that decides its output: inputs, settings, code, library versions. A unit whose marker
has its key is done, so a run that was ended anywhere goes on with what is missing, and doing a unit twice writes the
same bytes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages import artifacts
from stages.artifacts import OutputFile
from stages.errors import GristmillError
from stages.recipe import Recipe


@dataclass(frozen=True)
class Job:
    """One run of one job: where it writes, and what its results depend on beside the inputs of its units."""

    name: str
    recipe: Recipe
    libraries: tuple[tuple[str, str], ...]
    """Names and versions of the libraries whose behaviour decides the bytes."""

    @property
    def folder(self) -> str:
        """The folder of the job's results."""
        return self.recipe.folder(self.name)


@dataclass(frozen=True)
class Planned:
    """A unit before it has a number and a key: JSON values that say what to do, and how much work that is."""

    inputs: Mapping[str, Any]
    weight: int


@dataclass(frozen=True)
class Unit:
    """A piece of a phase that is done, committed and repeated as a whole."""

    phase: str
    ordinal: int
    key: str
    weight: int
    inputs: Mapping[str, Any]

    def to_text(self) -> str:
        """The unit as one line of JSON: what travels through Beam."""
        return json.dumps([self.phase, self.ordinal, self.key, self.weight, self.inputs], sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> "Unit":
        """The unit that `to_text` wrote."""
        return cls(*json.loads(text))


@dataclass(frozen=True)
class Commit:
    """What a finished unit says of itself."""

    inputs: Mapping[str, Any]
    files: Mapping[str, Sequence[OutputFile]]
    """The unit's files by kind."""
    counts: Mapping[str, Any]


class Outputs:
    """Where a unit puts its files. Each appears under its name when it is whole, and is hashed on the way."""

    def __init__(self, job: Job, unit: Unit):
        self._folder = job.folder
        self._unit = unit
        self.files: dict[str, list[OutputFile]] = {}

    @contextmanager
    def create(self, kind: str, suffix: str, *, product: bool = False, part: int | None = None) -> Iterator["NewFile"]:
        """Yields a new file to write. Products go to `<kind>/`, what only later phases read to `work/<phase>/`."""
        name = f"{self._unit.phase}-{self._unit.ordinal:05d}" + ("" if part is None else f"-{part:05d}") + suffix
        folder = kind if product else f"work/{self._unit.phase}/{kind}"
        with self._file(kind, f"{folder}/{name}") as new:
            yield new

    @contextmanager
    def create_named(self, kind: str, name: str) -> Iterator["NewFile"]:
        """Yields a new product, `<kind>/<name>`; no other unit may write the same."""
        with self._file(kind, f"{kind}/{name}") as new:
            yield new

    @contextmanager
    def _file(self, kind: str, relative: str) -> Iterator["NewFile"]:
        with artifacts.written(artifacts.join(self._folder, relative)) as temporary:
            new = NewFile(temporary)
            yield new
            made = OutputFile(relative, temporary.stat().st_size, artifacts.sha256_of(temporary), new.rows)
        self.files.setdefault(kind, []).append(made)


@dataclass
class NewFile:
    """A file being written: its temporary path, and the rows that it will hold."""

    path: Path
    rows: int = 0


@dataclass(frozen=True)
class Phase:
    """A step of a job: how to plan its units and how to do one."""

    name: str
    plan: Callable[[Job], Sequence[Planned]]
    work: Callable[[Job, Unit, Outputs], Mapping[str, Any]]
    """Does one unit and returns its counts, JSON values."""
    settings: Callable[[Recipe], Any]
    """The part of the recipe that the work reads, as JSON values; another part can change and the units stay done."""


def plan_units(job: Job, phase: Phase) -> list[Unit]:
    """Plans a phase, writes the plan for the progress display, and returns all its units, done or not."""
    code = artifacts.code_version(phase.work.__module__)
    shared = artifacts.fingerprint_of(phase.name, phase.settings(job.recipe), code, job.libraries)
    units = [
        Unit(phase.name, ordinal, artifacts.fingerprint_of(shared, planned.inputs), planned.weight, planned.inputs)
        for ordinal, planned in enumerate(phase.plan(job))
    ]
    plan = {"keys": [unit.key for unit in units], "weights": [unit.weight for unit in units]}
    artifacts.write_json(plan_path(job, phase.name), plan)
    return units


def inputs_path(job: Job) -> str:
    """Where the job's resolved inputs are written for its workers: a file, not a part of the graph."""
    return artifacts.join(job.folder, "work", "inputs.json")


def plan_path(job: Job, phase: str) -> str:
    """Where the plan of a phase is written."""
    return artifacts.join(job.folder, "work", phase, "_plan.json")


def marker_path(job: Job, phase: str, ordinal: int) -> str:
    """Where the marker of a finished unit is written."""
    return artifacts.join(job.folder, "work", phase, "_done", f"{ordinal:05d}.json")


def _read_marker(job: Job, phase: str, ordinal: int, key: str) -> Commit | None:
    path = marker_path(job, phase, ordinal)
    if not artifacts.exists(path):
        return None
    marker = artifacts.read_json(path)
    if marker["key"] != key:
        return None
    files = {kind: [OutputFile(**file) for file in files] for kind, files in marker["files"].items()}
    paths = (artifacts.join(job.folder, file.path) for group in files.values() for file in group)
    if not all(artifacts.exists(path) for path in paths):
        return None
    return Commit(marker["inputs"], files, marker["counts"])


def do_unit(job: Job, phase: Phase, unit: Unit) -> Commit:
    """Does a unit unless it is done, and returns its commit. Faults of the disk are GristmillErrors."""
    earlier = _read_marker(job, unit.phase, unit.ordinal, unit.key)
    if earlier is not None:
        return earlier
    marker = marker_path(job, unit.phase, unit.ordinal)
    # A marker with another key must be gone before its files change, or a kill in between would leave it vouching
    # for files that are not its own.
    artifacts.remove(marker)
    outputs = Outputs(job, unit)
    try:
        counts = phase.work(job, unit, outputs)
        files = {kind: [file.to_json() for file in group] for kind, group in outputs.files.items()}
        done = {"key": unit.key, "inputs": unit.inputs, "files": files, "counts": counts}
        artifacts.write_json(marker, done)
    except OSError as error:
        raise GristmillError(f"{error.filename or job.folder}: {error.strerror or error}") from error
    return Commit(unit.inputs, outputs.files, counts)


def commits_of(job: Job, phase: str) -> list[Commit]:
    """The commits of a phase that this run has planned and done, in order."""
    commits = []
    for ordinal, key in enumerate(artifacts.read_json(plan_path(job, phase))["keys"]):
        commit = _read_marker(job, phase, ordinal, key)
        if commit is None:
            raise GristmillError(
                f"{marker_path(job, phase, ordinal)}: the unit is not done; run `make {job.name}` again"
            )
        commits.append(commit)
    return commits
