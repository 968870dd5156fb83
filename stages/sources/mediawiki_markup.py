"""Where the pages of a MediaWiki dump begin: found in bytes, so that a dump can be read from any place.

In a dump `<` is always markup: text holds `&lt;`, and the exporter writes neither CDATA sections nor comments. A page
therefore begins at each `<page>`, whatever comes before, and a page that is not well-formed ends at the next one.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

_MARKS = ("<", "(?:", "(?P<page>", *"page", ")|", *"/mediawiki", ")", r"[\s/>]")
"""The "<" comes first and once, since the search for one byte is the fast one."""
_BLANKS = ("(?:", r"\s", ")*")
_SYNTAX = ("(?:", "(?P<page>", ")|", ")", ")*")
_MARK_CHARACTERS = len("</mediawiki>")
_DECLARED = re.compile(rb"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)")
_UTF16_SIGNS = {
    b"\xff\xfe": "utf-16le",
    b"<\x00": "utf-16le",
    b"\xfe\xff": "utf-16be",
    b"\x00<": "utf-16be",
}
HEAD_BYTES = 1024


class Kind(Enum):
    """What the first byte of a piece is."""

    PAGE = "the first byte of a <page> tag"
    END = "the first byte of the last tag, </mediawiki>"
    MORE = "what follows the piece before"


@dataclass(frozen=True)
class Piece:
    """Some bytes of a dump, none of which but the first begins a page or the end."""

    kind: Kind
    offset: int
    data: bytes


@dataclass(frozen=True)
class Markup:
    """How tags look in the encoding of a dump. `encoding` is as expat names it, `width` is that of a character."""

    encoding: str
    width: int
    marks: re.Pattern[bytes]
    opening: re.Pattern[bytes]
    """Matches the first bytes of what begins with a page or with the end of a dump."""

    def pieces(self, chunks: Iterable[bytes], offset: int) -> Iterator[Piece]:
        """Cuts consecutive bytes, of which the first lies at `offset`, at every page and at the end."""
        held, kind = b"", Kind.MORE
        for chunk in chunks:
            data, last = held + chunk, 0
            for found in self.marks.finditer(data):
                at = found.start()
                if (offset + at) % self.width:
                    continue
                if at > last:
                    yield Piece(kind, offset + last, data[last:at])
                kind, last = Kind.PAGE if found["page"] else Kind.END, at
            # A tag may go on in the next chunk; the last "<" after a mark is the only one that can.
            after = last if kind is Kind.MORE else last + 1
            cut = data.rfind(b"<", max(after, len(data) - (_MARK_CHARACTERS - 1) * self.width))
            cut = len(data) if cut < 0 else max(after, cut - (cut + offset) % self.width)
            if cut > last:
                yield Piece(kind, offset + last, data[last:cut])
            held, kind, offset = data[cut:], Kind.MORE, offset + cut
        if held:
            yield Piece(Kind.MORE, offset, held)


def markup_of(head: bytes) -> Markup:
    """The markup of a dump that begins with these bytes: UTF-16 by its signs, else what it declares, else UTF-8."""
    encoding = _UTF16_SIGNS.get(head[:2], "")
    if not encoding:
        declared = _DECLARED.search(head[:HEAD_BYTES])
        label = declared[1].decode("ascii", "replace").lower() if declared else "utf-8"
        # Bytes in which ASCII markup could be read are not UTF-16, whatever they say of themselves.
        encoding = "utf-8" if label.startswith("utf-16") else label
    return Markup(
        encoding=encoding,
        width=2 if encoding.startswith("utf-16") else 1,
        marks=_compiled(_MARKS, encoding),
        opening=_compiled((*_BLANKS, *_MARKS), encoding),
    )


def _compiled(parts: Iterable[str], encoding: str) -> re.Pattern[bytes]:
    """The pattern for characters of the encoding; what is syntax stands for no character."""
    before = rb"\x00" if encoding == "utf-16be" else b""
    after = rb"\x00" if encoding == "utf-16le" else b""
    return re.compile(b"".join(part.encode() if part in _SYNTAX else before + part.encode() + after for part in parts))
