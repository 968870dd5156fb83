"""What the head of an HTML page says of its encoding: the prescan of the WHATWG HTML standard.

https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding. One expression
passes over everything but `meta` tags, with possessive quantifiers, so that its time is linear; a construct that does
not end within the head ends the prescan, as in the standard.
"""

import re

from stages.sources.encodings import encoding_of

PRESCAN_BYTES = 4096
"""The standard asks for 1,024; pages put scripts first, and browsers look further."""

_NAME = rb"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_EQUALS = rb"[\t\n\f\r ]*+=[\t\n\f\r ]*+"
_UNQUOTED = rb"[^\"'\t\n\f\r >][^\t\n\f\r >]*+"
# An open quote takes the rest, so that no `>` can follow it.
_VALUE = rb"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|%b|(?=>)" % _UNQUOTED
_ATTRIBUTES = rb"(?:[\t\n\f\r /]++|%b(?:%b(?:%b))?+)*+" % (_NAME, _EQUALS, _VALUE)
_NO_META = rb"(?:[^<]++|<!(?=--).*?-->|<(?!meta[\t\n\f\r /])/?[a-z][^\t\n\f\r >]*+%b>|%b|<(?![a-z!/?]))*+" % (
    _ATTRIBUTES,
    rb"<(?:!(?!--)|\?|/(?![a-z]))[^>]*+>",
)
_NEXT_META = re.compile(rb"%b<meta(?P<attributes>[\t\n\f\r /]%b)>" % (_NO_META, _ATTRIBUTES), re.DOTALL)
_ATTRIBUTE = re.compile(rb"(%b)(?:%b(?:\"([^\"]*+)\"|'([^']*+)'|(%b)|(?=>)))?+" % (_NAME, _EQUALS, _UNQUOTED))
_CHARSET_OF_CONTENT = re.compile(rb"charset[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\t\n\f\r ;]*+))")
_XML_DECLARATION = re.compile(
    rb"<\?xml(?:(?!encoding)[^>])*+encoding[\0- ]*+=[\0- ]*+(?:\"([^\"\0- >]*+)\"|'([^'\0- >]*+)')[^>]*+>"
)
_UTF_16_STARTS = ((b"<\0?\0x\0", "utf-16le"), (b"\0<\0?\0x", "utf-16be"))
_MEANT = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}
"""What a page whose markup could be read as ASCII is in, if it says that it is in these."""


def prescan(data: bytes) -> str | None:
    """The encoding that a `meta` tag or the XML declaration names in the first 4,096 bytes; None if none is known."""
    head = data[:PRESCAN_BYTES]
    for start, encoding in _UTF_16_STARTS:
        if head.startswith(start):
            return encoding
    named = _of_meta(head.lower()) or _of_xml_declaration(head)
    return _MEANT.get(named, named) if named else None


def _of_meta(head: bytes) -> str | None:
    last = head.rfind(b"charset")
    position = 0
    while position <= last and (meta := _NEXT_META.match(head, position)):
        start, position = meta.start("attributes"), meta.end()
        if head.find(b"charset", start, position) < 0:
            continue
        encoding = _of_attributes(head, start, position)
        if encoding:
            return encoding
    return None


def _of_attributes(head: bytes, start: int, end: int) -> str | None:
    """The encoding that a `meta` tag names by `charset`, or by `content` if it is the pragma Content-Type."""
    values: dict[bytes, bytes] = {}
    for attribute in _ATTRIBUTE.finditer(head, start, end):
        name, *value = attribute.groups(b"")
        values.setdefault(name, b"".join(value))
    if b"charset" in values:
        return _encoding(values[b"charset"])
    if values.get(b"http-equiv") != b"content-type":
        return None
    found = _CHARSET_OF_CONTENT.search(values.get(b"content", b""))
    return _encoding(b"".join(found.groups(b""))) if found else None


def _of_xml_declaration(head: bytes) -> str | None:
    found = _XML_DECLARATION.match(head)
    return _encoding(found[1] or found[2] or b"") if found else None


def _encoding(label: bytes) -> str | None:
    return encoding_of(label.decode("latin-1"))
