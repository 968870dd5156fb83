"""Web pages where there is no apt: Python's own documentation, as its `pydoc` server would show it.

The modules of the standard library and the topics of the language reference: a few hundred pages, in English. They are
rendered in child processes with an empty environment, since rendering a module imports it and shows what is in it.
"""

import html
import pkgutil
import platform
import pydoc
import subprocess
import sys
import tempfile
from calendar import timegm
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from pydoc_data.topics import topics
from time import strptime

from beam_jobs.sample import documentation_pages
from beam_jobs.sample.warc_writer import Page, page_address

PACKAGE = "python"
VERSION = platform.python_version()
LICENCE = "PSF-2.0"
# These open windows or browsers, print, wait for a terminal, show this machine's paths or say nothing.
LEFT_OUT = frozenset(
    (
        *("antigravity", "this", "idlelib", "lib2to3", "test", "tkinter", "turtle", "turtledemo", "pydoc_data"),
        *("site", "sys", "sysconfig", "ensurepip", "distutils", "encodings.*"),
    )
)
LEFT_OUT_PARTS = frozenset(("__main__", "tests", "test", "idle_test"))
BATCH_MODULES = 24
BATCH_SECONDS = 60.0


def standard_modules() -> list[str]:
    """The public modules of the standard library that are installed, but for those that are left out."""
    names: list[str] = []
    for name in sorted(sys.stdlib_module_names - LEFT_OUT):
        spec = None if name.startswith("_") else find_spec(name)
        if spec:
            names.append(name)
            names.extend(_submodules(name, spec.submodule_search_locations or ()))
    return names


def _submodules(package: str, folders: Sequence[str]) -> Iterator[str]:
    for module in sorted(pkgutil.iter_modules(folders), key=lambda module: module.name):
        name = f"{package}.{module.name}"
        if module.name.startswith("_") or module.name in LEFT_OUT_PARTS or f"{package}.*" in LEFT_OUT:
            continue
        yield name
        if module.ispkg:
            yield from _submodules(name, [str(Path(folder, module.name)) for folder in folders])


def read_documentation(modules: Sequence[str], takes: Callable[[str], bool]) -> Iterator[Page]:
    """The pages of these modules and of all topics; a module that cannot be rendered here has none."""
    host = f"{PACKAGE}.pydoc.invalid"
    # The date of the interpreter: its documentation has no other.
    modified = timegm(strptime(platform.python_build()[1], "%b %d %Y %H:%M:%S"))
    taken = [name for name in modules if takes(page_address(host, f"{name}.html"))]
    for start in range(0, len(taken), BATCH_MODULES):
        for name, body in _render(taken[start : start + BATCH_MODULES]):
            yield Page(host, f"{name}.html", VERSION, modified, body)
    for name, text in sorted(topics.items()):
        path = f"topics/{name}.html"
        if takes(page_address(host, path)):
            yield Page(host, path, VERSION, modified, _topic_page(name, text))


def _render(modules: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="gristmill-pydoc-") as folder:
        # Neither the user's packages nor the current folder, and an order of sets that is the same every time.
        command = [sys.executable, "-s", "-S", "-P", documentation_pages.__file__, folder, *modules]
        environment = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
        silent = subprocess.DEVNULL
        # When the time is up, what was rendered until then is there.
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, cwd=folder, env=environment, stdin=silent, stdout=silent, stderr=silent, timeout=BATCH_SECONDS
            )
        for name in modules:
            path = Path(folder, f"{name}.html")
            if path.is_file():
                yield name, path.read_bytes()


def _topic_page(name: str, text: str) -> bytes:
    return pydoc.HTMLDoc().page(name, f"<pre>{html.escape(text)}</pre>").encode()
