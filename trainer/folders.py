"""Folders that are there whole or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from stages.errors import GristmillError

TEMPORARY = ".tmp-"


@contextmanager
def written_folder(target: Path) -> Iterator[Path]:
    """Yields a new folder to fill; when the block ends well, it is synced and takes the place of `target`.

    A failed write, as on a full disk, is a GristmillError, and nothing of the folder stays.
    """
    temporary = target.with_name(f"{TEMPORARY}{target.name}-{uuid.uuid4().hex}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        for path in (*temporary.iterdir(), temporary):
            _sync(path)
        _replace(temporary, target)
    except (OSError, SafetensorError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise GristmillError(f"{target}: cannot be written: {reason}; make room and run the same command") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(parent: Path) -> None:
    """Removes what killed runs left of unfinished folders."""
    for path in parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(path)


def _replace(temporary: Path, target: Path) -> None:
    if target.exists():
        # Two renames: a kill between them leaves no folder of this name, never half of one.
        old = target.with_name(f"{TEMPORARY}{target.name}-old-{uuid.uuid4().hex}")
        target.rename(old)
        temporary.rename(target)
        shutil.rmtree(old)
    else:
        temporary.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
