"""Readers: raw files of six formats to records, in units that can be read apart and give every record exactly once.

`spans` cuts a file into units of work where its format allows it; `read_records` reads one unit. A record belongs to
the span in which its first byte lies. Whatever a reader does not let pass is still yielded, as a record with a refusal,
so that the ledger can count it.
"""

from collections.abc import Callable, Iterator

from stages.document import Record
from stages.errors import GristmillError
from stages.recipe import Reading, Source
from stages.sources.html import read_html
from stages.sources.jsonl import read_jsonl
from stages.sources.mediawiki import read_mediawiki
from stages.sources.parquet import read_parquet
from stages.sources.span import Span, spans
from stages.sources.text import read_text
from stages.sources.warc import read_warc

__all__ = ["Span", "read_records", "spans"]

_READERS: dict[str, Callable[[Source, Span, Reading], Iterator[Record]]] = {
    "html": read_html,
    "jsonl": read_jsonl,
    "mediawiki": read_mediawiki,
    "parquet": read_parquet,
    "text": read_text,
    "warc": read_warc,
}


def read_records(source: Source, span: Span, reading: Reading) -> Iterator[Record]:
    """Yields every record whose first byte lies in the span, in the order of the file.

    A record that cannot be used has a `refusal` and no content, and so has a file that is damaged as a whole. An empty
    file gives nothing. One that cannot be opened, or whose columns are not those of the recipe, is a GristmillError.
    """
    try:
        yield from _READERS[source.format](source, span, reading)
    except OSError as error:
        raise GristmillError(f"{span.path}: cannot be read: {error.strerror or error}") from error
