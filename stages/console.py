"""How every command speaks to a person: tables, notes, live bars and errors in one line."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from stages.errors import GristmillError, broken_installation

console = Console(highlight=False, soft_wrap=True)

GOES_ON = "what is done is kept, the same command goes on from here"


def say(text: str) -> None:
    """Prints a line."""
    console.print(text, markup=False)


def show_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table; columns of numbers are aligned to the right, a last column of text is wrapped."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for position, name in enumerate(header):
        text = any(not _is_number(row[position]) for row in rows)
        wrapped = text and position == len(header) - 1
        table.add_column(name, justify="left" if text else "right", no_wrap=not wrapped)
    for row in rows:
        table.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    console.print(table)


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


class _Terminated(BaseException):
    """SIGTERM, as KeyboardInterrupt is SIGINT."""


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _leave(message: str, status: int) -> None:
    sys.stdout.flush()
    print(message, file=sys.stderr, flush=True)
    # Worker threads of a runner may still wait for work that will never come: do not join them.
    os._exit(status)
