"""The encodings of the web: their labels, and decoders equal to those of the WHATWG Encoding standard.

Python's codecs do the work. Where they differ from the standard (https://encoding.spec.whatwg.org, indexes of 2025),
the difference is here: undefined bytes of the Windows code pages, rows of vendors that EUC-JP and Big5 carry on the
web, GB18030-2022, and which bytes of a damaged sequence are replaced and which are read again.

In one point a corpus wants more than the standard: `hz-gb-2312` and `iso-2022-kr`, which browsers replace for the
safety of scripts, are decoded, because what they hold is text.
"""

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from webencodings import LABELS

from stages.sources.encoding_differences import BIG5_ADDED, BIG5_CHANGED, BIG5_PAIRS, EUC_JP_CHANGED, GB18030_CHANGED
from stages.sources.iso_2022_jp import decode_iso_2022_jp

REPLACEMENT = "\ufffd"
REPLACEMENT_ENCODING = "replacement"
_ASCII_WHITESPACE = "\t\n\f\r "

_DECODED_ALL_THE_SAME = {"hz-gb-2312": "hz", "iso-2022-kr": "iso2022_kr", "csiso2022kr": "iso2022_kr"}
"""Labels that the standard maps to `replacement` and for which Python has a decoder, by name of that."""
_SINGLE_BYTE = {
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac-roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
}
"""Python's names where they are not the standard's."""
_SINGLE_BYTE_CHANGED = {"koi8-u": {0xAE: "ў", 0xBE: "Ў"}, "windows-1255": {0xCA: "\u05ba"}}

_Repair = Callable[[bytes, int], tuple[str, int]]
"""What stands for the sequence that begins at an offset and does not decode, and the offset at which to go on."""


def encoding_of(label: str) -> str | None:
    """The encoding that a label names, by the standard's name; None for no such label.

    The labels are the 228 of the standard, in any case, with ASCII whitespace around them.
    """
    key = label.strip(_ASCII_WHITESPACE)
    if not key.isascii():
        return None
    key = key.lower()
    return _DECODED_ALL_THE_SAME.get(key) or LABELS.get(key)


def decode(data: bytes, encoding: str) -> str:
    """The text of bytes in an encoding that `encoding_of` named; bytes that do not fit become U+FFFD.

    A byte order mark is not looked for. Never raises.
    """
    if encoding == "utf-8":
        return data.decode("utf-8", "replace")
    return _DECODERS.get(encoding, partial(_decode_single_byte, encoding=encoding))(data)


def _decode_single_byte(data: bytes, encoding: str) -> str:
    if data.isascii():
        return data.decode("ascii")
    return codecs.charmap_decode(data, "strict", _single_byte_table(encoding))[0]


@cache
def _single_byte_table(encoding: str) -> str:
    """The character of each of the 256 bytes."""
    if encoding == "x-user-defined":
        return "".join(map(chr, [*range(0x80), *range(0xF780, 0xF800)]))
    table = list(bytes(range(256)).decode(_SINGLE_BYTE.get(encoding, encoding), "replace"))
    if encoding.startswith("windows-"):
        # What a code page leaves undefined among the control characters is the control character.
        table[0x80:0xA0] = [chr(0x80 + i) if c == REPLACEMENT else c for i, c in enumerate(table[0x80:0xA0])]
    for byte, character in _SINGLE_BYTE_CHANGED.get(encoding, {}).items():
        table[byte] = character
    return "".join(table)


@dataclass(frozen=True)
class _MultiByte:
    """A decoder of the standard as a codec of Python and what differs."""

    codec: str
    repair: _Repair
    changed: Mapping[int, int | str] = field(default_factory=dict)
    """Characters of the codec that are others by the standard, wherever they come from."""
    sequences: Mapping[bytes, str] = field(default_factory=dict)
    """Sequences that are other characters by the standard, where the codec has the character from others too."""
    unit: bytes = rb"[\x81-\xfe]."
    """What a lead byte may take along; in step with the decoder also where a sequence is damaged, since ASCII bytes
    lead nothing."""

    def __post_init__(self) -> None:
        codecs.register_error(self._errors, self._on_error)

    @property
    def _errors(self) -> str:
        return f"gristmill.{self.codec}"

    def _on_error(self, error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)  # the handler's name is used for decoding only
        return self.repair(error.object, error.start)

    def __call__(self, data: bytes) -> str:
        if data.isascii():
            return data.decode("ascii")
        text = "".join(self._parts(data)) if any(s in data for s in self.sequences) else self._decode(data)
        return text.translate(self.changed) if self._has_changed(text) else text

    def _decode(self, data: bytes) -> str:
        return data.decode(self.codec, self._errors)

    def _parts(self, data: bytes) -> list[str]:
        parts, start = [], 0
        for unit in re.finditer(self.unit, data, re.DOTALL):
            if unit[0] in self.sequences:
                parts += [self._decode(data[start : unit.start()]), self.sequences[unit[0]]]
                start = unit.end()
        return [*parts, self._decode(data[start:])]

    def _has_changed(self, text: str) -> bool:
        return any(chr(character) in text for character in self.changed)


