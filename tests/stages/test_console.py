"""What a command says and when it says nothing; processes of a pool that end with the one that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stages.console import muted, say, show_table

POOL = """
import os, time
from stages.console import worker_pool

def work():
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    worker_pool(1).submit(work).result()
"""


def test_nothing_is_printed_while_muted(capsys: pytest.CaptureFixture[str]) -> None:
    say("before")
    with muted(), muted():
        say("inside")
        show_table("inside", ("a",), [(1,)])
    say("after")
    assert capsys.readouterr().out == "before\nafter\n"


def test_an_error_ends_the_silence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), muted():
        raise KeyboardInterrupt
    say("after")
    assert capsys.readouterr().out == "after\n"


def test_no_cell_is_cut_off_where_there_is_no_screen(capsys: pytest.CaptureFixture[str]) -> None:
    cells = tuple(f"a number of {place} words" for place in range(9))
    show_table("wide", tuple("abcdefghi"), [cells])
    printed = capsys.readouterr().out
    assert all(cell in printed for cell in cells[:-1])
    assert "…" not in printed


def test_brackets_in_a_table_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("brackets", ("what", "how many"), [("[MASK] [/]", 1_000)])
    assert "[MASK] [/]     1,000" in capsys.readouterr().out


def test_a_pool_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        if not _runs(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child goes on without its parent")


def _runs(process: int) -> bool:
    """Whether a process is there and no mere entry in the table."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
