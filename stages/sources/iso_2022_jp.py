"""ISO-2022-JP as the WHATWG Encoding standard decodes it: the encoding of Japanese mail and of the early web.

Escape sequences switch between ASCII, Roman, katakana and pairs of JIS X 0208. Unlike Python's codecs, the standard
knows the katakana and the rows of vendors, and does not go back to ASCII at the end of a line.
"""

import codecs
import re
from collections.abc import Callable

_REPLACEMENT = "\ufffd"
_ESCAPE = re.compile(rb"\x1b(\([BJI]|\$[@B])?")
_SINGLE_BYTE_SETS = {b"(B": "ascii", b"(J": "roman", b"(I": "katakana"}
_PAIR = rb"[\x21-\x7e]{2}"
_PAIRS = re.compile(rb"(?:%b)+|[\x21-\x7e]?[^\x21-\x7e]|[\x21-\x7e]" % _PAIR, re.DOTALL)
_TO_EUC = bytes(i | 0x80 for i in range(256))


def _table(characters: dict[int, str]) -> str:
    return "".join(characters.get(byte, _REPLACEMENT) for byte in range(256))


_ASCII = {byte: chr(byte) for byte in range(0x80) if byte not in b"\x0e\x0f\x1b"}
_TABLES = {
    "ascii": _table(_ASCII),
    "roman": _table(_ASCII | {0x5C: "¥", 0x7E: "‾"}),
    "katakana": _table({byte: chr(0xFF61 - 0x21 + byte) for byte in range(0x21, 0x60)}),
}


def decode_iso_2022_jp(data: bytes, decode_pairs: Callable[[bytes], str]) -> str:
    """The text of the bytes; what does not fit becomes U+FFFD. `decode_pairs` decodes EUC-JP. Linear in the bytes."""
    parts: list[str] = []
    mode, start, follows_escape = "ascii", 0, False
    for escape in _ESCAPE.finditer(data):
        segment = data[start : escape.start()]
        parts.append(_segment(segment, mode, decode_pairs))
        start = escape.end()
        follows_escape = follows_escape and not segment
        if escape[1] is None:
            parts.append(_REPLACEMENT)
            follows_escape = False
            continue
        if follows_escape:  # by the standard: nothing may hide behind sequences that show nothing
            parts.append(_REPLACEMENT)
        mode = _SINGLE_BYTE_SETS.get(escape[1], "pairs")
        follows_escape = True
    parts.append(_segment(data[start:], mode, decode_pairs))
    return "".join(parts)


def _segment(data: bytes, mode: str, decode_pairs: Callable[[bytes], str]) -> str:
    if mode != "pairs":
        return codecs.charmap_decode(data, "strict", _TABLES[mode])[0]
    return "".join(
        decode_pairs(run.translate(_TO_EUC)) if re.match(_PAIR, run) else _REPLACEMENT for run in _PAIRS.findall(data)
    )
