"""Live bars for a running job, one for each phase, read from the markers that its units leave behind.

Engine-independent: it looks at files, so that it shows the same on a laptop, on Dataflow and after a resume.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType

from rich.progress import Progress, TaskID

from beam_jobs.units import Job, marker_path, plan_path
from stages import artifacts
from stages.console import console, progress_bars, say
from stages.errors import GristmillError

SECONDS_BETWEEN_LOOKS = 0.5


@dataclass
class _PhaseProgress:
    name: str
    task: TaskID
    keys: list[str] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    waits: bool = False
    """For rounds, whose phases have bars of their own; it will have its own turn."""
    resumed: int = 0
    """Weight that was done before this run looked for the first time."""
    started: float = 0.0

    @property
    def done(self) -> int:
        return sum(self.weights) - sum(self.weights[ordinal] for ordinal in self.pending)


class JobProgress:
    """A context in which the phases of a job are watched; on leaving it, each finished phase has had its line."""

    def __init__(self, job: Job, phases: Sequence[str]):
        self._job = job
        self._bars: Progress = progress_bars()
        self._phases = [
            _PhaseProgress(name, self._bars.add_task(name, total=None, start=False, visible=number == 0, rate=""))
            for number, name in enumerate(phases)
        ]
        self._current = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def __enter__(self) -> "JobProgress":
        for phase in self._phases:
            artifacts.remove(plan_path(self._job, phase.name))
        self._bars.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if kind is None:
            self._look()
        self._bars.stop()

    def _watch(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN_LOOKS):
            self._look()

    def _look(self) -> None:
        while self._current < len(self._phases) and self._look_at(self._phases[self._current]):
            self._current += 1

    def _look_at(self, phase: _PhaseProgress) -> bool:
        """Updates one bar; true when the phase is done."""
        if not phase.keys and not self._begin(phase):
            return False
        if phase.waits:
            return True
        phase.pending -= self._done(phase)
        seconds = max(time.time() - phase.started, 1e-3)
        rate = (phase.done - phase.resumed) / seconds / 1e6
        total = sum(phase.weights)
        self._bars.update(phase.task, completed=phase.done or 0, total=max(total, 1), rate=f"{rate:6.2f} MB/s")
        if phase.pending:
            return False
        self._bars.update(phase.task, completed=max(total, 1), total=max(total, 1))
        if phase.keys and not console.is_terminal:
            say(f"{self._job.name}: {phase.name}: {len(phase.keys)} units, {total / 1e6:.1f} MB, {seconds:.1f} s")
        return True

    def _begin(self, phase: _PhaseProgress) -> bool:
        try:
            plan = artifacts.read_json(plan_path(self._job, phase.name))
        except GristmillError:
            return False
        phase.keys, phase.weights, phase.waits = plan["keys"], plan["weights"], "waiting" in plan
        if phase.waits:
            return True
        phase.pending = set(range(len(phase.keys)))
        phase.pending -= self._done(phase)
        phase.resumed = phase.done
        phase.started = time.time()
        self._bars.update(phase.task, visible=bool(phase.keys))
        self._bars.start_task(phase.task)
        return True

    def _done(self, phase: _PhaseProgress) -> set[int]:
        """The pending units whose markers are there and have the keys of this run's plan."""
        markers = set(artifacts.list_files(artifacts.join(self._job.folder, "work", phase.name, "_done")))
        paths = {ordinal: marker_path(self._job, phase.name, ordinal) for ordinal in phase.pending}
        there = [ordinal for ordinal, path in paths.items() if path.rsplit("/", 1)[-1] in markers]
        return {ordinal for ordinal in there if self._has_key(paths[ordinal], phase.keys[ordinal])}

    def _has_key(self, path: str, key: str) -> bool:
        try:
            return bool(artifacts.read_json(path)["key"] == key)
        except GristmillError:  # removed since, to be made anew
            return False
