"""Files that are one record each: plain text and HTML pages, compressed or not."""

from collections.abc import Iterator

from stages.document import Record, Refusal
from stages.recipe import Reading, Source
from stages.sources.charset import decode_text
from stages.sources.compression import Opened, chunks, is_first, open_decompressed
from stages.sources.damage import DamagedStreamError, damaged_record
from stages.sources.span import Span


def read_text(source: Source, span: Span, reading: Reading) -> Iterator[Record]:  # noqa: ARG001 - readers share one signature
    """Yields the whole file as one record; its identity is its content, in whatever encoding it is stored.

    Refused are damaged files (`damaged_record`) and files over the bound (`record_bytes`), of which no more than the
    bound is read. An empty file holds no record.
    """
    content = whole_file("text", span, reading)
    if isinstance(content, Record):
        yield content
    elif content:
        yield Record("", "text", decode_text(content), span.path, 0)


def whole_file(media: str, span: Span, reading: Reading) -> bytes | Record:
    """The decompressed bytes of a file, for the span that begins it; the refused record in their place."""
    if not is_first(span):
        return b""
    maximum = reading.maximum_record_bytes
    with open_decompressed(span.path, reading.http) as opened:
        try:
            size, pieces = 0, []
            for chunk in chunks(opened.stream):
                size += len(chunk)
                if size > maximum:
                    return _too_long(media, span.path, _size_of(opened, maximum), maximum)
                pieces.append(chunk)
            return b"".join(pieces)
        except DamagedStreamError as damage:
            return damaged_record(span.path, 0, str(damage), media)


def _size_of(opened: Opened, maximum: int) -> int:
    """The size of a file over the bound; of a compressed one only the least that it can be is known."""
    return opened.stream.seek(0, 2) if opened.is_plain else maximum + 1


def _too_long(media: str, path: str, size: int, maximum: int) -> Record:
    refusal = Refusal("record_bytes", float(size), float(maximum))
    return Record(f"{path}:0", media, b"" if media == "html" else "", path, 0, refusal=refusal)
