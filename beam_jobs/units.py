"""Units of work: how a job is cut, committed and resumed. Knows no Beam.

A job is a list of phases. A phase plans units from what the phase before it committed; a unit reads its range, writes
its files and then one marker, `work/<phase>/_done/<ordinal>.json`, with counts and hashes. The marker carries the
unit's key, a hash of everything that decides its output: inputs, settings, code, library versions. A unit whose marker
has its key is done, so a run that was ended anywhere goes on with what is missing, and doing a unit twice writes the
same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stages import artifacts
from stages.artifacts import OutputFile
from stages.errors import GristmillError
from stages.recipe import Recipe

Item = TypeVar("Item")


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
        if not relative.startswith("work/"):
            # A product changes: without a manifest none are taken for whole before the end.
            artifacts.remove(artifacts.join(self._folder, artifacts.MANIFEST))
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


@dataclass(frozen=True)
class Rounds:
    """Phases that are repeated until they are over, which only their results tell: the command decides, not the graph.

    A phase whose plan calls `rounds_done` waits for them, and so do all that come after it.
    """

    name: str
    phases: Callable[[int], Sequence[Phase]]
    """The phases of a round, counted from 0."""
    is_over: Callable[[Job, int], bool]
    """Whether the results of a round say that it was the last."""


class Waiting(Exception):  # noqa: N818 - no error
    """Raised by a plan: the phase cannot begin before some rounds are over. Its argument is their name."""


def plan_units(job: Job, phase: Phase) -> list[Unit]:
    """Plans a phase, writes the plan for the progress display, and returns all its units, done or not.

    There is none while the phase waits for rounds.
    """
    code = artifacts.code_version(phase.work.__module__)
    shared = artifacts.fingerprint_of(phase.name, phase.settings(job.recipe), code, job.libraries)
    try:
        every = phase.plan(job)
    except Waiting as waiting:
        artifacts.write_json(plan_path(job, phase.name), {"keys": [], "weights": [], "waiting": str(waiting)})
        return []
    units = [
        Unit(phase.name, ordinal, artifacts.fingerprint_of(shared, planned.inputs), planned.weight, planned.inputs)
        for ordinal, planned in enumerate(every)
    ]
    plan = {"keys": [unit.key for unit in units], "weights": [unit.weight for unit in units]}
    artifacts.write_json(plan_path(job, phase.name), plan)
    return units


def waits_for(job: Job, phase: str) -> str | None:
    """The name of the rounds that a planned phase waits for."""
    name = artifacts.read_json(plan_path(job, phase)).get("waiting")
    return None if name is None else str(name)


def rounds_done(job: Job, name: str) -> int:
    """How many rounds there were until they were over; raises Waiting before that."""
    path = _rounds_path(job, name)
    if not artifacts.exists(path):
        raise Waiting(name)
    return int(artifacts.read_json(path)["rounds"])


def end_rounds(job: Job, name: str, rounds: int) -> None:
    """Records that rounds are over."""
    artifacts.write_json(_rounds_path(job, name), {"rounds": rounds})


def begin_rounds(job: Job, name: str) -> None:
    """Forgets that rounds were over; what their units did stays done."""
    artifacts.remove(_rounds_path(job, name))


def _rounds_path(job: Job, name: str) -> str:
    return artifacts.join(job.folder, "work", name, "_rounds.json")


def files_of(commits: Iterable[Commit], kind: str) -> list[dict[str, Any]]:
    """The one file of a kind that each commit has, as JSON values."""
    return [commit.files[kind][0].to_json() for commit in commits]


def in_groups(items: Iterable[Item], size: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """Yields consecutive items in groups of a size of `most` in all, or of one item that is larger."""
    group: list[Item] = []
    total = 0
    for item in items:
        if group and total + size(item) > most:
            yield group
            group, total = [], 0
        group.append(item)
        total += size(item)
    if group:
        yield group


def share(job: Job, phase: str, name: str, value: Any) -> dict[str, str]:
    """Writes JSON values that all units of a phase read, once for all; what is returned goes into their inputs."""
    path = f"work/{phase}/_{name}.json"
    artifacts.write_json(artifacts.join(job.folder, path), value)
    return {"path": path, "fingerprint": artifacts.fingerprint_of(value)}


def shared(job: Job, reference: Mapping[str, str]) -> Any:
    """The values that `share` wrote."""
    return artifacts.read_json(artifacts.join(job.folder, reference["path"]))


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
    """The commits of a phase that this run has planned and done, in order; raises Waiting if it waits for rounds."""
    commits = []
    plan = artifacts.read_json(plan_path(job, phase))
    if "waiting" in plan:
        raise Waiting(plan["waiting"])
    for ordinal, key in enumerate(plan["keys"]):
        commit = _read_marker(job, phase, ordinal, key)
        if commit is None:
            raise GristmillError(
                f"{marker_path(job, phase, ordinal)}: the unit is not done; run `make {job.name}` again"
            )
        commits.append(commit)
    return commits
