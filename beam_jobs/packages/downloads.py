"""Packages that have been fetched: each is kept whole, with its hash, or not at all.

A kept package is a folder below the cache with one file and its `SHA256SUMS`, as `sha256sum --check` reads it. It is
filled under another name and renamed, so that nothing interrupted is ever taken for a package.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.artifacts import sha256_of

HASHES = "SHA256SUMS"
PARTIAL = ".partial"


class ClientError(Exception):
    """What a package client said last before it gave up."""


def run_client(command: Sequence[str], folder: Path) -> None:
    """Runs a package client in a folder; ClientError carries its last word if it fails."""
    result = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    if result.returncode:
        raise ClientError(_last_word(result.stderr) or f"exit status {result.returncode}")


def _last_word(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # Clients end with hints and notices; the line that says what happened is marked.
    errors = [line.partition(": ")[2] for line in lines if line.startswith(("ERROR: ", "E: "))]
    return (errors or lines or [""])[-1]


def has_program(name: str) -> bool:
    """Whether a program of this name can be run here."""
    return shutil.which(name) is not None


@dataclass(frozen=True)
class Machine:
    """What fetching needs of the machine that it runs on."""

    run: Callable[[Sequence[str], Path], None] = run_client
    has: Callable[[str], bool] = has_program


@dataclass(frozen=True)
class Download:
    """A package file that is there whole."""

    path: Path
    sha256: str


def kept_download(cache: Path, name: str) -> Download | None:
    """The package kept under this name; None if there is none or its bytes are not those that were fetched."""
    try:
        expected, _, file_name = (cache / name / HASHES).read_text(encoding="utf-8").strip().partition("  ")
        path = cache / name / file_name
        return Download(path, expected) if sha256_of(path) == expected else None
    except (FileNotFoundError, IsADirectoryError):
        return None


def keep_download(cache: Path, name: str, fetch: Callable[[Path], Path]) -> Download:
    """The package kept under this name; `fetch` is given an empty folder and returns the file it put there."""
    kept = kept_download(cache, name)
    if kept:
        return kept
    partial = cache / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    work, whole = partial / "work", partial / "whole"
    work.mkdir(parents=True)
    whole.mkdir()
    try:
        fetched = fetch(work)
        digest = sha256_of(fetched)
        fetched.rename(whole / fetched.name)
        (whole / HASHES).write_text(f"{digest}  {fetched.name}\n", encoding="utf-8")
        shutil.rmtree(cache / name, ignore_errors=True)
        whole.rename(cache / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Download(cache / name / fetched.name, digest)
