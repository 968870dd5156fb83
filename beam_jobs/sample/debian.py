"""The HTML pages in packages of Debian and its relatives."""

from collections.abc import Callable, Iterator
from pathlib import Path

from beam_jobs.packages.apt import read_package, version_of
from beam_jobs.sample.warc_writer import Page, page_address

PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".html.gz")


def read_pages(package_file: Path, package: str, takes: Callable[[str], bool]) -> Iterator[Page]:
    """The HTML pages in a package file, in its order; `takes` is asked for each address.

    GristmillError names the file if it cannot be read whole.
    """
    host = f"{package}.debian.invalid"
    version = version_of(package_file)

    def is_taken(path: str) -> bool:
        return path.endswith(PAGE_SUFFIXES) and takes(page_address(host, path.removesuffix(".gz")))

    for file in read_package(package_file, is_taken):
        yield Page(host, file.path, version, file.modified, file.data)
