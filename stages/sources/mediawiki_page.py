"""The XML of one MediaWiki page, or of a dump's head, to what it says (https://www.mediawiki.org/xml/export-0.11.xsd).

Each page has a parser of its own, so that a malformed one costs only itself. No input makes the parser keep more than
one revision: unknown elements are passed over, texts over the bound are counted and dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from stages.sources.mediawiki_markup import Kind, Piece

MAXIMUM_HEAD_BYTES = 1 << 20
"""The head of a dump says what its namespaces are, in some 5 kB; nothing is looked for beyond this."""
MAXIMUM_TAG_BYTES = 1 << 22
"""expat holds a tag in memory until it ends, and reads it anew with every chunk."""
MAXIMUM_DEPTH = 64
"""The schema has elements five deep."""

_UTF8_BYTES = 4
"""The most that a character has."""
_LINKED_NAMESPACES = ("-2", "6", "14")
"""Media, File and Category (https://www.mediawiki.org/wiki/Manual:Namespace)."""
_PAGE_ELEMENTS = ("title", "ns", "id", "redirect")
_REVISION_ELEMENTS = ("id", "timestamp", "model", "text")


class MalformedError(Exception):
    """The XML cannot be read on; the message says why, without a place."""


@dataclass(frozen=True)
class Site:
    """What the head of a dump says of its wiki."""

    name: str = ""
    base: str = ""
    """The address of the main page."""
    namespaces: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names to numbers, in decimal."""
    link_namespaces: frozenset[str] = frozenset()
    damage: str | None = None
    """Why the head could not be read to its end."""


@dataclass(frozen=True)
class Revision:
    """One revision of a page, with what its page said before it."""

    page: Mapping[str, str]
    values: Mapping[str, str]
    longest: int
    """The size in UTF-8 of the longest value that was dropped for its length; 0 if none was."""


class _Parser:
    """expat without document types, and with bounds on tags and depth."""

    def __init__(self, encoding: str) -> None:
        self.elements: list[str] = []
        self._fed = 0
        try:
            self._expat = expat.ParserCreate(encoding)
        except (ValueError, LookupError) as error:
            raise MalformedError(f"encoding {encoding}") from error
        self._expat.buffer_text = True
        self._expat.buffer_size = 1 << 16
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self.characters
        self._expat.StartDoctypeDeclHandler = self._doctype

    def feed(self, data: bytes, is_last: bool = False) -> None:
        """Parses the next bytes or raises MalformedError."""
        try:
            self._expat.Parse(data, is_last)
        except expat.ExpatError as error:
            raise MalformedError(expat.ErrorString(error.code)) from error
        except (LookupError, ValueError) as error:
            raise MalformedError("unknown encoding") from error
        self._fed += len(data)
        if self._fed - self._expat.CurrentByteIndex > MAXIMUM_TAG_BYTES + len(data):
            raise MalformedError(f"a tag of more than {MAXIMUM_TAG_BYTES} bytes")

    def release(self) -> None:
        """Lets go of expat, whose handlers would otherwise keep this parser until the garbage collector comes."""
        del self._expat

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """Called at a start tag, before the element counts as open."""

    def closed(self, name: str) -> None:
        """Called at an end tag, when the element no longer counts as open."""

    def characters(self, data: str) -> None:
        """Called with text, possibly in parts."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.elements) == MAXIMUM_DEPTH:
            raise MalformedError(f"elements more than {MAXIMUM_DEPTH} deep")
        self.opened(name, attributes)
        self.elements.append(name)

    def _end(self, name: str) -> None:
        self.elements.pop()
        self.closed(name)

    def _doctype(self, *_: object) -> None:
        raise MalformedError("a document type declaration")


class PageParser(_Parser):
    """Parses one page, fed in pieces, and hands over each revision as it ends."""

    def __init__(self, encoding: str, maximum_bytes: int, give: Callable[[Revision], None]) -> None:
        super().__init__(encoding)
        self.is_closed = False
        self.page: dict[str, str] = {}
        self._give = give
        self._maximum_bytes = maximum_bytes
        self._has_revision = False
        self._page_longest = 0
        self._revision: dict[str, str] = {}
        self._longest = 0
        self._is_kept = False
        self._text: list[str] = []
        self._characters = self._bytes = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        """Prepares for the text of an element that is kept."""
        if name == "revision" and self.elements == ["page"]:
            self._revision, self._longest = {}, self._page_longest
        self._is_kept = self._values_for(name) is not None
        self._text, self._characters, self._bytes = [], 0, 0

    def closed(self, name: str) -> None:
        """Takes in the element."""
        values = self._values_for(name) if self._is_kept else None
        if values is not None:
            values[name] = "".join(self._text)
            if self._bytes > self._maximum_bytes:
                values[name] = ""
                self._longest = max(self._longest, self._bytes)
                if values is self.page:
                    self._page_longest = self._longest
        elif name == "revision" and self.elements == ["page"]:
            self._has_revision = True
            self._give(Revision(dict(self.page), self._revision, self._longest))
        elif not self.elements:
            self.is_closed = True
            if not self._has_revision:
                raise MalformedError("page without a revision")
        self._is_kept = False

    def characters(self, data: str) -> None:
        """Keeps or counts a part of an element's text."""
        if not self._is_kept:
            return
        self._characters += len(data)
        if self._characters * _UTF8_BYTES > self._maximum_bytes:
            # Only now may the bound be near, and bytes are counted.
            self._bytes = (self._bytes or sum(len(part.encode()) for part in self._text)) + len(data.encode())
        if self._bytes <= self._maximum_bytes:
            self._text.append(data)
        else:
            self._text.clear()

    def _values_for(self, name: str) -> dict[str, str] | None:
        if self.elements == ["page", "revision"] and name in _REVISION_ELEMENTS:
            return self._revision
        return self.page if self.elements == ["page"] and name in _PAGE_ELEMENTS else None


def read_site(pieces: Iterable[Piece], encoding: str) -> Site:
    """What the head says, read up to the first page; malformed, it says what came before and has a `damage`."""
    try:
        head = _HeadParser(encoding)
    except MalformedError as error:
        return Site(damage=str(error))
    try:
        size = 0
        for piece in pieces:
            if piece.kind is Kind.PAGE:
                break
            size += len(piece.data)
            if size > MAXIMUM_HEAD_BYTES:
                raise MalformedError(f"no page in the first {MAXIMUM_HEAD_BYTES} bytes")
            head.feed(piece.data)
    except MalformedError as error:
        return head.site(str(error))
    return head.site(None)


class _HeadParser(_Parser):
    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self._text: list[str] = []
        self._key: str | None = None
        self._values: dict[str, str] = {}
        self._namespaces: dict[str, str] = {}

    def site(self, damage: str | None) -> Site:
        """What has been read so far."""
        links = (name.lower() for name, key in self._namespaces.items() if key in _LINKED_NAMESPACES)
        return Site(
            name=self._values.get("dbname") or self._values.get("sitename", ""),
            base=self._values.get("base", ""),
            namespaces=MappingProxyType(self._namespaces),
            link_namespaces=frozenset(links),
            damage=damage,
        )

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if not self.elements and name != "mediawiki":
            raise MalformedError(f"not a MediaWiki dump: it begins with <{name[:40]}>")
        # Names and, where an exporter gives them, aliases: whatever has the number of a namespace.
        self._key = attributes.get("key") if "siteinfo" in self.elements else None
        self._text = []

    def closed(self, name: str) -> None:
        text = "".join(self._text).strip()
        if self._key is not None and text:
            self._namespaces[text] = self._key
        elif self.elements == ["mediawiki", "siteinfo"]:
            self._values[name] = text
        self._key, self._text = None, []

    def characters(self, data: str) -> None:
        self._text.append(data)
