"""Fetches packages of Debian and its relatives with apt, without root, and reads the files in them.

Nothing is installed or unpacked to disk. Where the system has no lists of packages, or lists so old that their
packages are gone, apt is given folders of its own to fetch lists into.
"""

import gzip
import shutil
import subprocess
import tarfile
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from beam_jobs.packages.downloads import ClientError, Download, Machine, keep_download, kept_download
from stages.errors import GristmillError

PROGRAMS = ("apt-get", "dpkg-deb")


class AptClient:
    """apt-get as a plain user, with its caches in a folder of ours."""

    def __init__(self, folder: Path, machine: Machine) -> None:
        self._machine = machine
        self._folder = folder
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        self._options: tuple[str, ...] = (
            # Where root runs it, apt would otherwise become a user who may not write here.
            *("-o", "APT::Sandbox::User=root", "-o", f"Dir::Cache={folder / 'cache'}"),
            # Some container images switch these off; without them every call reads all lists again.
            *("-o", "Dir::Cache::pkgcache=pkgcache.bin", "-o", "Dir::Cache::srcpkgcache=srcpkgcache.bin"),
        )
        self._tried_own_lists = False

    def download(self, names: tuple[str, ...], cache: Path) -> tuple[str, Download]:
        """The first of these packages that can be had, with its name; ClientError if none can."""
        try:
            return self._first_of(names, cache)
        except ClientError as error:
            if self._tried_own_lists:
                raise
            self._fetch_own_lists(error)
        return self._first_of(names, cache)

    def _first_of(self, names: tuple[str, ...], cache: Path) -> tuple[str, Download]:
        for name in names:
            kept = kept_download(cache, name)
            if kept:
                return name, kept
        reasons = []
        for name in names:
            try:
                return name, keep_download(cache, name, partial(self._fetch, name))
            except ClientError as error:
                reasons.append(error)
        raise reasons[0]

    def _fetch(self, name: str, folder: Path) -> Path:
        self._machine.run(["apt-get", "--quiet=2", *self._options, "download", name], folder)
        files = list(folder.glob("*.deb"))
        if len(files) != 1:
            raise ClientError(f"apt-get left {len(files)} .deb files instead of one")
        return files[0]

    def _fetch_own_lists(self, reason: ClientError) -> None:
        self._tried_own_lists = True
        lists = self._folder / "lists"
        options = (*self._options, "-o", f"Dir::State::Lists={lists}", "-o", "Acquire::Languages=none")
        try:
            self._machine.run(["apt-get", "--quiet=2", *options, "update"], self._folder)
        except ClientError as error:
            raise ClientError(f"{reason}; no newer lists of packages: {error}") from error
        # apt-get calls it a success when no server could be reached.
        if not list(lists.glob("*_Packages*")):
            raise ClientError(f"{reason}; no newer lists of packages could be fetched")
        self._options = options


@contextmanager
def apt_client(cache: Path, machine: Machine) -> Iterator[AptClient]:
    """A client for the time of the block, with its files in the cache; ClientError where apt is not installed."""
    for program in PROGRAMS:
        if not machine.has(program):
            raise ClientError(f"{program} is not on this machine")
    # Absolute, since apt runs in other folders; emptied first, since a run may have been killed in here.
    folder = cache.resolve() / ".apt"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield AptClient(folder, machine)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def version_of(package_file: Path) -> str:
    """The version in the name that apt gives to a package file: `name_version_architecture.deb`."""
    return urllib.parse.unquote(package_file.stem.split("_")[1])


@dataclass(frozen=True)
class PackedFile:
    """A file of a package."""

    path: str
    """From the root, without a slash before it, and without `.gz`."""
    modified: int
    """When, in seconds since 1970."""
    data: bytes
    """Decompressed if it is a `.gz`."""


def read_package(package_file: Path, takes: Callable[[str], bool]) -> Iterator[PackedFile]:
    """The files in a package file, in its order; `takes` is asked for the path of each, with `.gz` if it has that.

    Links are left out: they are other names of files that come anyway. GristmillError names the package file if it
    cannot be read whole.
    """
    command = ["dpkg-deb", "--fsys-tarfile", str(package_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as members:
                for member in members:
                    path = member.name.removeprefix("./")
                    if member.isreg() and takes(path):
                        yield PackedFile(path.removesuffix(".gz"), int(member.mtime), _body(members, member))
            # dpkg-deb must get rid of what pads the archive, or it ends with an error.
            while process.stdout.read(1 << 16):
                pass
        except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise GristmillError(f"{package_file}: cannot be read: {error}; delete it") from error
    if process.returncode:
        raise GristmillError(f"{package_file}: dpkg-deb cannot read it; delete it")


def _body(members: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = members.extractfile(member)
    data = file.read() if file else b""
    return gzip.decompress(data) if member.name.endswith(".gz") else data
