"""Functions for the tests of isolation: good for most values, and breaking their process for some."""

import ctypes
import importlib
import os
import signal
import time
from typing import Any

from stages.errors import GristmillError

LEAKED: list[str] = []


def misbehave(value: Any, settings: Any) -> Any:
    if value == "loop":
        while True:
            pass
    if isinstance(value, float):
        stop = time.process_time() + value
        while time.process_time() < stop:
            pass
    if value == "sleep":
        time.sleep(60)
    if value == "exit":
        os._exit(9)
    if value == "segfault":
        ctypes.string_at(0)
    if value == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if value == "memory":
        return len(b"x" * (1 << 32))
    if value == "leak":
        LEAKED.append("x" * (100 << 20))
        return len(LEAKED[-1])
    if value == "leaks":
        return len(LEAKED)
    if value == "raise":
        raise KeyError("no such thing")
    if value == "process":
        return os.getpid()
    return value, settings


def import_missing(value: Any, settings: Any) -> Any:
    return importlib.import_module("a_package_that_is_missing")


def refuse_settings(value: Any, settings: Any) -> Any:
    raise GristmillError("corpus.urls.domains: x.txt: no such file")


def leak_once(value: Any, settings: Any) -> Any:
    LEAKED.append("x")
