"""The labels and the decoders of the Encoding standard: all of its characters, and what becomes of damaged bytes.

The digests are those of the standard's own results: of @exodus/bytes 1.16.0 (npm), whose TextDecoder follows it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webencodings import LABELS

from stages.sources.encodings import decode, encoding_of

SINGLE_BYTE = {
    "ibm866": "7266ac66bcd7",
    "iso-8859-2": "3b8fc2a0a1e4",
    "iso-8859-3": "b8eaf30d80aa",
    "iso-8859-4": "b736fdae83e7",
    "iso-8859-5": "56da51b2bd02",
    "iso-8859-6": "2aa3f705ff2e",
    "iso-8859-7": "c17f5e5efdb9",
    "iso-8859-8": "14371d5e6097",
    "iso-8859-8-i": "14371d5e6097",
    "iso-8859-10": "c1f62def2a43",
    "iso-8859-13": "680a022f491b",
    "iso-8859-14": "e64880ef76d8",
    "iso-8859-15": "984c021d9266",
    "iso-8859-16": "7b20429cb54f",
    "koi8-r": "1d4a502ff6b9",
    "koi8-u": "d3e9d62443b3",
    "macintosh": "cd500563419e",
    "windows-874": "a9a38ef51c4b",
    "windows-1250": "3121ebddcfc8",
    "windows-1251": "0208150e515b",
    "windows-1252": "f47ecaa78e4d",
    "windows-1253": "ce6750258b4b",
    "windows-1254": "f6250d1c1a90",
    "windows-1255": "c7f2105747b4",
    "windows-1256": "26ad7432b2ad",
    "windows-1257": "8f3ab6a6ebe6",
    "windows-1258": "319958ae6a57",
    "x-mac-cyrillic": "06dfb3631c51",
    "x-user-defined": "ddcd1902023b",
}
MULTI_BYTE = {
    "shift_jis": "14a7b00575d9",
    "euc-jp": "a73153c1488e",
    "euc-kr": "31dd330efcaf",
    "big5": "aceec4f6c8f4",
    "gbk": "c3d9f932dbe4",
    "gb18030": "a7bec27fc263",
}
DAMAGED = {
    "utf-8": "83d872f363a7",
    "utf-16le": "3e0bd95f39da",
    "utf-16be": "c3edf9edf29f",
    "iso-2022-jp": "1dc9364c04e7",
    "shift_jis": "aa561af369fb",
    "euc-jp": "73fa4d51b22b",
    "euc-kr": "c27ac4fb34d2",
    "big5": "d49c7d9c5a57",
    "gbk": "554f30b3abd6",
    "gb18030": "231b9ebffe4a",
}

ALPHABETS = {
    "utf-8": (b"a", b"\x80", b"\xbf", b"\xc3", b"\xe2", b"\xed\xa0", b"\xf0\x9f", b"\xf4\x90", b"\xff"),
    "utf-16le": (b"a\0", b"\0a", b"\0\xd8", b"\0\xdc", b"a"),
    "utf-16be": (b"a\0", b"\0a", b"\xd8\0", b"\xdc\0", b"a"),
    "iso-2022-jp": (
        *(b"\x1b(B", b"\x1b(J", b"\x1b(I", b"\x1b$@", b"\x1b$B", b"\x1b", b"\x1b$", b"\x1b$(D"),
        *(b"$", b"~\\", b"!!", b"0l", b"-!", b"\n", b"\x0e", b"\x80", b"\xff", b"("),
    ),
}
EAST_ASIAN = tuple(bytes([byte]) for byte in b"0A<~\x80\x81\x8e\x8f\xa0\xa1\xa2\xb7\xad\xc6\xe0\xfc\xfe\xff\x90\xa5")


def digest(texts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def sequences(encoding: str) -> Iterator[bytes]:
    """Every sequence of the encoding, right or wrong; of the four-byte ones those of the basic plane."""
    trails = [b"", *(bytes([trail]) for trail in range(256))]
    yield from (bytes([lead]) + trail for lead in range(0x80, 0x100) for trail in trails)
    if encoding == "euc-jp":
        yield from (b"\x8f" + bytes(pair) for pair in product(range(0x80, 0x100), repeat=2))
    if encoding == "gb18030":
        digits = range(0x30, 0x3A)
        yield from map(bytes, product(range(0x81, 0x85), digits, range(0x81, 0xFF), digits))


def damaged(encoding: str) -> Iterator[bytes]:
    """A thousand short strings of the bytes that matter to a decoder, in no order."""
    alphabet = ALPHABETS.get(encoding, EAST_ASIAN)
    choices = hashlib.shake_256(encoding.encode()).digest(12_000)
    for start in range(0, len(choices), 12):
        length = 1 + choices[start] % 11
        yield b"".join(alphabet[choice % len(alphabet)] for choice in choices[start + 1 : start + 1 + length])


def test_every_label_of_the_standard_is_known() -> None:
    assert len(LABELS) == 228
    assert {encoding_of(label) for label in LABELS} >= {*SINGLE_BYTE, *MULTI_BYTE, *DAMAGED, "replacement"}
    assert all(decode(b"", encoding_of(label) or "") == "" for label in LABELS)


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("x-sjis", "shift_jis"),
        ("Windows-31J", "shift_jis"),
        ("ks_c_5601-1987", "euc-kr"),
        ("latin1", "windows-1252"),
        ("US-ASCII", "windows-1252"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("x-unicode20utf8", "utf-8"),
        ("cp1251", "windows-1251"),
        ("gb2312", "gbk"),
        ("visual", "iso-8859-8"),
        ("logical", "iso-8859-8-i"),
        ("dos-874", "windows-874"),
        ("iso-8859-9", "windows-1254"),
        ("koi8-ru", "koi8-u"),
        ("ucs-2", "utf-16le"),
        ("unicodeFFFE", "utf-16be"),
        (" \t\n\f\rUtF8 ", "utf-8"),
        ("iso-2022-cn", "replacement"),
    ],
)
def test_aliases(label: str, encoding: str) -> None:
    assert encoding_of(label) == encoding


@pytest.mark.parametrize("label", ["", " ", "utf-7", "utf 8", "\u00a0utf-8", "\u212aoi8-r", "cp437", "\udc80", "none"])
def test_what_is_no_label(label: str) -> None:
    assert encoding_of(label) is None


@pytest.mark.parametrize("encoding", SINGLE_BYTE)
def test_every_byte_of_a_single_byte_encoding(encoding: str) -> None:
    assert digest(decode(bytes([byte]), encoding) for byte in range(256)) == SINGLE_BYTE[encoding]


@pytest.mark.parametrize("encoding", MULTI_BYTE)
def test_every_sequence_of_a_multi_byte_encoding(encoding: str) -> None:
    assert digest(decode(sequence, encoding) for sequence in sequences(encoding)) == MULTI_BYTE[encoding]


@pytest.mark.parametrize("encoding", DAMAGED)
def test_damaged_sequences(encoding: str) -> None:
    assert digest(decode(string, encoding) for string in damaged(encoding)) == DAMAGED[encoding]


@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("windows-1252", b"\x80\x81\x93", "€\x81“"),
        ("windows-1253", b"\xaa", "\ufffd"),
        ("windows-1255", b"\xca", "\u05ba"),
        ("windows-874", b"\x80\x81\xa1\xdb", "€\x81ก\ufffd"),
        ("koi8-u", b"\xae\xbe", "ўЎ"),
        ("macintosh", b"\x8a\xdb\xf0", "ä€\uf8ff"),
        ("x-mac-cyrillic", b"\xa2\xff", "Ґ€"),
        ("iso-8859-8-i", b"\xf9\xec\xe5\xed", "שלום"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("shift_jis", b"\x87\x40\xfa\x40\xf0\x40", "①ⅰ\ue000"),
        ("shift_jis", b"\x80\xa0\xfd\xff\xb1", "\x80\ufffd\ufffd\ufffdｱ"),
        ("euc-jp", b"\xad\xa1\xfc\xf1\xa1\xc1\x8e\xb1", "①ⅰ～ｱ"),
        ("euc-jp", b"\x8f\xa2\xb7~\x8f\xb0\xa1", "～~丂"),
        ("euc-kr", b"\x8c\x63\xb9\xe6", "똠방"),
        ("gbk", b"\x80\xa6\xd9\xa3\xa0", "€\ufe10\u3000"),
        ("gb18030", b"\xa8\xbc\x81\x35\xf4\x37\x94\x39\xda\x33", "ḿ\ue7c7💩"),
        ("big5", b"\x87\x7a\xa3\xe1\xc6\xa1\xf9\xfe", "㡵€①￭"),
        ("big5", b"\x88\x62\xa1\xfe\xa2\x41\xa4A", "\u00ca\u0304／∕乙"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(I1\x1b(J\\~\x1b(Ba", "①ｱ¥‾a"),
        ("hz", b"~{VPND~}~~", "中文~"),
        ("replacement", b"any", "\ufffd"),
    ],
)
def test_characters_that_other_decoders_get_wrong(encoding: str, data: bytes, text: str) -> None:
    assert decode(data, encoding) == text


@pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "euc-kr", "gbk", "gb18030", "big5"])
def test_a_lead_byte_does_not_swallow_the_markup_behind_it(encoding: str) -> None:
    assert decode(b"\x8f<p>a\xe0</p>", encoding) == "\ufffd<p>a\ufffd</p>"
    assert decode(b"a\xe0", encoding) == "a\ufffd"


@pytest.mark.parametrize("label", ["hz-gb-2312", "HZ-GB-2312"])
def test_chinese_that_browsers_refuse_is_decoded(label: str) -> None:
    assert decode("中文".encode("hz"), encoding_of(label) or "") == "中文"


def test_korean_that_browsers_refuse_is_decoded() -> None:
    for label in ("iso-2022-kr", "csiso2022kr"):
        assert decode("한국어".encode("iso2022_kr"), encoding_of(label) or "") == "한국어"


@given(st.sampled_from(sorted(LABELS)), st.one_of(st.binary(), st.text().map(str.encode)))
@settings(deadline=None, max_examples=400)
def test_no_bytes_break_a_decoder(label: str, data: bytes) -> None:
    text = decode(data, encoding_of(label) or "")
    assert text.encode("utf-8").decode("utf-8") == text  # no lone surrogates


NOT_SUPERSETS = {"utf-16le", "utf-16be", "replacement", "hz", "iso2022_kr", "iso-2022-jp"}


@given(st.sampled_from(sorted(LABELS)), st.text(st.characters(max_codepoint=0x7F)))
@settings(deadline=None, max_examples=300)
def test_ascii_survives_every_superset_of_it(label: str, text: str) -> None:
    encoding = encoding_of(label) or ""
    if encoding not in NOT_SUPERSETS:
        assert decode(text.encode(), encoding) == text
        assert decode(text.encode() + "é".encode("utf-16-be"), encoding).startswith(text)
