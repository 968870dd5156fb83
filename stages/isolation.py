"""A function in a process of its own: a call that hangs, crashes or exhausts memory costs only itself.

The process is a template that has imported and warmed up everything (`stages.isolated_process`); each time it forks a
child that takes the calls, and the moment that one ends it forks the next. So a lost call costs some milliseconds, not
the seconds that imports take. The template is started by exec, never by fork: this process may run threads.

Time is the child's own processor time, so that a busy machine does not change which pages a corpus has.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from stages.errors import GristmillError

START_SECONDS = 120.0
"""What the imports and the first call may take on a busy machine with a cold disk."""
CLOSE_SECONDS = 2.0
WALL_CLOCK_FACTOR = 10.0
"""A child that neither computes nor answers, say for want of a processor, is given this multiple of its time."""
OUT_OF_MEMORY = 77
"""The exit status of a child that had a MemoryError."""
FOR_THE_USER = "\0"
"""Marks a problem that says itself what to do."""
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""A process with threads cannot be forked safely."""


@dataclass(frozen=True)
class Task:
    """What the process does, sent to it once as it starts."""

    module: str
    function: str
    """Takes the value of a call and `settings`."""
    settings: Any
    first_value: Any
    """Done once before any call, so that whatever is loaded lazily is loaded before the forks."""
    cpu_seconds: float
    memory_bytes: int
    first_function: str = ""
    """The function of the module that does the first value; empty: `function`."""


class CallLostError(Exception):
    """The call had no result; `cause` is `seconds`, `memory` or `crash`."""

    def __init__(self, cause: str, detail: str):
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


class CallFailedError(Exception):
    """The function raised; the message is the name and the message of what it raised."""


class IsolatedFunction:
    """Calls a function in another process. One instance serves any number of threads, which take turns."""

    def __init__(self, task: Task):
        self._task = task
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._calls: Connection | None = None
        self._child = 0
        self._is_fresh = False
        """Whether the child has taken no call yet."""

    def start(self) -> None:
        """Starts the process and waits until it is ready; GristmillError if a package that it needs is broken."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stages.isolated_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        ours.settimeout(START_SECONDS)
        self._control = ours
        message = pickle.dumps(self._task)
        ours.sendall(len(message).to_bytes(8, "little") + message)
        self._next_child()

    def __call__(self, value: Any) -> Any:
        """The function's result; CallLostError if there is none, CallFailedError if the function raised."""
        (result,) = self.each([value])
        if isinstance(result, Exception):
            raise result
        return result

    def each(self, values: Sequence[Any]) -> list[Any]:
        """The function's results, sent and fetched together; in the place of each that has none, its exception.

        A trip there and back costs 0.1 ms and cold caches. If one of the calls is lost, they are repeated singly. A
        call counts as lost only if it was the first of its child, so that no other has a part in it.
        """
        with self._lock:
            self.start()
            results = self._together(values)
            if not isinstance(results, CallLostError):
                return results
            return [self._alone(value) for value in values]

    def _alone(self, value: Any) -> Any:
        was_fresh = self._is_fresh
        results = self._together([value])
        if isinstance(results, CallLostError) and not was_fresh:
            results = self._together([value])
        if not isinstance(results, CallLostError):
            return results[0]
        if results.detail == signal.SIGKILL.name:
            raise GristmillError(
                f"the process for {self._task.module} was killed, perhaps for want of memory: run the same command "
                "again to go on, with fewer WORKERS"
            )
        return results

    def _together(self, values: Sequence[Any]) -> list[Any] | CallLostError:
        assert self._calls is not None
        self._is_fresh = False
        try:
            self._calls.send(values)
            if not self._calls.poll(WALL_CLOCK_FACTOR * self._task.cpu_seconds * len(values)):
                self._kill_child()
                return self._lost(timed_out=True)
            results: list[Any] = self._calls.recv()
        except (EOFError, ConnectionError):
            return self._lost()
        return results

    def _kill_child(self) -> None:
        if self._child:  # to process 0 a signal would mean all processes of our group
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)

    def close(self) -> None:
        """Ends the process."""
        for end in (self._calls, self._control):
            if end is not None:
                end.close()
        if self._process is not None:
            try:
                self._process.wait(CLOSE_SECONDS)  # it ends by itself, the child with it
            except subprocess.TimeoutExpired:
                self._kill_child()
                self._process.kill()
                self._process.wait()
        self._calls = self._control = self._process = None
        self._child = 0

    def _lost(self, *, timed_out: bool = False) -> CallLostError:
        """Why the child ended; the next one is taken into service."""
        status = int.from_bytes(self._receive(4), "little", signed=True)
        self._child = 0
        self._next_child()
        if status == OUT_OF_MEMORY:
            return CallLostError("memory", f"more than {self._task.memory_bytes >> 20} MiB")
        if timed_out or status == -signal.SIGPROF:
            return CallLostError("seconds", f"more than {self._task.cpu_seconds:g} s")
        return CallLostError("crash", signal.Signals(-status).name if status < 0 else f"exit status {status}")

    def _next_child(self) -> None:
        """Takes over the connection to the next child: its process id, and a descriptor beside it."""
        assert self._control is not None
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, 4, 1)
        except OSError as error:
            self.close()
            raise GristmillError(f"the process for {self._task.module} did not start: {error}") from error
        if self._calls is not None:
            self._calls.close()
        if not descriptors:
            problem = self._problem(message)
            self.close()
            raise GristmillError(problem)
        self._child = int.from_bytes(message, "little")
        self._calls = Connection(descriptors[0])
        self._is_fresh = True

    def _problem(self, start: bytes) -> str:
        """What the process says of why it cannot work, sent in the place of a child."""
        assert self._control is not None
        text = start
        while part := self._control.recv(4096):
            text += part
        said = text.decode("utf-8", "replace") or "it ended without a word"
        if said.startswith(FOR_THE_USER):
            return said.removeprefix(FOR_THE_USER)
        return f"{self._task.module} does not work here: {said}"

    def _receive(self, count: int) -> bytes:
        assert self._control is not None
        data = b""
        while len(data) < count:
            try:
                part = self._control.recv(count - len(data))
            except OSError:
                part = b""
            if not part:
                self.close()
                raise GristmillError(f"the process for {self._task.module} ended: run the same command again to go on")
            data += part
        return data
