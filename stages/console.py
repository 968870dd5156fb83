"""How every command speaks to a person: tables, notes, live bars and errors in one line."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from types import FrameType
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from stages.errors import GristmillError, broken_installation

console = Console(highlight=False, soft_wrap=True)

WIDEST_TABLE = 400
"""Characters."""
GOES_ON = "what is done is kept, the same command goes on from here"


def say(text: str) -> None:
    """Prints a line."""
    console.print(text, markup=False)


@contextmanager
def muted() -> Iterator[None]:
    """Nothing is printed inside: for a command whose steps are other commands that have much to say."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def show_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table; columns of numbers are aligned to the right, a last column of text is wrapped."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    for position, name in enumerate(header):
        text = any(not _is_number(row[position]) for row in rows)
        wrapped = text and position == len(header) - 1
        widest = max(cell_len(one) for one in (name, *(row[position] for row in cells)))
        justify: Literal["left", "right"] = "left" if text else "right"
        table.add_column(name, justify=justify, no_wrap=not wrapped, min_width=None if wrapped else widest)
    for row in cells:
        table.add_row(*map(Text, row))  # brackets in them are no markup
    # Numbers are not cut off where the screen is narrow, or where there is none: lines are longer then.
    least = console.measure(table, options=console.options.update(width=WIDEST_TABLE)).minimum
    wide = Console(highlight=False, soft_wrap=True, width=least, file=console.file, quiet=console.quiet)
    (wide if least > console.width else console).print(table)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or str(cell)[:1].isdigit()


def progress_bars() -> Progress:
    """Live bars with a rate column (the task field `rate`, any text) and the time left; silent where nobody looks."""
    return Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(bar_width=28),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def run_command(main: Callable[[Sequence[str]], None]) -> None:
    """Runs a command's main on the process arguments and leaves the process with the right status.

    0 on success, 1 with one line on standard error for a GristmillError, a failed read or write or a missing package,
    130 on Ctrl-C and 143 when asked to end (SIGTERM).
    """
    signal.signal(signal.SIGTERM, _terminate)
    try:
        main(sys.argv[1:])
    except GristmillError as error:
        _leave(f"error: {error}", 1)
    except OSError as error:
        _leave(f"error: {error.filename or 'input or output'}: {error.strerror or error}", 1)
    except ImportError as error:
        _leave(f"error: {broken_installation(error)}", 1)
    except KeyboardInterrupt:
        _leave(f"interrupted: {GOES_ON}", 130)
    except _Terminated:
        _leave(f"terminated: {GOES_ON}", 143)


def worker_pool(workers: int) -> Executor:
    """Processes of Python's own pool, each new and tied to this one, as `follow_parent` does."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # This process may leave without tidying up, as on Ctrl-C: nothing stays, but Python would say what did.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    return ProcessPoolExecutor(workers, get_context("spawn"), follow_parent)


def follow_parent() -> None:
    """Ties a process of a pool to the one that started it: Ctrl-C is the parent's, and both end together."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, name="follow parent", daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class _Terminated(BaseException):
    """SIGTERM, as KeyboardInterrupt is SIGINT."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _leave(message: str, status: int) -> None:
    sys.stdout.flush()
    print(message, file=sys.stderr, flush=True)
    # Worker threads of a runner may still wait for work that will never come: do not join them.
    os._exit(status)
