"""Makes the WARC file of the benchmarks: pages in some thirty languages, out of Debian's documentation packages.

    python -m benchmarks.mixed_pages build/benchmarks/mixed.warc.gz [--copies 25]

About 8,400 pages, 41 MB, in an order that mixes the languages. `--copies 25` writes them 25 times under other
addresses, for a file of 1 GB.
"""

import argparse
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from beam_jobs.packages.apt import apt_client
from beam_jobs.packages.downloads import Machine
from beam_jobs.sample.debian import read_pages
from beam_jobs.sample.warc_writer import Page, response_record

HELP_LANGUAGES = ("de", "en-us", "es", "fr", "it", "ja", "nl", "pl", "ru", "sv", "tr", "zh-cn")
PAGES = {
    **dict.fromkeys([f"libreoffice-help-{language}" for language in HELP_LANGUAGES], 350),
    **dict.fromkeys(["postgresql-doc-15", "python3.11-doc", "sqlite3-doc"], 350),
    "debian-handbook": 900,
    "installation-guide-amd64": 900,
    "apache2-doc": 700,
    "git-doc": 241,
    "cppreference-doc-en-html": 150,
}
"""How many pages are taken of each package; those with the smallest hashes of their addresses."""


def main() -> None:
    """Downloads the packages and writes the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("--copies", type=int, default=1)
    own = parser.parse_args()
    cache = own.output.parent / "downloads"
    cache.mkdir(parents=True, exist_ok=True)
    pages = sorted(_pages(cache), key=_hash)
    with own.output.open("wb") as file:
        for copy in range(own.copies):
            for page in pages:
                file.write(response_record(replace(page, path=f"{copy}/{page.path}") if copy else page))
    print(f"{own.output}: {len(pages) * own.copies:,} pages, {own.output.stat().st_size / 1e6:.1f} MB")


def _pages(cache: Path) -> Iterator[Page]:
    with apt_client(cache, Machine()) as client:
        for package, count in PAGES.items():
            _, download = client.download((package,), cache)
            pages = read_pages(download.path, package, lambda _: True)
            yield from sorted(pages, key=_hash)[:count]


def _hash(page: Page) -> bytes:
    return hashlib.sha256(page.address.encode()).digest()


if __name__ == "__main__":
    main()
