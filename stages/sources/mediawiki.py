"""MediaWiki XML dumps to records: one revision, one record (schema: https://www.mediawiki.org/xml/export-0.11.xsd)."""

import re
from collections.abc import Iterator
from urllib.parse import quote
from xml.parsers import expat

from stages.document import Record, Refusal
from stages.recipe import Source
from stages.sources.compression import DamagedStreamError, chunks, is_first, open_decompressed
from stages.sources.span import Span

_INTEGER = re.compile(r"-?[0-9]+")
_REDIRECT = re.compile(r"\s*#redirect\b", re.IGNORECASE)


def read_mediawiki(source: Source, span: Span) -> Iterator[Record]:
    """Yields every revision of every page; the dump, plain or compressed, is never in memory as a whole.

    Refused are redirects (`redirect`), pages outside of the main namespace (`namespace`), content that is not wikitext
    (`content_type`), and, once, the rest of a dump that is cut off or malformed (`damaged_record`). Offsets are those
    of a page's first byte in the decompressed dump.
    """
    if not is_first(span):
        return
    with open_decompressed(span.path) as opened:
        dump = _Dump(source.name, span.path)
        try:
            for chunk in chunks(opened.stream):
                dump.feed(chunk)
                yield from dump.take()
            dump.feed(b"", is_last=True)
            yield from dump.take()
        except (expat.ExpatError, DamagedStreamError) as damage:
            yield from dump.take()
            if not dump.is_empty:
                yield dump.damaged(str(damage))


class _Dump:
    """A parser that is fed bytes and gives records; it keeps no more than the page it is in."""

    def __init__(self, source_name: str, path: str) -> None:
        self.is_empty = True
        self._source_name = source_name
        self._path = path
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._elements: list[str] = []
        self._text: list[str] = []
        self._site: dict[str, str] = {}
        self._page: dict[str, str] = {}
        self._revision: dict[str, str] = {}
        self._namespaces: dict[str, str] = {}
        self._namespace_key = "0"
        self._has_revision = False
        self._page_offset = 0
        self._ready: list[Record] = []

    def feed(self, data: bytes, is_last: bool = False) -> None:
        """Parses the next bytes; an ExpatError names line and column."""
        self.is_empty = self.is_empty and not data
        self._parser.Parse(data, is_last)

    def take(self) -> list[Record]:
        """The records that have been completed since the last call."""
        ready, self._ready = self._ready, []
        return ready

    def damaged(self, detail: str) -> Record:
        """The record that stands for all that could not be read."""
        refusal = Refusal("damaged_record", detail=detail)
        offset = self._page_offset
        return Record(f"{self._path}:{offset}", "wikitext", "", self._path, offset, refusal=refusal)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "page":
            self._page, self._page_offset, self._has_revision = {}, self._parser.CurrentByteIndex, False
        elif name == "revision":
            self._revision = {}
        elif name == "namespace":
            self._namespace_key = attributes.get("key", "0")
        self._elements.append(name)
        self._text.clear()

    def _characters(self, data: str) -> None:
        self._text.append(data)

    def _end(self, name: str) -> None:
        self._elements.pop()
        parent = self._elements[-1] if self._elements else ""
        text = "".join(self._text)
        self._text.clear()
        if parent == "siteinfo":
            self._site[name] = text
        elif name == "namespace":
            self._namespaces[text] = self._namespace_key
        elif name == "revision":
            self._has_revision = True
            self._ready.append(self._record())
        elif parent == "revision":
            self._revision[name] = text
        elif parent == "page":
            self._page[name] = text
        elif name == "page" and not self._has_revision:
            self._ready.append(self.damaged("page without a revision"))

    def _record(self) -> Record:
        title, text = self._page.get("title", ""), self._revision.get("text", "")
        site = self._site.get("dbname") or self._site.get("sitename") or self._source_name
        refusal = self._refusal(title, text)
        return Record(
            identity=f"wiki:{site}:{self._page.get('id', '')}:{self._revision.get('id', '')}",
            media="wikitext",
            content="" if refusal else text,
            file=self._path,
            offset=self._page_offset,
            url=self._url(title),
            date=self._revision.get("timestamp"),
            title=title or None,
            refusal=refusal,
        )

    def _refusal(self, title: str, text: str) -> Refusal | None:
        # Dumps before schema 0.4 say neither the namespace nor whether a page is a redirect.
        namespace = self._page.get("ns") or self._namespaces.get(title.partition(":")[0], "0")
        if namespace != "0":
            is_number = _INTEGER.fullmatch(namespace) is not None
            return Refusal("namespace", float(namespace) if is_number else None, 0.0, None if is_number else namespace)
        if "redirect" in self._page or _REDIRECT.match(text):
            return Refusal("redirect")
        model = self._revision.get("model", "wikitext")
        return None if model == "wikitext" else Refusal("content_type", detail=model)

    def _url(self, title: str) -> str | None:
        """The address of a page, from that of the main page; escaped as MediaWiki does."""
        base = self._site.get("base", "")
        if not base or not title:
            return None
        return f"{base.rpartition('/')[0]}/{quote(title.replace(' ', '_'), safe=';@$!*(),/~:')}"
