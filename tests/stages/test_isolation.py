"""A function in another process: what breaks it costs one call."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stages import isolation
from stages.errors import GristmillError
from stages.isolation import CallFailedError, CallLostError, IsolatedFunction, Task

RECOVERY_SECONDS = 0.05


def task(function: str = "misbehave", cpu_seconds: float = 0.3) -> Task:
    return Task("tests.stages.hostile_functions", function, {"a": 1}, "first", cpu_seconds, 256 << 20)


@pytest.fixture(scope="module")
def function() -> Iterator[IsolatedFunction]:
    function = IsolatedFunction(task())
    function.start()
    yield function
    function.close()


def test_values_and_settings_go_there_and_back(function: IsolatedFunction) -> None:
    large = os.urandom(5 << 20)
    assert function(large) == (large, {"a": 1})
    assert function("process") != os.getpid()


@pytest.mark.parametrize(
    ("value", "cause", "detail"),
    [
        ("loop", "seconds", "more than 0.3 s"),
        ("exit", "crash", "exit status 9"),
        ("segfault", "crash", "SIGSEGV"),
        ("memory", "memory", "more than 256 MiB"),
    ],
)
def test_a_broken_call_is_lost_alone(function: IsolatedFunction, value: str, cause: str, detail: str) -> None:
    before = function("process")
    with pytest.raises(CallLostError) as lost:
        function(value)
    assert (lost.value.cause, lost.value.detail) == (cause, detail)
    assert function("next") == ("next", {"a": 1})
    assert function("process") != before


def test_a_call_that_only_waits_is_lost_too(function: IsolatedFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(isolation, "WALL_CLOCK_FACTOR", 2.0)
        with pytest.raises(CallLostError, match=r"seconds: more than 0\.3 s"):
            function("sleep")
    assert function("next") == ("next", {"a": 1})


def test_of_several_calls_only_the_broken_are_lost(function: IsolatedFunction) -> None:
    results = function.each(["a", "loop", "b", "memory", "raise", "exit", "c"])
    settings = {"a": 1}
    assert [results[index] for index in (0, 2, 6)] == [("a", settings), ("b", settings), ("c", settings)]
    assert [getattr(results[index], "cause", None) for index in (1, 3, 4, 5)] == ["seconds", "memory", None, "crash"]
    assert isinstance(results[4], CallFailedError)


def test_what_earlier_calls_left_behind_costs_no_call(function: IsolatedFunction) -> None:
    with pytest.raises(CallLostError):
        function("exit")
    assert function.each(["leak"] * 3) == [100 << 20] * 3
    assert [function("leak") for _ in range(3)] == [100 << 20] * 3


def test_a_kill_from_outside_is_no_fault_of_the_call(function: IsolatedFunction) -> None:
    with pytest.raises(GristmillError, match="was killed, perhaps for want of memory"):
        function("kill")
    assert function("next") == ("next", {"a": 1})


def test_a_limit_of_the_system_that_is_too_low_is_told() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        "from stages.isolation import IsolatedFunction, Task\n"
        "IsolatedFunction(Task('tests.stages.hostile_functions', 'misbehave', None, 0, 1.0, 1 << 30)).start()\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "the system allows 400 (ulimit -v): raise that limit" in result.stderr


def test_a_start_that_takes_too_long_kills_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "START_SECONDS", 0.01)
    monkeypatch.setattr(isolation, "CLOSE_SECONDS", 0.01)
    with pytest.raises(GristmillError, match="did not start"):
        IsolatedFunction(task()).start()


def test_each_call_has_the_whole_time(function: IsolatedFunction) -> None:
    assert len(function.each([0.2] * 4)) == 4


def test_the_next_call_waits_for_no_imports(function: IsolatedFunction) -> None:
    best = 60.0
    for _ in range(5):
        with pytest.raises(CallLostError):
            function("exit")
        started = time.perf_counter()
        function("next")
        best = min(best, time.perf_counter() - started)
    assert best < RECOVERY_SECONDS


def test_what_the_function_raises_is_raised_here(function: IsolatedFunction) -> None:
    process = function("process")
    with pytest.raises(CallFailedError, match="KeyError: 'no such thing'"):
        function("raise")
    assert function("process") == process


def test_threads_take_turns(function: IsolatedFunction) -> None:
    answers: dict[int, object] = {}

    def call(number: int) -> None:
        for _ in range(20):
            answers[number] = function(number)

    threads = [threading.Thread(target=call, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: (number, {"a": 1}) for number in range(4)}


def test_a_missing_package_is_named_at_the_start() -> None:
    function = IsolatedFunction(task("import_missing"))
    with pytest.raises(
        GristmillError, match="a package is missing or broken: No module named 'a_package_that_is_missing'"
    ):
        function("anything")


def test_what_a_user_must_mend_is_told_as_it_is() -> None:
    with pytest.raises(GristmillError, match=r"^corpus\.urls\.domains: x\.txt: no such file$"):
        IsolatedFunction(replace(task(), first_function="refuse_settings")).start()


def test_the_first_value_goes_to_the_function_that_loads(function: IsolatedFunction) -> None:
    loaded = IsolatedFunction(replace(task(), first_function="leak_once"))
    try:
        assert loaded("leak") == 100 << 20
        assert loaded("leaks") == 2
    finally:
        loaded.close()


def test_nothing_is_left_running_when_the_owner_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, time\n"
        "from stages.isolation import IsolatedFunction, Task\n"
        "function = IsolatedFunction(Task('tests.stages.hostile_functions', 'misbehave', None, 0, 1.0, 256 << 20))\n"
        "print(function('process'), function._process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        processes = [int(number) for number in owner.stdout.readline().split()]
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(is_running(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(is_running(process) for process in processes)


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie that waits for a parent to ask after it."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
