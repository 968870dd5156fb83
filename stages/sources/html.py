"""HTML files to records: one file, one page, as a browser saved it or a site is published."""

from collections.abc import Iterator

from stages.document import Record
from stages.recipe import Reading, Source
from stages.sources.span import Span
from stages.sources.text import whole_file


def read_html(source: Source, span: Span, reading: Reading) -> Iterator[Record]:  # noqa: ARG001 - readers share one signature
    """Yields the whole file, plain or compressed, as one page; its identity is its content.

    A file says neither its address nor its encoding from outside: `url` and `charset` are None, `origin` names it.
    Refused are damaged files (`damaged_record`) and files over the bound (`record_bytes`), of which no more than the
    bound is read. An empty file holds no record.
    """
    content = whole_file("html", span, reading)
    if isinstance(content, Record):
        yield content
    elif content:
        yield Record("", "html", content, span.path, 0)
