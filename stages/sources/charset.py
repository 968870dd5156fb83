"""Bytes to text: which character encoding a page or a file is in, and decoding that never re-guesses a page.

The order is that of the WHATWG HTML standard (13.2.3, determining the character encoding): byte order mark, transport
layer, `meta` prescan. A label is believed as browsers believe it, also where the bytes would be valid UTF-8. Only
bytes that nothing labels are examined: UTF-8 if they can be, else statistics.
"""

import codecs

from resiliparse.parse.encoding import detect_encoding

from stages.sources.charset_prescan import prescan
from stages.sources.encodings import REPLACEMENT, decode, encoding_of

FALLBACK_ENCODING = "windows-1252"
"""Where nothing says or shows the encoding: the standard's choice for most locales."""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_LABELS_OF_DETECTION = {"cp949": "euc-kr", "mac-cyrillic": "x-mac-cyrillic"}
"""Names that uchardet gives to encodings and that are no labels of the standard."""
_NEVER_UNLABELLED = {"iso-8859-3", "iso-8859-4", "iso-8859-10", "iso-8859-14", "iso-8859-16"}
"""What uchardet takes Western pages for that hold few accents. Hardly a page of the web is in these encodings."""
_ESCAPE = b"\x1b"
"""With which ISO-2022-JP and ISO-2022-KR, whose bytes are all ASCII, leave it."""
_SEVEN_BIT = ("iso-2022-jp", "iso2022_kr")


def decode_html(data: bytes, http_charset: str | None) -> str:
    """The text of an HTML page served with this `charset` parameter; bytes that do not fit become U+FFFD.

    Never raises; a label that nobody knows counts as none.
    """
    marked = _marked(data)
    if marked is not None:
        return marked
    encoding = encoding_of(http_charset.strip(" \t\"'")) if http_charset else None
    encoding = encoding or prescan(data)
    return decode(data, encoding) if encoding else _examined(data)


def decode_text(data: bytes) -> str:
    """The text of bytes that nothing labels; bytes that do not fit become U+FFFD."""
    marked = _marked(data)
    return _examined(data) if marked is None else marked


def _marked(data: bytes) -> str | None:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return decode(data[len(mark) :], encoding)
    return None


def _examined(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        return text if _is_mostly_utf8(text) else decode(data, _detected(data) or FALLBACK_ENCODING)
    if _ESCAPE in data and data.isascii():
        detected = _detected(data)
        return decode(data, detected) if detected in _SEVEN_BIT else text
    return text


def _detected(data: bytes) -> str | None:
    """What uchardet takes the bytes for. It looks at no more than 128 KiB of them, from both ends."""
    # Its mapping to names of HTML takes the Korean cp949, among others, for UTF-8.
    name: str | None = detect_encoding(data, html5_compatible=False)
    if not name:
        return None
    label = name.replace("_", "-").replace("iso2022", "iso-2022")
    encoding = encoding_of(_LABELS_OF_DETECTION.get(label, label))
    return None if encoding in _NEVER_UNLABELLED else encoding


def _is_mostly_utf8(text: str) -> bool:
    """Whether what was decoded as UTF-8 with replacements is UTF-8 all the same, but for a cut or a stray byte.

    In other encodings sequences that happen to be UTF-8 are far rarer than those that are not.
    """
    replaced = text.count(REPLACEMENT)
    others = len(text) - len(text.encode("ascii", "ignore")) - replaced
    return replaced * 4 <= others
