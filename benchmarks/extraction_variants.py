"""One way from a WARC file to documents as JSON lines; `benchmarks.extraction` runs them side by side.

    python -m benchmarks.extraction_variants VARIANT WARC OUTPUT [LANGUAGE]

`bare` reads with fastwarc and extracts with trafilatura, and nothing else. `extract` is Gristmill's reader and
extraction at the same settings. `all` judges every page (screening off), `cascade` screens first.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SETTINGS = {"fast": True, "include_comments": False}


def main() -> None:
    """Runs one variant and prints how many pages it read and how many documents it made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("variant", choices=("bare", "extract", "all", "cascade"))
    parser.add_argument("warc")
    parser.add_argument("output", type=Path)
    parser.add_argument("language", nargs="?", default="en")
    own = parser.parse_args()
    found = bare(own.warc) if own.variant == "bare" else gristmill(own.warc, own.variant, own.language)
    pages = documents = 0
    with own.output.open("w") as file:
        for url, text in found:
            pages += 1
            if text:
                documents += 1
                file.write(json.dumps({"url": url, "text": text}) + "\n")
    json.dump({"pages": pages, "documents": documents}, sys.stdout)


def bare(path: str) -> Iterator[tuple[str | None, str | None]]:
    """The shortest loop that one would write."""
    import trafilatura
    from fastwarc import ArchiveIterator, WarcRecordType

    with Path(path).open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response, auto_decode="all"):
            url = record.headers.get("WARC-Target-URI")
            yield url, trafilatura.extract(record.reader.read(), **SETTINGS)


def gristmill(path: str, variant: str, language: str) -> Iterator[tuple[str | None, str | None]]:
    """Gristmill's reader and stages, with the parsers in a process of their own as always."""
    from stages.isolated_judging import batches, isolated_extraction, isolated_function
    from stages.recipe import Corpus, Reading, Source
    from stages.sources import Span, read_records

    settings = Corpus.model_validate(
        {
            "sources": ({"name": "web", "format": "warc", "paths": (path,)},),
            "language": {"keep": (language,)},
            "screening": {"enabled": variant == "cascade"},
            "extraction": SETTINGS,
        }
    )
    source = Source(name="web", format="warc", paths=(path,))
    records = read_records(source, Span(path, 0, Path(path).stat().st_size), Reading())
    isolated = isolated_extraction(settings) if variant == "extract" else isolated_function(settings)
    for batch in batches(records):
        pages = [record for record in batch if record.refusal is None]
        for record, found in zip(pages, isolated.each(pages) if pages else [], strict=True):
            yield record.url, _text(found)
    isolated.close()


def _text(found: Any) -> str | None:
    return None if getattr(found, "refusal", None) or not hasattr(found, "text") else found.text


if __name__ == "__main__":
    main()
