"""What a command costs: its processor time with that of all processes under it, its wall-clock time, its memory."""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.25


@dataclass(frozen=True)
class Cost:
    """Seconds of processor and of wall-clock time, and the largest memory of one worker in MB."""

    cpu: float
    wall: float
    worker_megabytes: float
    output: str


def run(command: Sequence[str], worker: str = "") -> Cost:
    """Runs a command to its end.

    A worker is a process whose command line contains `worker`; its memory is the proportional share (PSS) of itself and
    of the processes under it. Without a name, the command itself is the worker.
    """
    before, started = _used(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watch = _Watch(process.pid, worker)
        watch.start()
        output = process.stdout.read() if process.stdout else ""
    watch.stop.set()
    watch.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return Cost(_used() - before, time.perf_counter() - started, watch.peak / 1e6, output)


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Watch(threading.Thread):
    """Looks at the memory of the workers until it is told to stop."""

    def __init__(self, root: int, worker: str):
        super().__init__(daemon=True)
        self._root, self._worker = root, worker
        self.stop = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self.stop.wait(SECONDS_BETWEEN_LOOKS):
            children = _children()
            for process in _below(self._root, children):
                if not self._worker or self._worker in _command_line(process):
                    self.peak = max(self.peak, sum(map(_memory, _below(process, children))))
                if not self._worker:
                    break


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            found.setdefault(parent, []).append(int(folder.name))
    return found


def _below(process: int, children: dict[int, list[int]]) -> list[int]:
    found = [process]
    for child in children.get(process, []):
        found += _below(child, children)
    return found


def _command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _memory(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def machine() -> str:
    """The processor and how many of its threads this machine has."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{name}, {os.cpu_count()} virtual cores"
