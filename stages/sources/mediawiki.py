"""MediaWiki XML dumps to records: one revision, one record (export schemas 0.3 to 0.11), in parts that are read apart.

What can be cut, whatever the file is called: a plain dump at its pages, a multistream bzip2 dump at the streams that
begin with a page. Everything else is read whole by the first span. The head, which names the wiki and its namespaces,
is read anew for each span, so that the records are the same however the file is cut.

`offset`, with which a span that starts there reads the record again: in a plain dump that of `<page>`; in a bzip2 dump
that of the stream, or, where a page goes on from stream to stream (pbzip2, or one stream alone), of the last stream
before it that begins with a page or the file; of gzip and Zstandard dumps that of `<page>` in the decompressed dump.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import IO

from stages.document import Record
from stages.recipe import Reading, Source
from stages.sources.bzip2_streams import Bzip2Stream, all_chunks, next_stream, starts_stream
from stages.sources.compression import chunks, compression_of, is_first, open_decompressed
from stages.sources.damage import DamagedStreamError
from stages.sources.files import open_source
from stages.sources.mediawiki_markup import HEAD_BYTES, Kind, Markup, markup_of
from stages.sources.mediawiki_page import Site, read_site
from stages.sources.mediawiki_records import PageRecords
from stages.sources.span import Span

_READ_BYTES = 1 << 17


def read_mediawiki(source: Source, span: Span, reading: Reading) -> Iterator[Record]:
    """Yields every revision of the pages that start in the span; no more than one revision is in memory.

    Refused are pages outside of the main namespace (`namespace`), redirects (`redirect`), content that is not wikitext
    (`content_type`), texts over the bound (`record_bytes`), and as `damaged_record`: each page that is malformed, the
    rest of each bzip2 stream that is damaged, the end of a dump that is cut off, a head that cannot be read.
    """
    with open_source(span.path, reading.http) as file:
        size = file.seek(0, 2)
        if span.stop <= span.start or size == 0:
            return
        compression = compression_of(file)
        if compression == "bzip2" or (compression is None and _is_damaged_bzip2(file, span.path)):
            yield from _read_streams(source, span, reading, file, size)
        elif compression is None:
            yield from _read_plain(source, span, reading, file)
        elif is_first(span):
            yield from _read_whole(source, span, reading)


def _is_damaged_bzip2(file: IO[bytes], path: str) -> bool:
    """Whether a file without bzip2's magic is one by its name, and no XML."""
    file.seek(0)
    head = file.read(HEAD_BYTES).lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return path.endswith(".bz2") and not head.startswith(b"<")


def _read_plain(source: Source, span: Span, reading: Reading, file: IO[bytes]) -> Iterator[Record]:
    markup, site = _head(_file_chunks(file, 0))
    pages = PageRecords(source, span.path, reading, markup, site, is_first=span.start == 0)
    yield from pages.head_damage()
    for piece in markup.pieces(_file_chunks(file, span.start), span.start):
        if piece.offset >= span.stop and (piece.kind is Kind.PAGE or not pages.is_reading):
            yield from pages.end_page()
            return
        yield from pages.feed(piece, piece.offset, str(piece.offset))
    yield from pages.end_file()


def _read_whole(source: Source, span: Span, reading: Reading) -> Iterator[Record]:
    with open_decompressed(span.path, reading.http) as opened:
        markup, site = _head(chunks(opened.stream))
    pages = PageRecords(source, span.path, reading, markup, site, is_first=True)
    yield from pages.head_damage()
    with open_decompressed(span.path, reading.http) as opened:
        try:
            for piece in markup.pieces(chunks(opened.stream), 0):
                yield from pages.feed(piece, piece.offset, str(piece.offset))
            yield from pages.end_file()
        except DamagedStreamError as damage:
            yield pages.lost(pages.offset, str(damage), f"{pages.offset}:lost")


def _read_streams(source: Source, span: Span, reading: Reading, file: IO[bytes], size: int) -> Iterator[Record]:
    markup, site = _head(all_chunks(file))
    stop = min(span.stop, size)
    stream = Bzip2Stream(file, 0) if span.start == 0 else next_stream(file, span.start, stop)
    while stream is not None and not _begins_unit(stream, markup):
        stream = next_stream(file, stream.start + 1, stop)
    while stream is not None and stream.start < stop:
        pages = PageRecords(source, span.path, reading, markup, site, is_first=stream.start == 0)
        yield from pages.head_damage()
        pages.is_reading = True
        offset, is_same_unit = stream.start, True
        while stream is not None and is_same_unit:
            run = _Run(file, size, stream, markup)
            try:
                for piece in markup.pieces(run.chunks(), 0):
                    yield from pages.feed(piece, offset, f"{stream.start}:{piece.offset}")
            except DamagedStreamError as damage:
                yield pages.lost(offset, str(damage), str(run.position))
            stream = run.following
            is_same_unit = stream is not None and not _begins_unit(stream, markup)
        yield from pages.end_file() if stream is None else pages.end_page()


class _Run:
    """Consecutive streams that go on from one to the next, up to one that begins with a page, mostly the next."""

    def __init__(self, file: IO[bytes], size: int, first: Bzip2Stream, markup: Markup) -> None:
        self.following: Bzip2Stream | None = None
        """The first stream that is not read here, or after damage the next that can be found."""
        self.position = first.start
        """Of the stream that is being read."""
        self._file = file
        self._size = size
        self._stream = first
        self._markup = markup

    def chunks(self) -> Iterator[bytes]:
        """The decompressed bytes; after a DamagedStreamError too, `following` is known."""
        stream = self._stream
        while True:
            self.position = stream.start
            try:
                yield from stream.chunks()
            except DamagedStreamError:
                self.following = next_stream(self._file, stream.start + 1, self._size)
                raise
            if stream.end == self._size:
                return
            if not starts_stream(self._file, stream.end):
                self.position = stream.end
                self.following = next_stream(self._file, stream.end, self._size)
                raise DamagedStreamError(f"no bzip2 stream at byte {stream.end}")
            stream = Bzip2Stream(self._file, stream.end)
            if _begins_unit(stream, self._markup):
                self.following = stream
                return


def _begins_unit(stream: Bzip2Stream, markup: Markup) -> bool:
    """Whether a stream can be read without the one before it; of a damaged one nothing else is known."""
    opening = stream.opening()
    return stream.start == 0 or opening is None or markup.opening.match(opening) is not None


def _head(pieces: Iterator[bytes]) -> tuple[Markup, Site]:
    """What the first bytes of a dump say; damage is left to whoever reads the pages."""
    sound = _until_damage(pieces)
    first = next(sound, b"")
    markup = markup_of(first)
    return markup, read_site(markup.pieces(chain([first], sound), 0), markup.encoding)


def _until_damage(pieces: Iterator[bytes]) -> Iterator[bytes]:
    with suppress(DamagedStreamError):
        yield from pieces


def _file_chunks(file: IO[bytes], start: int) -> Iterator[bytes]:
    file.seek(start)
    while chunk := file.read(_READ_BYTES):
        yield chunk
