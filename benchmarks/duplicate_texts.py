"""Makes the documents on which searches for duplicates are compared: real texts, many of them nearly the same.

    python -m benchmarks.duplicate_texts build/benchmarks/duplicates.jsonl

One document a line, `{"id", "text"}`: the texts of the sample (`make sample` comes first), Debian's handbook in every
language, whose untranslated pages are nearly the same in all of them, and the sample's books in passages, once as they
are and once as two reprints that begin their pages a little later, each page another way. Nothing is refused for its
language or quality, only texts that are very short. The same packages give the same bytes, in an order that mixes all.
"""

import argparse
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from beam_jobs.packages.apt import apt_client
from beam_jobs.packages.downloads import Machine
from beam_jobs.sample.debian import read_pages
from beam_jobs.sample.warc_writer import charset_of
from stages.document import Record
from stages.extraction import Extracted, extract
from stages.recipe import Corpus, Extraction, Source, load_recipe
from stages.sources import Span, read_records

HANDBOOK = "debian-handbook"
BOOKS = "books"
"""The source of the sample's recipe whose texts are cut."""

SHORTEST = 300
"""Characters; documents below have too few shingles for a similarity that means anything."""

PASSAGE_WORDS = 1000
REPRINTS = 2
REPRINT_SHIFT = 300
"""Words: a page of 1,000 that begins d words later shares about (1,000 - d) / (1,000 + d) with the first: 1 to 0.54."""

Document = tuple[str, str]
"""Id and text."""


def main() -> None:
    """Reads and extracts everything, and writes the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("--recipe", type=Path, default=Path("recipes/sample.toml"))
    own = parser.parse_args()
    corpus = load_recipe(own.recipe).corpus
    cache = own.output.parent / "downloads"
    cache.mkdir(parents=True, exist_ok=True)
    texts = [*_handbook(cache, corpus.extraction)]
    for source in corpus.sources:
        texts.extend(_source_texts(source, corpus))
    documents = sorted((one for one in texts if len(one[1]) >= SHORTEST), key=lambda one: id_hash(one[0]))
    with own.output.open("w", encoding="utf-8") as file:
        for name, text in documents:
            file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")
    print(f"{own.output}: {len(documents):,} documents, {own.output.stat().st_size / 1e6:.1f} MB")
    for kind, count in sorted(Counter(kind_of(name) for name, _ in documents).items()):
        print(f"  {kind}: {count:,}")


def read_documents(path: Path) -> list[Document]:
    """Ids and texts of a file that `main` wrote."""
    with path.open(encoding="utf-8") as file:
        return [(row["id"], row["text"]) for row in map(json.loads, file)]


def kind_of(name: str) -> str:
    """Where a document is from: `handbook`, or the name of a source of the recipe."""
    return name.partition("/")[0]


def id_hash(name: str) -> bytes:
    """What orders documents by chance, in the same way every time."""
    return hashlib.sha256(name.encode()).digest()


def _handbook(cache: Path, settings: Extraction) -> Iterator[Document]:
    with apt_client(cache, Machine()) as client:
        _, download = client.download((HANDBOOK,), cache)
    for page in read_pages(download.path, HANDBOOK, lambda _: True):
        record = Record("", "html", page.body, HANDBOOK, 0, url=page.address, charset=charset_of(page.body))
        found = extract(record, settings)
        if isinstance(found, Extracted):
            yield f"handbook/{page.path.partition('/html/')[2]}", found.text


def _source_texts(source: Source, corpus: Corpus) -> Iterator[Document]:
    files = [file for pattern in source.paths for file in sorted(Path().glob(pattern))]
    if not files:
        raise SystemExit(f"no {' '.join(source.paths)}: `make sample` makes them")
    for file in files:
        span = Span(str(file), 0, file.stat().st_size)
        for record in read_records(source, span, corpus.reading):
            found = extract(record, corpus.extraction) if record.refusal is None else None
            if isinstance(found, Extracted):
                if source.name == BOOKS:
                    yield from _passages(f"{BOOKS}/{file.stem}", found.text)
                else:
                    yield f"{source.name}/{record.id:016x}", found.text


def _passages(name: str, text: str) -> Iterator[Document]:
    """A book in passages of equal length, and each passage again as every reprint has it."""
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    for first in range(0, len(starts), PASSAGE_WORDS):
        for reprint in range(REPRINTS + 1):
            key = f"{name}/{first // PASSAGE_WORDS}/{reprint}"
            shift = int.from_bytes(id_hash(key)[:4], "big") % REPRINT_SHIFT if reprint else 0
            page = starts[first + shift : first + shift + PASSAGE_WORDS + 1]
            if len(page) > PASSAGE_WORDS // 2:
                end = page[-1] if len(page) > PASSAGE_WORDS else len(text)
                yield key, text[page[0] : end].rstrip()


if __name__ == "__main__":
    main()
