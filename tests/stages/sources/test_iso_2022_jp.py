"""ISO-2022-JP where the standard and Python's codecs part: sets, vendors' rows, lines, and damaged sequences."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.sources.encodings import decode


def decoded(data: bytes) -> str:
    return decode(data, "iso-2022-jp")


@pytest.mark.parametrize("codec", ["iso2022_jp", "iso2022_jp_ext"])
def test_it_reads_what_python_writes(codec: str) -> None:
    text = "日本語とASCII、\n改行のあと\\もう一度~。"
    assert decoded(text.encode(codec)) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b(I1\x1b(Ba", "ｱa"),
        (b"\x1b(J\\~\x1b(B\\~", "¥‾\\~"),
        (b"\x1b$@0l\x1b(B", "一"),
        (b"\x1b$B0l\n0l\x1b(B", "一\ufffd一"),
        (b"\x1b$B0l0", "一\ufffd"),
        (b"\x1b$B0\x1b(Ba", "\ufffda"),
        (b"\x1b$B0l0\x80~!\x1b(B<", "一\ufffd\ufffd<"),
        (b"a\x0e\x80b", "a\ufffd\ufffdb"),
        (b"\x1b$X<", "\ufffd$X<"),
        (b"a\x1b", "a\ufffd"),
        (b"\x1b$B\x1b(Ba", "\ufffda"),
        (b"\x1b(I\x60", "\ufffd"),
    ],
)
def test_the_standard_where_others_differ(data: bytes, text: str) -> None:
    assert decoded(data) == text


@given(st.lists(st.sampled_from([b"\x1b(B", b"\x1b$B", b"\x1b", b"0l", b"0", b"\n", b"\xff", b"a"])).map(b"".join))
@settings(deadline=None, max_examples=200)
def test_no_bytes_break_it(data: bytes) -> None:
    assert len(decoded(data)) <= len(data)
