"""A MediaWiki dump: the excerpt of the English Wikipedia that gensim carries for its tests.

It is 206 pages, 100 of them redirects, full-length articles as they stood in the dump. The whole sample has the very
bytes; a smaller one has a valid dump of its share of the pages.
"""

import bz2
import html
import re
from pathlib import Path

from beam_jobs.packages.pypi import read_wheel_file
from beam_jobs.sample.outputs import SampleFolder
from stages.artifacts import OutputFile
from stages.errors import GristmillError

DUMP = "gensim/test/test_data/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
OUTPUT = "wikipedia/enwiki-pages-articles1-excerpt.xml.bz2"
PAGE = re.compile(rb"[ \t]*<page>.*?</page>\s*?\n", re.DOTALL)
REDIRECT = b"<redirect "
TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)


def write_wikipedia(folder: SampleFolder, wheel: Path) -> list[OutputFile]:
    """Writes the dump out of gensim's wheel; GristmillError if it is not in there."""
    compressed = read_wheel_file(wheel, DUMP)
    try:
        dump = bz2.decompress(compressed)
    except (OSError, ValueError) as error:
        raise GristmillError(f"{wheel}: {DUMP} is damaged: {error}") from error
    pages = list(PAGE.finditer(dump))
    if not pages:
        raise GristmillError(f"{wheel}: {DUMP} has no pages")
    titles = [_title(page[0]) for page in pages]
    articles = [title for page, title in zip(pages, titles, strict=True) if REDIRECT not in page[0]]
    # A dump of redirects alone would have no text.
    chosen = folder.choose(articles).union(filter(folder.takes, titles))
    taken = [page[0] for page, title in zip(pages, titles, strict=True) if title in chosen]
    if len(taken) < len(pages):
        # Site information before the first page, the closing tag after the last.
        compressed = bz2.compress(b"".join((dump[: pages[0].start()], *taken, dump[pages[-1].end() :])))
    return [folder.write(OUTPUT, compressed, len(taken))]


def _title(page: bytes) -> str:
    found = TITLE.search(page)
    return html.unescape(found[1].decode()) if found else ""
