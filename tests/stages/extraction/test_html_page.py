"""HTML to text: the main text, the title, the bounds, and that a page's text depends on nothing but the page."""

import random
import time
from dataclasses import replace

import pytest
import trafilatura

from stages.document import Record, Refusal
from stages.extraction import Extracted, extract, opened_page
from stages.extraction.html_page import PageFacts, page_facts
from stages.recipe import Extraction

SETTINGS = Extraction()
WORDS = "the miller carried every sack of grain to stone before water had turned his wheel once more"


def record(content: bytes | str, charset: str | None = None) -> Record:
    page = content if isinstance(content, bytes) else content.encode()
    return Record("urn:1", "html", page, "file", 0, charset=charset)


def article(number: int, sentences: int = 30) -> str:
    chance = random.Random(number)
    words = WORDS.split()
    paragraphs = [
        "<p>" + " ".join(" ".join(chance.sample(words, 12)).capitalize() + "." for _ in range(4)) + "</p>"
        for _ in range(sentences // 4)
    ]
    navigation = "<nav><ul>" + "<li><a href='/'>Home</a></li>" * 20 + "</ul></nav>"
    return (
        f"<!doctype html><html><head><title>Mill {number} &amp; more</title></head>"
        f"<body>{navigation}<article><h1>Mill</h1>{''.join(paragraphs)}</article><footer>Imprint</footer></body></html>"
    )


def text_of(page: bytes | str, charset: str | None = None) -> str:
    found = extract(record(page, charset), SETTINGS)
    assert isinstance(found, Extracted)
    return found.text


def rule_of(page: bytes | str, settings: Extraction = SETTINGS) -> Refusal:
    found = extract(record(page), settings)
    assert isinstance(found, Refusal)
    return found


def test_the_main_text_and_the_title() -> None:
    found = extract(record(article(1).encode()), SETTINGS)
    assert isinstance(found, Extracted)
    assert found.title == "Mill 1 & more"
    assert found.text.count("\n") >= 6
    assert "Home" not in found.text
    assert "<" not in found.text
    assert text_of(article(1)) == found.text


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>  A\n  B </title>", "A B"),
        ("<TITLE lang='de'>Gr&uuml;&szlig;e &#8211; M&#xFC;hle</TITLE>", "Grüße – Mühle"),
        ("<title></title>", None),
        ("", None),
        ("<script>" + "x" * 70_000 + "</script><title>late</title>", None),
        ("<title>a\x00b\x01</title>", "ab"),
    ],
)
def test_titles(head: str, title: str | None) -> None:
    page = article(1).replace("<title>Mill 1 &amp; more</title>", head)
    found = extract(record(page), SETTINGS)
    assert isinstance(found, Extracted)
    assert found.title == title


def test_encodings() -> None:
    page = article(1).replace("miller", "Müller").replace("Mill 1", "Mühle")
    assert text_of(page.encode("iso8859-1"), "ISO-8859-1") == text_of(page)
    labelled = page.replace("<head>", '<head><meta charset="iso-8859-1">')
    assert text_of(labelled.encode("iso8859-1")) == text_of(page)
    declared = '<?xml version="1.0" encoding="iso-8859-1"?>' + page.replace("<!doctype html>", "")
    assert text_of(declared.encode("iso8859-1")) == text_of(page)
    assert "Müller" in text_of(page.encode("iso8859-1"))


def test_the_bounds() -> None:
    page = article(1)
    size, tags = len(page.encode()), page.count("<")
    assert rule_of(page, Extraction(maximum_page_bytes=size - 1)) == Refusal(
        "page_bytes", value=size, threshold=size - 1
    )
    assert rule_of(page, Extraction(maximum_page_tags=tags - 1)) == Refusal("page_tags", value=tags, threshold=tags - 1)
    at_the_bounds = Extraction(maximum_page_bytes=size, maximum_page_tags=tags)
    assert isinstance(extract(record(page), at_the_bounds), Extracted)


def test_depth_is_bounded_only_where_it_can_be_dear() -> None:
    deep = "<div>" * 3_000
    assert rule_of(f"{deep}<p>{'<br>' * 3_000}") == Refusal("page_depth", value=3_000, threshold=1_000)
    assert rule_of(f"{deep}<p>word") == Refusal("empty_text")
    unclosed = "<ul>" + "<li>word" * 6_000 + "</ul>"
    assert isinstance(extract(record(article(1).replace("</article>", f"{unclosed}</article>")), SETTINGS), Extracted)


def test_characters_are_taken_as_opened() -> None:
    opened = opened_page(article(1).encode("utf-16"), "utf-16", SETTINGS)
    assert opened == article(1)
    assert extract(replace(record(b""), content=opened), SETTINGS) == extract(record(article(1)), SETTINGS)


COMMENTED = (
    "<html><body><article>"
    + "<p>The miller grinds the grain of all the village every day of the year.</p>" * 8
    + "<table><tr><td>wheat in sacks</td><td>12</td></tr></table></article><div id='comments' class='comments'>"
    + "<p>A comment that a reader has left below the article.</p></div></body></html>"
)


