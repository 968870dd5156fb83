"""Plain text files: one file, one record."""

from collections.abc import Iterator

from stages.document import Record, Refusal
from stages.recipe import Source
from stages.sources.charset import decode_text
from stages.sources.compression import DamagedStreamError, chunks, is_first, open_decompressed
from stages.sources.span import Span


def read_text(source: Source, span: Span) -> Iterator[Record]:  # noqa: ARG001 - readers share one signature
    """Yields the whole file, plain or compressed, as one record; its identity is its content."""
    if not is_first(span):
        return
    with open_decompressed(span.path) as opened:
        try:
            data = b"".join(chunks(opened.stream))
        except DamagedStreamError as damage:
            refusal = Refusal("damaged_record", detail=str(damage))
            yield Record(f"{span.path}:0", "text", "", span.path, 0, refusal=refusal)
            return
    if data:
        yield Record("", "text", decode_text(data), span.path, 0)
