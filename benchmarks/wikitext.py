"""Wikitext to text against the parser alone: processor time over all articles of a dump, the least of some rounds.

python -m benchmarks.wikitext build/sample-inputs/wikipedia/*.xml.bz2
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import mwparserfromhell

from benchmarks.processes import machine
from stages.document import Record
from stages.extraction import extract
from stages.recipe import Extraction, Reading, Source
from stages.sources import Span, read_records

ROUNDS = 3


def main() -> None:
    """Runs the rounds and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dump", type=Path)
    own = parser.parse_args()
    source = Source(name="wiki", format="mediawiki", paths=(str(own.dump),))
    records = read_records(source, Span(str(own.dump), 0, own.dump.stat().st_size), Reading())
    articles = [record for record in records if record.refusal is None]
    print(f"{machine()}; {len(articles)} articles of {own.dump.name}")
    print("| variant | CPU s | times parsing alone |")
    print("|---|---|---|")
    variants: dict[str, Callable[[Record], object]] = {
        "mwparserfromhell.parse(skip_style_tags=True) alone": _parse,
        "Gristmill": lambda record: extract(record, Extraction()),
        "Gristmill, with tables": lambda record: extract(record, Extraction(wikitext_tables=True)),
    }
    reference = 0.0
    for name, function in variants.items():
        seconds = min(_seconds(function, articles) for _ in range(ROUNDS))
        reference = reference or seconds
        print(f"| {name} | {seconds:.2f} | {seconds / reference:.2f} |")


def _parse(record: Record) -> object:
    return mwparserfromhell.parse(record.content, skip_style_tags=True)


def _seconds(function: Callable[[Record], object], articles: Sequence[Record]) -> float:
    before = time.process_time()
    for article in articles:
        function(article)
    return time.process_time() - before


if __name__ == "__main__":
    main()
