"""Pieces of a MediaWiki dump to records: which revisions are refused, and what stands for pages that are lost."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

from stages.document import Record, Refusal
from stages.recipe import Reading, Source
from stages.sources.damage import damaged_record
from stages.sources.mediawiki_markup import Kind, Markup, Piece
from stages.sources.mediawiki_page import MalformedError, PageParser, Revision, Site

_INTEGER = re.compile(r"-?[0-9]+")
_REDIRECT = re.compile(r"\s*#redirect\b", re.IGNORECASE)
_BLANKS = b" \t\r\n\x00"


class PageRecords:
    """Takes the pieces of a dump in order and gives the records of every page that begins in them.

    `is_first` says that the head of the dump comes before the pieces' first page; otherwise what comes before it
    belongs to a page that another reader began.
    """

    def __init__(
        self, source: Source, path: str, reading: Reading, markup: Markup, site: Site, *, is_first: bool
    ) -> None:
        self.is_reading = is_first
        """Whether the end of the dump is ours to look for."""
        self.offset = 0
        """Of the last page."""
        self._is_first = is_first
        self._path = path
        self._maximum_bytes = reading.maximum_record_bytes
        self._encoding = markup.encoding
        self._site = site
        self._site_name = site.name or source.name
        self._parser: PageParser | None = None
        self._place = ""
        self._revisions = 0
        """Of the last page."""
        self._ready: list[Record] = []
        self._is_empty = True
        self._has_end = False
        self._is_in_end_tag = False
        self._afters = 0
        """How often bytes after the end were told since the last page."""
        self._is_told = is_first and site.damage is not None
        """Whether a missing end needs no record, since another tells why it is missing."""

    def head_damage(self) -> Iterator[Record]:
        """What the reader of the head tells of it, if it is damaged."""
        if self._is_first and self._site.damage is not None:
            yield damaged_record(self._path, 0, f"head: {self._site.damage}", "wikitext", "head")

    def feed(self, piece: Piece, offset: int, place: str) -> Iterator[Record]:
        """Yields what the next piece completes; a page that begins with it has this offset, and `place` names it."""
        self._is_empty = False
        if piece.kind is Kind.PAGE:
            yield from self.end_page()
            self._begin(offset, place)
        elif piece.kind is Kind.END and self.is_reading:
            yield from self.end_page()
            self.offset = self.offset or offset
            self._has_end = self._is_in_end_tag = True
        if self._parser is not None:
            self._parse(piece.data)
        elif self._has_end:
            self._pass_end(piece.data)
        yield from self._take()

    def end_page(self) -> Iterator[Record]:
        """Yields what the page before leaves, now that another begins."""
        self._end_page("page without its end")
        yield from self._take()

    def end_file(self) -> Iterator[Record]:
        """Yields what the end of the file leaves; a dump that does not end with its last tag is cut off."""
        if self._parser is not None and not self._parser.is_closed:
            self._is_told = True
        self._end_page("truncated")
        yield from self._take()
        if self.is_reading and not (self._has_end or self._is_told or self._is_empty):
            yield damaged_record(self._path, self.offset, "truncated", "wikitext", f"{self._place or 0}:end")

    def lost(self, offset: int, detail: str, place: str) -> Record:
        """The record of a loss between pieces; the page before is given up, and the next begins with its tag."""
        self._drop_parser()
        self._is_told, self._has_end = True, False
        return damaged_record(self._path, offset, detail, "wikitext", place)

    def _begin(self, offset: int, place: str) -> None:
        self.is_reading, self._has_end, self._is_told = True, False, False
        self.offset, self._place = offset, place
        self._afters = self._revisions = 0
        try:
            self._parser = PageParser(self._encoding, self._maximum_bytes, self._give)
        except MalformedError as error:
            self._damage(str(error))

    def _parse(self, data: bytes, is_last: bool = False) -> None:
        assert self._parser is not None
        try:
            self._parser.feed(data, is_last)
        except MalformedError as error:
            self._damage(str(error))

    def _end_page(self, detail: str) -> None:
        if self._parser is not None and self._parser.is_closed:
            self._parse(b"", is_last=True)
        elif self._parser is not None:
            self._damage(detail)
        self._drop_parser()

    def _damage(self, detail: str) -> None:
        title = self._parser.page.get("title") if self._parser else None
        record = damaged_record(self._path, self.offset, detail, "wikitext", self._place)
        self._ready.append(replace(record, title=title))
        self._drop_parser()

    def _drop_parser(self) -> None:
        if self._parser is not None:
            self._parser.release()
        self._parser = None

    def _pass_end(self, data: bytes) -> None:
        if self._is_in_end_tag:
            _, tag_end, data = data.partition(b">")
            self._is_in_end_tag = not tag_end
        if data.strip(_BLANKS):
            place = f"{self._place or 0}:after" + (f":{self._afters}" if self._afters else "")
            self._afters += 1
            self._ready.append(damaged_record(self._path, self.offset, "bytes after the end", "wikitext", place))
            self._has_end, self._is_told = False, True

    def _take(self) -> list[Record]:
        ready, self._ready = self._ready, []
        return ready

    def _give(self, revision: Revision) -> None:
        page, values = revision.page, revision.values
        title = page.get("title", "")
        refusal = self._refusal(revision)
        self._revisions += 1
        self._ready.append(
            Record(
                identity=self._identity(revision, is_kept=refusal is None),
                media="wikitext",
                content="" if refusal else values.get("text", ""),
                file=self._path,
                offset=self.offset,
                url=self._url(title),
                date=values.get("timestamp"),
                title=title or None,
                link_namespaces=self._site.link_namespaces,
                refusal=refusal,
            )
        )

    def _identity(self, revision: Revision, *, is_kept: bool) -> str:
        """What names a revision; without numbers that is its text, or its place where it has none or is refused."""
        page, own = revision.page.get("id", ""), revision.values.get("id", "")
        if page or own:
            return f"wiki:{self._site_name}:{page}:{own}"
        if is_kept and revision.values.get("text"):
            return ""
        return f"{self._path}:{self._place}:revision {self._revisions}"

    def _refusal(self, revision: Revision) -> Refusal | None:
        # Dumps before schema 0.4 say neither the namespace nor whether a page is a redirect.
        prefix, colon, _ = revision.page.get("title", "").partition(":")
        namespace = revision.page.get("ns") or (self._site.namespaces.get(prefix, "0") if colon else "0")
        if namespace != "0":
            is_number = _INTEGER.fullmatch(namespace) is not None
            return Refusal("namespace", float(namespace) if is_number else None, 0.0, None if is_number else namespace)
        if "redirect" in revision.page or _REDIRECT.match(revision.values.get("text", "")):
            return Refusal("redirect")
        model = revision.values.get("model", "wikitext")
        if model != "wikitext":
            return Refusal("content_type", detail=model)
        if revision.longest:
            return Refusal("record_bytes", float(revision.longest), float(self._maximum_bytes))
        return None

    def _url(self, title: str) -> str | None:
        """The address of a page, from that of the main page; escaped as MediaWiki does."""
        base = self._site.base
        if not base or not title:
            return None
        return f"{base.rpartition('/')[0]}/{quote(title.replace(' ', '_'), safe=';@$!*(),/~:')}"
