"""HTML to text with trafilatura (Barbaresi 2021, https://aclanthology.org/2021.acl-demo.15) or resiliparse.

What else a document needs of a page (title, day, language) comes from one cheap look at its head: trafilatura's own
search for them doubles its cost.
"""

import html
import logging
import re
from dataclasses import dataclass

import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from stages.document import Refusal
from stages.recipe import Extraction
from stages.sources.charset import decode_html

HEAD_CHARACTERS = 65_536
"""How far into a page its title and day are looked for, if no body begins before."""
SHALLOW_TAGS = 5_000
"""A page with fewer tags may be as deep as it likes: resiliparse needs 17 ns times the square of the depth."""

_BODY = re.compile(r"<body\b", re.IGNORECASE)
_FACT = re.compile(
    r"""<title\b[^<>]*>(?P<title>[^<]*)
      | <html\b[^<>]*?\s(?:xml:)?lang\s*=\s*["']?(?P<language>[a-z]{2,3})\b
      | <meta\b(?P<attributes>[^<>]*)>
      | "datePublished"\s*:\s*"(?P<published>\d{4}-\d\d-\d\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_PUBLISHED = re.compile(
    r"""article:published_time|datePublished|citation_publication_date|citation_date|pubdate|publishdate|publish-date
      | \bdc\.date(?:\.issued|\.created)?\b | \bdcterms\.(?:date|issued|created)\b | \bsailthru\.date\b
      | parsely-pub-date | (?:name|itemprop)\s*=\s*["']?date(?![\w.:-])""",
    re.IGNORECASE | re.VERBOSE,
)
_DAY = re.compile(r"""content\s*=\s*(?:["']\s*)?(\d{4})[-/](\d\d)[-/](\d\d)""", re.IGNORECASE)
_ELEMENT = re.compile(
    # Elements whose end may be left out, and such as have none, do not nest in themselves.
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|td|th|tr|tbody|thead|"
    r"tfoot|option|optgroup|colgroup|rt|rp|html|head|body)\b)[a-z][^<>]*?(/?)>",
    re.IGNORECASE,
)

# It warns of every page that holds no article, which is what `empty_text` counts.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class PageFacts:
    """What a page says of itself."""

    title: str | None
    published: str | None
    """YYYY-MM-DD."""
    language: str | None
    """The primary subtag of its `lang` attribute, in lower case."""


def opened_page(content: bytes | str, http_charset: str | None, settings: Extraction) -> str | Refusal:
    """The characters of a page as it was served; a Refusal if it is past the bounds of what parsers are given."""
    page = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    if len(page) > settings.maximum_page_bytes:
        return Refusal("page_bytes", value=len(page), threshold=settings.maximum_page_bytes)
    tags = page.count(b"<")
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    source = content if isinstance(content, str) else decode_html(content, http_charset)
    if tags > SHALLOW_TAGS and (depth := _depth(source)) > settings.maximum_page_depth:
        return Refusal("page_depth", value=depth, threshold=settings.maximum_page_depth)
    return source


def html_text(source: str, settings: Extraction) -> str:
    """The main text of a page; empty if there is none."""
    if settings.extractor == "resiliparse":
        return str(extract_plain_text(source, main_content=True, alt_texts=False, comments=settings.include_comments))
    text = trafilatura.extract(
        source,
        fast=settings.fast,
        favor_precision=settings.favor == "precision",
        favor_recall=settings.favor == "recall",
        include_comments=settings.include_comments,
        include_tables=settings.include_tables,
        with_metadata=False,
        deduplicate=False,  # it would remember other pages
    )
    return text or ""


def page_facts(source: str) -> PageFacts:
    """Title, day of publication and language, as the page declares them."""
    title = published = language = None
    body = _BODY.search(source, 0, HEAD_CHARACTERS)
    for found in _FACT.finditer(source, 0, body.start() if body else HEAD_CHARACTERS):
        if found["title"] and title is None:
            title = " ".join(html.unescape(found["title"]).split()) or None
        elif found["language"] and language is None:
            language = found["language"].lower()
        elif found["published"]:
            published = published or found["published"]
        elif found["attributes"] and published is None and _PUBLISHED.search(found["attributes"]):
            day = _DAY.search(found["attributes"])
            published = "-".join(day.groups()) if day else None
    return PageFacts(title, published, language)


def _depth(source: str) -> int:
    """How deep elements lie in each other, at most."""
    depth = deepest = 0
    for closing, empty in _ELEMENT.findall(source):
        if closing:
            depth = max(depth - 1, 0)
        elif not empty:
            depth += 1
            deepest = max(deepest, depth)
    return deepest
