"""How fast one host is asked: at most so many requests a second over all processes of this machine and user.

A small file for each host holds the time of the next free slot. A request takes that slot under a file lock, which the
system frees when a process is killed, moves the slot on and sleeps until its own has come.
"""

import os
import tempfile
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import filelock

LONGEST_QUEUE = 256
"""Slots that may lie ahead. More are no queue of ours but a clock that was set back: the count starts anew."""

LOCK_SECONDS = 10.0
"""A lock is held for well under a millisecond; who cannot get it for so long goes on without."""


def wait_for_slot(url: str, requests_per_second: float) -> None:
    """Returns when the host of `url` may be asked again; never later than LONGEST_QUEUE slots and LOCK_SECONDS."""
    interval = 1 / requests_per_second
    try:
        pause = _reserve(_slot_file(url), interval)
    except filelock.Timeout:
        pause = interval
    if pause > 0:
        time.sleep(pause)


def _reserve(slot_file: Path, interval: float) -> float:
    """Takes the next slot; returns the seconds until it comes."""
    with filelock.FileLock(slot_file.with_suffix(".lock"), timeout=LOCK_SECONDS, poll_interval=0.005):
        now = time.time()
        slot = max(now, _next_slot(slot_file))
        if slot > now + LONGEST_QUEUE * interval:
            slot = now
        slot_file.write_text(repr(slot + interval))
    return slot - now


def _next_slot(slot_file: Path) -> float:
    try:
        slot = float(slot_file.read_text())
    except (FileNotFoundError, ValueError):
        return 0.0
    return slot if slot == slot else 0.0  # a file cut off by a full disk may read as anything, even NaN


def _slot_file(url: str) -> Path:
    folder = Path(tempfile.gettempdir()) / f"gristmill-requests-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{quote(urlsplit(url).netloc.lower(), safe='')}.slot"
