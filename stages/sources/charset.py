"""Bytes to text: which character encoding a page or a file is in, and decoding that never re-guesses a page.

The order is that of the WHATWG HTML standard (13.2.3, determining the character encoding): byte order mark, transport
layer, `meta` prescan. Only bytes that nothing labels are examined: UTF-8 if they can be, else statistics.
"""

import codecs
import re

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

PRESCAN_BYTES = 4096
"""The standard asks for 1,024; pages put scripts first, and browsers look further."""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SUPERSETS = {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "iso8859-11": "cp874"}
"""What the Encoding standard means by these labels, under Python's names."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)


def decode_html(data: bytes, http_charset: str | None) -> str:
    """The text of an HTML page served with this `charset` parameter; bytes that do not fit become U+FFFD."""
    labels = (http_charset, _prescan(data))
    codec = next(filter(None, map(_codec_of, labels)), None)
    marked = _without_mark(data)
    if codec is None or marked is not None:
        return decode_text(data) if marked is None else marked
    return data.decode(codec, "replace")


def decode_text(data: bytes) -> str:
    """The text of bytes that nothing labels; bytes that do not fit become U+FFFD."""
    marked = _without_mark(data)
    if marked is not None:
        return marked
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    if _is_mostly_utf8(text):
        return text
    return data.decode(_codec_of(detect_encoding(data)) or "cp1252", "replace")


def _without_mark(data: bytes) -> str | None:
    for mark, codec in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    return None


def _prescan(data: bytes) -> str | None:
    head = _COMMENT.sub(b"", data[:PRESCAN_BYTES])
    found = _XML_ENCODING.search(head) or _META_CHARSET.search(head)
    if not found:
        return None
    label = found[1].decode("ascii", "replace").lower()
    # Bytes in which ASCII markup could be read are not UTF-16, whatever they say of themselves.
    return "utf-8" if label.startswith("utf-16") else label


def _codec_of(label: str | None) -> str | None:
    if not label:
        return None
    name: str | None = map_encoding_to_html5(label.strip(" \t\"'"), fallback_utf8=False)
    return _SUPERSETS.get(name, name) if name else None


def _is_mostly_utf8(text: str) -> bool:
    """Whether what was decoded as UTF-8 with replacements is UTF-8 all the same, but for a cut or a stray byte.

    In other encodings sequences that happen to be UTF-8 are far rarer than those that are not.
    """
    replaced = text.count("\ufffd")
    others = len(text) - len(text.encode("ascii", "ignore")) - replaced
    return replaced * 4 <= others
