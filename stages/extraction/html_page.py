"""HTML to text with trafilatura (Barbaresi 2021, https://aclanthology.org/2021.acl-demo.15), and the page's title."""

import html
import logging
import re

import trafilatura

from stages.document import Refusal
from stages.recipe import Extraction
from stages.sources.charset import decode_html

TITLE_CHARACTERS = 65_536
"""How far into a page its title is looked for."""

_TITLE = re.compile(r"<title\b[^>]*>([^<]*)", re.IGNORECASE)

# It warns of every page that holds no article, which is what `empty_text` counts.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def html_text(page: bytes, http_charset: str | None, settings: Extraction) -> tuple[str, str | None] | Refusal:
    """The main text of a page as it was served, and its title; a Refusal if the page is past the bounds."""
    if len(page) > settings.maximum_page_bytes:
        return Refusal("page_bytes", value=len(page), threshold=settings.maximum_page_bytes)
    tags = page.count(b"<")
    if tags > settings.maximum_page_tags:
        return Refusal("page_tags", value=tags, threshold=settings.maximum_page_tags)
    source = decode_html(page, http_charset)
    # Fast mode leaves out fallbacks of quadratic cost. Deduplication would remember other pages.
    text = trafilatura.extract(source, fast=True, include_comments=False, with_metadata=False, deduplicate=False)
    return text or "", _title(source)


def _title(source: str) -> str | None:
    found = _TITLE.search(source, 0, TITLE_CHARACTERS)
    return " ".join(html.unescape(found[1]).split()) or None if found else None
