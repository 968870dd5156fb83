"""The process behind `stages.isolation`: a template that imports once, and forks a child to take the calls.

Started as `python -m stages.isolated_process DESCRIPTOR`, with one end of a socket pair. Over it come the task, once,
and then, for each child, its process id with the descriptor of a connection to it, and how it ended.
"""

import gc
import importlib
import os
import pickle
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from stages.errors import GristmillError, broken_installation
from stages.isolation import FOR_THE_USER, OUT_OF_MEMORY, CallFailedError, Task

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Serves until the other side closes its end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; ours ends us
    control = socket.socket(fileno=int(sys.argv[1]))
    with control.makefile("rb", buffering=0) as stream:
        size = int.from_bytes(stream.read(8), "little")
        message = bytearray()
        while len(message) < size:
            message += stream.read(size - len(message))
    task: Task = pickle.loads(bytes(message))
    try:
        module = importlib.import_module(task.module)
        function = getattr(module, task.function)
        getattr(module, task.first_function or task.function)(task.first_value, task.settings)
    except Exception as error:
        control.sendall(_described(error).encode())
        return
    if problem := _limit_problem(task):
        control.sendall(problem.encode())
        return
    gc.collect()
    gc.freeze()  # a collection in the child would touch, and so copy, every page of memory
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while _serve_with_a_child(control, task, function):
        pass


def _described(error: Exception) -> str:
    if isinstance(error, GristmillError):
        return FOR_THE_USER + str(error)
    if isinstance(error, ImportError):
        return broken_installation(error)
    message = " ".join(str(error).split())
    if isinstance(error, OSError):
        return f"{error.filename or tempfile.gettempdir()}: {error.strerror or message}"
    return f"{type(error).__name__}: {message}"


def _limit_problem(task: Task) -> str:
    """What to say where the system allows less memory than a call may take; nothing where it allows enough."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    needed = _address_space() + task.memory_bytes
    if hard == resource.RLIM_INFINITY or hard >= needed:
        return ""
    return (
        f"it needs {needed >> 20} MiB of address space and the system allows {hard >> 20} (ulimit -v): raise that "
        "limit, or lower corpus.isolation.memory_megabytes"
    )


def _serve_with_a_child(control: socket.socket, task: Task, function: Callable[[Any, Any], Any]) -> bool:
    """Forks a child, hands it over, and waits for its end; False when the other side is gone."""
    theirs, ours = socket.socketpair()
    child = os.fork()
    if child == 0:
        control.close()
        theirs.close()
        _take_calls(Connection(ours.detach()), task, function)
    ours.close()
    try:
        socket.send_fds(control, [child.to_bytes(4, "little")], [theirs.fileno()])
        theirs.close()
        _, status = os.waitpid(child, 0)
        control.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "little", signed=True))
    except OSError:
        return False
    return True


def _take_calls(calls: Connection, task: Task, function: Callable[[Any, Any], Any]) -> None:
    """Answers calls until the other side hangs up; never returns."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + task.memory_bytes, hard))
    while True:
        try:
            values = calls.recv()
            calls.send([_result(function, value, task) for value in values])
        except MemoryError:
            os._exit(OUT_OF_MEMORY)  # what was left half done is not to be trusted
        except (EOFError, OSError):
            os._exit(0)


def _result(function: Callable[[Any, Any], Any], value: Any, task: Task) -> Any:
    """The function's result or what it raised; the process ends by SIGPROF when its time is used up."""
    signal.setitimer(signal.ITIMER_PROF, task.cpu_seconds)
    try:
        return function(value, task.settings)
    except MemoryError:
        raise
    except Exception as error:
        return CallFailedError(f"{type(error).__name__}: {error}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _address_space() -> int:
    """The bytes of address space of this process; 0 where the system does not tell."""
    sizes = Path("/proc/self/statm")
    return int(sizes.read_text().split()[0]) * PAGE_BYTES if sizes.exists() else 1 << 40


if __name__ == "__main__":
    main()
