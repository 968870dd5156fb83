"""A variant's folder begins as a copy of the base's, made of links, so that what both have in common is done once.

Units of work carry keys of all that decides their output, so a job finds in the copy which of them are done. Files are
put in place by a rename, never written in place, so what a variant changes stays as it is in the base.
"""

import os
import shutil
import uuid
from pathlib import Path

from stages import artifacts

ORIGIN = "_copied_from.json"
"""What the copied jobs were when they were copied."""
JOBS = ("corpus", "tokenizer")
TEMPORARY = ".tmp-"


def link_from(base: Path, target: Path) -> None:
    """Makes `target` a copy of the finished jobs in `base`, unless it is one, made of the same results.

    A copy of other results is replaced. It is there whole or not at all.
    """
    origin = {job: artifacts.read_json(str(base / job / artifacts.STATE)) for job in JOBS}
    if (target / ORIGIN).is_file() and artifacts.read_json(str(target / ORIGIN)) == origin:
        return
    temporary = target.with_name(f"{TEMPORARY}{target.name}-{uuid.uuid4().hex}")
    for job in JOBS:
        _link_files(base / job, temporary / job)
    artifacts.write_json(str(temporary / ORIGIN), origin)
    remove_folder(target)
    temporary.rename(target)


def _link_files(source: Path, target: Path) -> None:
    for name in artifacts.list_files(str(source)):
        # Links to one lock would be one lock.
        if Path(name).name != ".lock":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(source / name, target / name)


def remove_folder(folder: Path) -> None:
    """Removes a folder if it is there: renamed first, so that a kill leaves nothing that looks whole."""
    if folder.exists():
        old = folder.with_name(f"{TEMPORARY}{folder.name}-{uuid.uuid4().hex}")
        folder.rename(old)
        shutil.rmtree(old)


def remove_leftovers(parent: Path) -> None:
    """Removes what killed runs left of unfinished or removed folders."""
    for path in parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(path)
