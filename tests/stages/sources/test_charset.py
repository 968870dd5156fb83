"""Which encoding a page is in: what labels it, in their order, and what its bytes say where nothing does."""

import codecs

import pytest

from stages.sources.charset import decode_html, decode_text

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю"
JAPANESE = "色は匂へど散りぬるを我が世誰ぞ常ならむ"
GERMAN = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"


def html(text: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("utf-8", "utf-8", CZECH),
        ("iso-8859-1", "cp1252", "naïve – “quoted” €"),
        ("latin1", "cp1252", GERMAN),
        ("ISO-8859-2", "iso8859-2", CZECH),
        ("windows-1251", "cp1251", RUSSIAN),
        ("koi8-r", "koi8-r", RUSSIAN),
        ("Shift_JIS", "cp932", JAPANESE + "①"),
        ("euc-jp", "euc-jp", JAPANESE),
        ("gb2312", "gb18030", "中文文本€"),
        ("big5", "big5", "中文文本"),
        ("euc-kr", "cp949", "똠방각하"),
        ("utf-16", "utf-16-le", CZECH),
        ("'utf-8'", "utf-8", CZECH),
    ],
)
def test_the_http_label(label: str, codec: str, text: str) -> None:
    assert decode_html(html(text).encode(codec), label) == html(text)


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="{}">',
        "<META CHARSET={}>",
        '<meta http-equiv="Content-Type" content="text/html; charset={}">',
        "<script>" + "x" * 2000 + "</script><meta charset='{}'/>",
    ],
)
def test_the_meta_label(head: str) -> None:
    page = html(CZECH, head.format("iso-8859-2"))
    assert decode_html(page.encode("iso8859-2"), None) == page
    assert decode_html(page.encode("iso8859-2"), "no-such-charset") == page


def test_the_label_of_xhtml() -> None:
    page = '<?xml version="1.0" encoding="ISO-8859-2"?>' + html(CZECH)
    assert decode_html(page.encode("iso8859-2"), None) == page


def test_the_order_of_labels() -> None:
    page = html(CZECH, '<meta charset="windows-1252">')
    assert decode_html(codecs.BOM_UTF8 + page.encode(), "iso-8859-2") == page
    assert decode_html(codecs.BOM_UTF16_BE + page.encode("utf-16-be"), "utf-8") == page
    assert decode_html(page.encode("iso8859-2"), "iso-8859-2") == page


def test_labels_that_do_not_count() -> None:
    commented = html(CZECH, '<!-- <meta charset="iso-8859-2"> -->')
    assert decode_html(commented.encode(), None) == commented
    not_utf_16 = html(CZECH, '<meta charset="utf-16">')
    assert decode_html(not_utf_16.encode(), None) == not_utf_16


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("utf-8", CZECH),
        ("utf-8", JAPANESE),
        ("ascii", "plain"),
        ("cp1252", GERMAN),
        ("iso8859-2", CZECH),
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
    ],
)
def test_unlabelled_pages(codec: str, text: str) -> None:
    page = html((text + " ") * 5)
    assert decode_html(page.encode(codec), None) == page


@pytest.mark.parametrize("label", [None, "utf-8"])
def test_one_bad_byte_is_replaced_and_the_page_is_not_guessed_anew(label: str | None) -> None:
    page = html(GERMAN + CZECH)
    broken = page.encode().replace(b"Viktor", b"Vi\xffktor")
    assert decode_html(broken, label) == page.replace("Viktor", "Vi\ufffdktor")


@pytest.mark.parametrize("byte", [0xFF, 0xE4, 0x93])
def test_a_bad_byte_anywhere_in_a_page_of_three_byte_characters(byte: int) -> None:
    whole = html(JAPANESE * 3).encode()
    for position in range(40, 40 + len(JAPANESE.encode())):
        decoded = decode_html(whole[:position] + bytes([byte]) + whole[position + 1 :], None)
        assert decoded.count(JAPANESE) >= 2
        assert decoded.count("\ufffd") <= 3


def test_a_page_cut_inside_of_a_character() -> None:
    assert decode_html((CZECH + "ů").encode()[:-1], None) == CZECH + "\ufffd"


def test_text_has_no_labels() -> None:
    assert decode_text(b'<meta charset="iso-8859-2"> ' + "ů".encode()) == '<meta charset="iso-8859-2"> ů'
    assert decode_text(codecs.BOM_UTF8 + b"a") == "a"
    assert decode_text(b"") == ""
