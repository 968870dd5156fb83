"""Which encoding a page is in: what labels it, in their order, and what its bytes say where nothing does."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webencodings import LABELS

from stages.sources.charset import decode_html, decode_text

ARABIC = "نص حكيم له سر قاطع وذو شأن عظيم مكتوب على ثوب أخضر ومغلف بجلد أزرق"
CHINESE = "中文文本是一种用汉字书写的语言，我们在这里写了很多的话。"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy"
GERMAN = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"
GREEK = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"
HEBREW = "דג סקרן שט לו בים זך אך לפתע פגש חבורה נחמדה"
ICELANDIC = "Kæmi ný öxi hér, ykist þjófum nú bæði víl og ádrepa"
JAPANESE = "色は匂へど散りぬるを我が世誰ぞ常ならむ"
KOREAN = "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다"
LITHUANIAN = "Įlinkdama fechtuotojo špaga sublykčiojusi pragręžė apvalų arbūzą"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю"
TAIWANESE = "中文文本是一種用漢字書寫的語言，我們在這裡寫了很多的話。"
THAI = "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า"
TURKISH = "Pijamalı hasta yağız şoföre çabucak güvendi"
UKRAINIAN = "Чуєш їх, доцю, га? Кумедна ж ти, прощайся без ґольфів!"
VIETNAMESE = "Con soi nâu nhay qua con chó luoi, đưng đên ơ"


def html(text: str, head: str = "") -> str:
    return f"<html><head>{head}<title>{text}</title></head><body><p>{text}</p></body></html>"


LABELLED = [
    ("utf-8", "utf-8", CZECH),
    ("UTF8", "utf-8", THAI),
    ("unicode-1-1-utf-8", "utf-8", HEBREW),
    ("iso-8859-1", "cp1252", "naïve – “quoted” €"),
    ("latin1", "cp1252", GERMAN),
    ("us-ascii", "cp1252", ICELANDIC),
    ("windows-1252", "cp1252", ICELANDIC),
    ("ISO-8859-2", "iso8859-2", CZECH),
    ("latin2", "iso8859-2", CZECH),
    ("windows-1250", "cp1250", CZECH),
    ("iso-8859-3", "iso8859-3", "Laŭ Ludoviko Zamenhof bongustas freŝa ĉeĥa manĝaĵo"),
    ("iso-8859-4", "iso8859-4", LITHUANIAN),
    ("iso-8859-5", "iso8859-5", RUSSIAN),
    ("cp1251", "cp1251", RUSSIAN),
    ("windows-1251", "cp1251", UKRAINIAN),
    ("koi8-r", "koi8-r", RUSSIAN),
    ("koi8-u", "koi8-u", UKRAINIAN),
    ("x-mac-cyrillic", "mac-cyrillic", RUSSIAN),
    ("866", "cp866", RUSSIAN),
    ("iso-8859-6", "iso8859-6", ARABIC),
    ("windows-1256", "cp1256", ARABIC),
    ("greek", "iso8859-7", GREEK),
    ("windows-1253", "cp1253", GREEK),
    ("visual", "iso8859-8", HEBREW),
    ("iso-8859-8-i", "iso8859-8", HEBREW),
    ("windows-1255", "cp1255", HEBREW),
    ("iso-8859-9", "cp1254", TURKISH + " €"),
    ("latin5", "cp1254", TURKISH),
    ("iso-8859-10", "iso8859-10", ICELANDIC),
    ("iso-8859-13", "iso8859-13", LITHUANIAN),
    ("windows-1257", "cp1257", LITHUANIAN),
    ("iso-8859-14", "iso8859-14", "Ŵy, ŷd a ẁy"),
    ("iso-8859-15", "iso8859-15", "cœur à 5 €, Žižek"),
    (
        "iso-8859-16",
        "iso8859-16",
        "Gheorghe, obezul, a reuşit să obţină jucându-se".translate(str.maketrans("şţ", "șț")),
    ),
    ("dos-874", "cp874", THAI + " …"),
    ("tis-620", "cp874", THAI),
    ("windows-1258", "cp1258", VIETNAMESE),
    ("macintosh", "mac-roman", GERMAN),
    ("x-sjis", "cp932", JAPANESE + "①"),
    ("Shift_JIS", "cp932", JAPANESE),
    ("euc-jp", "euc-jp", JAPANESE),
    ("iso-2022-jp", "iso2022-jp", JAPANESE),
    ("gb2312", "gb18030", CHINESE),
    ("GBK", "gb18030", "中文文本镕"),
    ("gb18030", "gb18030", CHINESE + " é 💩"),
    ("big5", "big5", TAIWANESE),
    ("Big5-HKSCS", "big5hkscs", "佢哋嘅嘢喺邊度"),
    ("ks_c_5601-1987", "cp949", "똠방각하"),
    ("euc-kr", "cp949", KOREAN),
    ("hz-gb-2312", "hz", "中文文本"),
]
"""A label, the codec of Python that writes what it means, and a text."""

UNLABELLED = [
    ("utf-8", CZECH),
    ("utf-8", JAPANESE),
    ("ascii", "plain"),
    ("cp1252", GERMAN),
    ("cp1252", ICELANDIC),
    ("iso8859-2", CZECH),
    ("cp1250", CZECH),
    ("cp1251", RUSSIAN),
    ("koi8-r", RUSSIAN),
    ("cp866", RUSSIAN),
    ("iso8859-5", RUSSIAN),
    ("mac-cyrillic", RUSSIAN),
    ("iso8859-7", GREEK),
    ("cp1255", HEBREW),
    ("cp1256", ARABIC),
    ("cp1254", TURKISH),
    ("iso8859-13", LITHUANIAN),
    ("cp874", THAI),
    ("cp932", JAPANESE),
    ("euc-jp", JAPANESE),
    ("iso2022-jp", JAPANESE),
    ("gb18030", CHINESE),
    ("big5", TAIWANESE),
    ("cp949", KOREAN),
    ("iso2022-kr", KOREAN),
]


@dataclass(frozen=True)
class Case:
    """A page as it was served, and its text."""

    name: str
    data: bytes
    http: str | None
    text: str


def cases() -> Iterator[Case]:
    """Every label in the header and in a page of one of the ways, in turn."""
    heads = cycle(
        [
            '<meta charset="{}">',
            "<META CHARSET={}>",
            "<meta http-equiv='Content-Type' content='text/html; charset={}'>",
            '<meta content="text/html;charset = {}" http-equiv="content-type" />',
            "<script>" + "x" * 2000 + "</script><meta charset='{}'/>",
            '<!-- <meta charset="ibm866"> --><a title="<meta charset=ibm866>"></a><meta charset="{}">',
        ]
    )
    for label, codec, text in LABELLED:
        page = html(text)
        yield Case(f"header {label}", page.encode(codec), label, page)
        page = html(text, next(heads).format(label))
        yield Case(f"meta {label}", page.encode(codec), None, page)
        page = f'<?xml version="1.0" encoding="{label}"?>\n{html(text)}'
        yield Case(f"xml {label}", page.encode(codec), None, page)
        for mark, marked in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
            yield Case(f"{marked} mark {label}", mark + page.encode(marked), label, page)
        yield Case(f"utf-8 mark {label}", codecs.BOM_UTF8 + page.encode(), label, page)


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_labelled_pages(case: Case) -> None:
    assert decode_html(case.data, case.http) == case.text


@pytest.mark.parametrize(("codec", "text"), UNLABELLED)
def test_unlabelled_pages(codec: str, text: str) -> None:
    page = "<html><body><p>" + (text + " ") * 5 + "</p></body></html>"
    assert decode_html(page.encode(codec), None) == page
    assert decode_text(page.encode(codec)) == page


@pytest.mark.parametrize("text", ["Über uns", "El niño comió", "È così", "garçon", "© 2004", "the Smith’s – it’s big"])
def test_unlabelled_western_pages_with_few_accents(text: str) -> None:
    page = f"<html><body><h1>Welcome</h1><p>Some words in plain English or else.</p><p>{text}</p></body></html>"
    assert decode_html(page.encode("cp1252"), None) == page


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "unicode"])
def test_utf_16_in_the_header(label: str) -> None:
    assert decode_html(html(CZECH).encode("utf-16-le"), label) == html(CZECH)
    assert decode_html(html(CZECH).encode("utf-16-be"), "utf-16be") == html(CZECH)


def test_the_header_goes_before_the_page() -> None:
    page = f'<?xml version="1.0" encoding="big5"?>{html(CZECH, "<meta charset=windows-1252>")}'
    assert decode_html(page.encode("iso8859-2"), "iso-8859-2") == page


@pytest.mark.parametrize("header", [None, "", "no-such-charset", "utf-8, text/html", "none"])
def test_a_header_that_names_nothing_does_not_count(header: str | None) -> None:
    page = html(CZECH, "<meta charset=iso-8859-2>")
    assert decode_html(page.encode("iso8859-2"), header) == page


@pytest.mark.parametrize("header", ["'utf-8'", '"utf-8"', " UTF-8 "])
def test_quotes_around_the_header_label(header: str) -> None:
    assert decode_html(html(CZECH).encode(), header) == html(CZECH)


@pytest.mark.parametrize("label", ["utf-16", "utf-16be", "no-such-charset"])
def test_labels_in_the_page_that_do_not_count(label: str) -> None:
    page = html(CZECH, f"<meta charset={label}>")
    assert decode_html(page.encode(), None) == page


def test_a_wrong_label_is_believed_as_browsers_believe_it() -> None:
    assert decode_html("é".encode(), "iso-8859-1") == "Ã©"
    assert decode_html(b"<meta charset=latin1>" + "é".encode(), None) == "<meta charset=latin1>Ã©"


@pytest.mark.parametrize("label", [None, "utf-8"])
def test_one_bad_byte_is_replaced_and_the_page_is_not_guessed_anew(label: str | None) -> None:
    page = html(GERMAN + CZECH)
    broken = page.encode().replace(b"Viktor", b"Vi\xffktor")
    assert decode_html(broken, label) == page.replace("Viktor", "Vi\ufffdktor")


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [case for case in LABELLED if case[0] in ("x-sjis", "euc-jp", "gb2312", "big5", "euc-kr")],
)
def test_one_bad_byte_between_two_byte_characters(label: str, codec: str, text: str) -> None:
    broken = html(text).encode(codec).replace(b"<p>", b"<p>\xff\n").replace(b"</p>", b"\x81</p>")
    expected = html(text).replace("<p>", "<p>\ufffd\n").replace("</p>", "\ufffd</p>")
    assert decode_html(broken, label) == expected


@pytest.mark.parametrize("byte", [0xFF, 0xE4, 0x93])
def test_a_bad_byte_anywhere_in_a_page_of_three_byte_characters(byte: int) -> None:
    whole = html(JAPANESE * 3).encode()
    start = whole.index("色".encode())
    for position in range(start, start + len(JAPANESE.encode())):
        decoded = decode_html(whole[:position] + bytes([byte]) + whole[position + 1 :], None)
        assert decoded.count(JAPANESE) >= 5
        assert decoded.count("\ufffd") <= 3


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_page_cut_inside_of_a_character(cut: int) -> None:
    text = CZECH + "💩"
    assert decode_html(text.encode()[:-cut], None) == CZECH + "\ufffd"


def test_ascii_with_escapes_is_not_taken_for_japanese() -> None:
    terminal = "\x1b[31mred\x1b[0m costs $B \x1b(B"
    assert decode_text(terminal.encode()) == terminal


def test_escapes_in_utf_8_are_not_taken_for_japanese() -> None:
    text = "\x1b$B0l\x1b(B " + CZECH
    assert decode_text(text.encode()) == text


def test_as_many_bad_bytes_as_characters_are_no_utf_8() -> None:
    page = "<p>Prüfung der Ã¤-Zeichen: Ã¤ und Ã¶ für Äpfel</p>"
    assert decode_html(page.encode("cp1252"), None) == page


def test_text_has_no_labels() -> None:
    assert decode_text(b'<meta charset="iso-8859-2"> ' + "ů".encode()) == '<meta charset="iso-8859-2"> ů'
    assert decode_text(codecs.BOM_UTF8 + b"a") == "a"
    assert decode_text(codecs.BOM_UTF16_LE + "ů".encode("utf-16-le")) == "ů"
    assert decode_text(b"") == ""


HEADERS = st.one_of(st.none(), st.sampled_from(sorted(LABELS)), st.text(max_size=8))
PAGES = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.builds(bytes.__add__, st.sampled_from([b"\xff\xfe", b"\x1b$B"]), st.binary()),
)


@given(PAGES, HEADERS)
@settings(deadline=None, max_examples=400)
def test_no_page_breaks_it(data: bytes, header: str | None) -> None:
    decode_html(data, header).encode("utf-8")  # raises for lone surrogates


@given(st.text())
@settings(deadline=None, max_examples=200)
def test_utf_8_comes_back(text: str) -> None:
    assert decode_html(text.encode(), "utf-8") == text.removeprefix("\ufeff")