def _replace_pair(data: bytes, start: int) -> tuple[str, int]:
    """Replaces a lead byte and its trail, but for an ASCII byte: that might be a bracket of the markup."""
    trail = data[start + 1 : start + 2]
    return REPLACEMENT, start + 1 if data[start] in b"\x80\xff" or trail.isascii() else start + 2


def _repair_big5(data: bytes, start: int) -> tuple[str, int]:
    added = BIG5_ADDED.get(data[start : start + 2])
    return (added, start + 2) if added else _replace_pair(data, start)


def _repair_gb18030(data: bytes, start: int) -> tuple[str, int]:
    if data[start] == 0x80:
        return "€", start + 1
    if data[start] == 0xFF or not data[start + 1 : start + 2].isdigit():
        return _replace_pair(data, start)
    four = data[start : start + 4]
    if not re.fullmatch(rb"..(?:[\x81-\xfe](?:[0-9])?)?", four, re.DOTALL):
        return REPLACEMENT, start + 1
    return REPLACEMENT, start + len(four)  # no character has this number, or the data ends within


def _repair_euc_jp(data: bytes, start: int) -> tuple[str, int]:
    lead, trail = data[start], data[start + 1 : start + 2]
    if lead < 0x8E or 0x8F < lead < 0xA1 or lead == 0xFF:
        return REPLACEMENT, start + 1
    if lead == 0x8E or not b"\xa1" <= trail < b"\xff":
        return _replace_pair(data, start)
    if lead == 0x8F:
        return REPLACEMENT, start + (2 if data[start + 2 : start + 3].isascii() else 3)
    return _vendor_character(lead - 0xA1, trail[0] - 0xA1) or REPLACEMENT, start + 2


def _vendor_character(row: int, cell: int) -> str | None:
    """A character of the rows that NEC and IBM added to JIS X 0208: code page 932 has them in the same order."""
    lead, trail = divmod(row * 94 + cell, 188)
    pair = bytes([lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)])
    try:
        return pair.decode("cp932")
    except UnicodeDecodeError:
        return None


_EUC_JP = _MultiByte(
    "euc_jp",
    _repair_euc_jp,
    EUC_JP_CHANGED,
    sequences={b"\x8f\xa2\xb7": "～"},
    unit=rb"\x8f[\xa1-\xfe].|[\x8e\x8f\xa1-\xfe].",
)
_GB18030 = _MultiByte("gb18030", _repair_gb18030, GB18030_CHANGED)

_DECODERS: dict[str, Callable[[bytes], str]] = {
    "big5": _MultiByte("big5hkscs", _repair_big5, BIG5_CHANGED, BIG5_PAIRS),
    "euc-jp": _EUC_JP,
    "euc-kr": _MultiByte("cp949", _replace_pair),
    "gb18030": _GB18030,
    "gbk": _GB18030,
    # The bytes 0xA0 and 0xFD to 0xFF, to which the code page gives characters of private use.
    "shift_jis": _MultiByte("cp932", _replace_pair, dict.fromkeys(range(0xF8F0, 0xF8F4), REPLACEMENT)),
    "iso-2022-jp": partial(decode_iso_2022_jp, decode_pairs=_EUC_JP),
    "utf-16le": lambda data: data.decode("utf-16-le", "replace"),
    "utf-16be": lambda data: data.decode("utf-16-be", "replace"),
    "hz": lambda data: data.decode("hz", "replace"),
    "iso2022_kr": lambda data: data.decode("iso2022_kr", "replace"),
    REPLACEMENT_ENCODING: lambda data: REPLACEMENT if data else "",
}
