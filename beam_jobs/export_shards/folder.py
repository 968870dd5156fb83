"""The folder of an export: nothing of anybody else is overwritten in it, and nothing of an earlier export stays."""

import re

from stages import artifacts
from stages.artifacts import MANIFEST, STATE, Manifest, join
from stages.errors import GristmillError

NAME = "export-shards"
_LOCK = ".lock"
_TEMPORARY = re.compile(r"(.*/)?\..+\.[0-9a-f]{32}\.tmp")
"""How `stages.artifacts.written` calls what is not whole yet."""


def claim(folder: str, format_name: str, *, begin: bool = False) -> None:
    """Makes sure that a folder is empty or holds an export of this format, whole or not; `begin` marks it unfinished.

    Raises GristmillError if it holds anything else.
    """
    names = [name for name in artifacts.list_files(folder) if name != _LOCK]
    if names:
        holder = _holder(folder, names)
        if holder is None:
            raise GristmillError(f"{folder}: not empty ({names[0]}); name a new folder with TO=…")
        if holder != format_name:
            raise GristmillError(f"{folder}: holds an export for {holder}; name another folder with TO=…")
    if begin:
        artifacts.write_json(join(folder, STATE), {"job": NAME, "format": format_name})
        artifacts.remove(join(folder, MANIFEST))
        for name in names:
            if _TEMPORARY.fullmatch(name):
                artifacts.remove(join(folder, name))


def _holder(folder: str, names: list[str]) -> str | None:
    """The format of the export that is in a folder; None if there is none."""
    try:
        if MANIFEST in names:
            manifest = artifacts.read_manifest(folder, NAME)
            return str(manifest.facts["format"]) if manifest.job == NAME else None
        state = artifacts.read_json(join(folder, STATE)) if STATE in names else {}
    except (GristmillError, KeyError):
        return None
    return str(state["format"]) if isinstance(state, dict) and state.get("job") == NAME else None


def sweep(folder: str, manifest: Manifest, own_names: re.Pattern[str]) -> None:
    """Removes what an earlier export left under names of this format: a reader that takes all files would read them."""
    listed = {file.path for files in manifest.files.values() for file in files}
    for name in artifacts.list_files(folder):
        if own_names.fullmatch(name) and name not in listed:
            artifacts.remove(join(folder, name))