def test_settings_reach_the_extractor() -> None:
    def shown(**settings: object) -> str:
        found = extract(record(COMMENTED), Extraction.model_validate(settings))
        assert isinstance(found, Extracted)
        return found.text

    assert "wheat in sacks" in shown()
    assert "wheat in sacks" not in shown(include_tables=False)
    assert "A comment" not in shown()
    assert "A comment" in shown(include_comments=True)
    assert "The miller grinds" in shown(extractor="resiliparse")
    assert shown(extractor="resiliparse") != shown()


def test_favor_and_fast_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(trafilatura, "extract", lambda _, **settings: given.update(settings))
    extract(record(article(1)), Extraction(fast=False, favor="precision"))
    assert (given["fast"], given["favor_precision"], given["favor_recall"]) == (False, True, False)
    extract(record(article(1)), Extraction(favor="recall"))
    assert (given["fast"], given["favor_precision"], given["favor_recall"]) == (True, False, True)
    assert (given["deduplicate"], given["with_metadata"]) == (False, False)


@pytest.mark.parametrize(
    ("head", "facts"),
    [
        ("<html lang='en-US'><title>A</title>", PageFacts("A", None, "en")),
        ('<html dir=ltr xml:lang="DE"><title>A</title>', PageFacts("A", None, "de")),
        ("<html lang=fr class=x>", PageFacts(None, None, "fr")),
        ("<html data-lang='de'>", PageFacts(None, None, None)),
        ("<p lang='de'><title>A</title>", PageFacts("A", None, None)),
        ("<title></title><svg><title>B</title>", PageFacts("B", None, None)),
        (
            "<meta property='article:published_time' content='2024-03-05T10:00:00Z'>",
            PageFacts(None, "2024-03-05", None),
        ),
        ("<meta content='2024/03/05' name=date>", PageFacts(None, "2024-03-05", None)),
        ("<meta name='DC.date.issued' content='2024-03-05'>", PageFacts(None, "2024-03-05", None)),
        ("<title>A</title><body><meta name=date content='2024-03-05'>", PageFacts("A", None, None)),
        ("<meta name='update' content='2024-03-05'>", PageFacts(None, None, None)),
        ("<meta name=date content='yesterday'>", PageFacts(None, None, None)),
        (
            '<script type="application/ld+json">{"datePublished": "2024-03-05T01"}</script>',
            PageFacts(None, "2024-03-05", None),
        ),
    ],
)
def test_what_a_page_says_of_itself(head: str, facts: PageFacts) -> None:
    assert page_facts(head) == facts


@pytest.mark.parametrize("page", ["", " ", "<html></html>", "<!-- only -->", "plain words, no markup", "\x00\x01"])
def test_pages_without_text(page: str) -> None:
    assert rule_of(page) == Refusal("empty_text")


def test_a_parser_that_fails_costs_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> str:
        raise KeyError("<Element p at 0x7f00deadbeef> is\nodd")

    monkeypatch.setattr(trafilatura, "extract", failing)
    assert rule_of(article(1)) == Refusal("extraction_failed", detail="KeyError: '<Element p at 0x> is\\nodd'")


@pytest.mark.parametrize("error", [ImportError, MemoryError])
def test_what_is_no_fault_of_the_page_is_raised(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def failing(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(trafilatura, "extract", failing)
    with pytest.raises(error):
        extract(record(article(1)), SETTINGS)


def test_a_page_gives_the_same_text_a_thousand_times() -> None:
    """With other pages in between, which a memory of segments would mix up."""
    page = article(0, sentences=8)
    expected = text_of(page)
    for number in range(1000):
        if number % 10 == 0:
            extract(record(article(number % 70, sentences=8)), SETTINGS)
        assert text_of(page) == expected


ADVERSARIAL = {
    "deep": "<div>" * 39_000,
    "deep closed": "<div>" * 19_000 + "x" + "</div>" * 19_000,
    "unclosed": "<div><p>" * 19_000,
    "tables": "<table><tr><td>x</td></tr></table>" * 5_600,
    "flat table": "<table>" + "<tr><td>word word</td></tr>" * 9_900 + "</table>",
    "spans": "<p>" + "<span>word </span>" * 19_000,
    "links": "<p>" + "<a href='x'>word</a> " * 19_000,
    "headings": "<h2>word</h2>" * 19_000,
    "lists": "<ul><li>word" * 19_000,
    "breaks": "<p>" + "word<br>" * 39_000,
    "text": "<p>" + "word " * 390_000,
    "attributes": "<p " + "a=b " * 400_000 + ">x",
    "entities": "<p>" + "&amp;" * 390_000,
    "title": "<title>" * 39_000,
    "spaces": "<p>" + " " * 1_900_000,
    "newlines": "<pre>" + "\n" * 1_900_000,
    "comments": "<!--" * 39_000,
    "script": "<script>" + "if (a < b) {}" * 39_000,
    "metas": "<meta " * 39_000,
    "htmls": "<html " * 39_000,
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_pages_made_to_take_long_do_not(name: str) -> None:
    page = ADVERSARIAL[name]
    assert len(page) < SETTINGS.maximum_page_bytes
    began = time.process_time()
    extract(record(f"<html><body>{page}</body></html>"), SETTINGS)
    assert time.process_time() - began < 4  # two seconds on a quiet core
