"""What a run wrote, in forms that tests can compare."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from beam_jobs.report import command as report
from stages.artifacts import list_files, sha256_of

NOT_RESULTS = ("_state.json", ".lock", "inputs.json")
"""Times of change of the inputs are in them; nothing else depends on those."""


def hashes(folder: Path) -> dict[str, str]:
    """The hash of every result below a job's folder, without its work files."""
    names = [name for name in list_files(str(folder)) if not name.startswith("work/") and name not in NOT_RESULTS]
    return {name: sha256_of(folder / name) for name in names}


def manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a job."""
    return json.loads((folder / "manifest.json").read_text())  # type: ignore[no-any-return]


def page_of(output: Path) -> bytes:
    """The report on an output folder, made anew."""
    report.main(["--recipe", str(output.with_suffix(".toml"))])
    return (output / "report" / "report.html").read_bytes()


def rows(folder: Path, kind: str) -> list[dict[str, Any]]:
    """All rows of a job's Parquet files of one kind, through its manifest."""
    paths = [folder / file["path"] for file in manifest(folder)["files"][kind]]
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def as_set(found: list[dict[str, Any]], without: tuple[str, ...] = ("origin",)) -> set[str]:
    """Rows as a set of texts, without the columns that tell places."""
    return {json.dumps({key: row[key] for key in row if key not in without}, sort_keys=True) for row in found}
