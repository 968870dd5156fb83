"""The prescan of a page's head, case by case of the standard's algorithm."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.sources.charset_prescan import PRESCAN_BYTES, prescan

KOI8 = b'<meta charset="koi8-r">'


@pytest.mark.parametrize(
    "tag",
    [
        b"<meta charset=koi8-r>",
        b"<meta charset='koi8-r'>",
        b'<META CHARSET="KOI8-R">',
        b'<meta\n\tcharset\x0c = \r"koi8-r">',
        b"<meta/charset=koi8-r>",
        b'<meta charset="koi8-r"/>',
        b'<meta charset=" koi8-r\t">',
        b'<meta name="a>b" charset=koi8-r>',
        b"<meta charset=koi8-r charset=big5>",
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">',
        b"<meta content='text/html;charset = \"koi8-r\"' http-equiv=content-type>",
        b'<meta http-equiv="Content-Type" content="text/html; charset=\'koi8-r\'; x">',
        b'<meta http-equiv="Content-Type" content="charset charset=koi8-r;big5">',
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r" name=x>',
        b'<meta http-equiv="Content-Type" content="text/html; charset=big5" charset=koi8-r>',
    ],
)
def test_tags_that_name_the_encoding(tag: bytes) -> None:
    assert prescan(b"<!doctype html><html><head>" + tag) == "koi8-r"


@pytest.mark.parametrize(
    "before",
    [
        b"<!-- <meta charset=big5> -->",
        b"<!-->",
        b"<!--->",
        b"<!-- > -- > <meta charset=big5> -->",
        b"<a title='<meta charset=big5>'>",
        b'<a title="<meta charset=big5>" b=">">',
        b"</a title='<meta charset=big5>'>",
        b"<a title=<meta/charset=big5>",
        b"<metadata charset=big5>",
        b"<meta>",
        b"<met charset=big5>",
        b"<! <meta charset=big5>",
        b"</ <meta charset=big5>",
        b"<? <meta charset=big5>",
        b"< 1 <> << a<b>",
        b"meta charset=big5>",
        b'<meta name="description" content="text/html; charset=big5">',
        b'<meta http-equiv="refresh" content="text/html; charset=big5">',
        b"<meta http-equiv=content-type content='text/html; charset=\"big5'>",
        b"<meta http-equiv=content-type content='charset=\"big5 charset=big5'>",
        b"<meta http-equiv=content-type content='text/html; charset'>",
        b"<meta charset=no-such-label>",
        b"<meta charset>",
        b"<meta charset=>",
        b"<meta content='text/html; charset=big5' http-equiv=content-type charset=no-such-label>",
        b"<meta name=charset content=big5>",
        b"<script>if (a<b && '<!') {}</script>",
        b"\x00\xff\xfe<\xe4>",
    ],
)
def test_what_does_not_count_and_hides_nothing_behind_it(before: bytes) -> None:
    assert prescan(before) is None
    assert prescan(before + KOI8) == "koi8-r"


@pytest.mark.parametrize(
    "open_construct",
    [
        b"<!-- ",
        b"<a title='",
        b'<a title="',
        b"<meta name='",
        b"<meta charset=big5 ",
        b"<a b=",
        b"<!x",
        b"<?x ",
        b"</ ",
    ],
)
def test_a_construct_that_does_not_end_ends_the_prescan(open_construct: bytes) -> None:
    assert prescan(open_construct) is None
    assert prescan(open_construct + KOI8[:-1]) is None
    assert prescan(open_construct.rstrip() + b"<meta charset=koi8-r") is None


@pytest.mark.parametrize(
    "open_construct",
    [b"<!-- >", b"<a title='>", b'<a title="x>', b"</a title='>", b'<meta name="x>', b'<meta charset="big5>'],
)
def test_nothing_counts_behind_a_construct_that_never_ends(open_construct: bytes) -> None:
    assert prescan(open_construct + b"<p><meta charset=koi8-r>") is None


def test_labels_that_ascii_markup_gives_the_lie() -> None:
    assert prescan(b"<meta charset=utf-16>") == "utf-8"
    assert prescan(b"<meta charset=UTF-16BE>") == "utf-8"
    assert prescan(b"<meta charset=x-user-defined>") == "windows-1252"
    assert prescan(b'<?xml version="1.0" encoding="utf-16"?>') == "utf-8"


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        (b'<?xml version="1.0" encoding="koi8-r"?>', "koi8-r"),
        (b"<?xml version='1.0' encoding \n= 'KOI8-R' standalone='yes'?>", "koi8-r"),
        (b'<?xml version="1.0" encoding=koi8-r?>', None),
        (b'<?xml version="1.0" encoding=" koi8-r"?>', None),
        (b'<?xml version="1.0" Encoding="koi8-r"?>', None),
        (b'<?xml version="1.0"?><a encoding="koi8-r">', None),
        (b'<?xml encodings encoding="koi8-r"?>', None),
        (b' <?xml version="1.0" encoding="koi8-r"?>', None),
    ],
)
def test_the_declaration_of_xhtml(declaration: bytes, encoding: str | None) -> None:
    assert prescan(declaration) == encoding
    assert prescan(declaration + b"\n<!DOCTYPE html><html>") == encoding


def test_a_declaration_that_does_not_end() -> None:
    assert prescan(b'<?xml version="1.0" encoding="koi8-r') is None
    assert prescan(b'<?xml version="1.0" encoding="koi8-r" ?') is None
    assert prescan(b'<?xml version="1.0" encoding="koi8-r<html>"') is None


def test_a_meta_tag_goes_before_the_declaration() -> None:
    assert prescan(b'<?xml version="1.0" encoding="big5"?>' + KOI8) == "koi8-r"


def test_an_xml_declaration_in_utf_16_without_a_mark() -> None:
    assert prescan('<?xml version="1.0"?>'.encode("utf-16-le")) == "utf-16le"
    assert prescan('<?xml version="1.0"?>'.encode("utf-16-be")) == "utf-16be"


def test_how_far_it_looks() -> None:
    room = PRESCAN_BYTES - len(KOI8)
    assert prescan(b"x" * room + KOI8) == "koi8-r"
    assert prescan(b"x" * (room + 1) + KOI8) is None


HOSTILE = [
    b"<",
    b"<meta ",
    b"<meta charset=x>",
    b"<a b='",
    b"<!--",
    b"<meta charset==",
    b"<?xml encoding ",
    b"<a\n",
    b"< =",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_heads_cost_little(unit: bytes) -> None:
    page = unit * (5_000_000 // len(unit)) + KOI8
    started = time.perf_counter()
    assert prescan(page) is None
    assert time.perf_counter() - started < 0.5  # a few milliseconds; quadratic ones would be many


TOKENS = [
    b"<",
    b">",
    b"/",
    b"<meta ",
    b"charset=",
    b"content=",
    b"http-equiv=content-type ",
    b"koi8-r",
    b'"',
    b"'",
    b" ",
]


@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=3)), max_size=30).map(b"".join))
@settings(deadline=None, max_examples=300)
def test_no_head_breaks_it(head: bytes) -> None:
    assert prescan(head) in (None, "koi8-r")
    assert prescan(head.upper()) == prescan(head)
