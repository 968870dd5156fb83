"""Extraction: a page's text out of its HTML, wikitext or plain bytes, or the reason why there is none.

`extract` is a pure function of the record and the settings: a page gives the same text whatever came before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stages.document import Record, Refusal
from stages.extraction.cleaning import clean_text
from stages.extraction.html_page import html_text, opened_page, page_facts
from stages.extraction.wikitext import wikitext_text
from stages.recipe import Extraction
from stages.sources.charset import decode_text

__all__ = ["Extracted", "clean_text", "extract", "opened_page"]

Found = tuple[str, str | None, str | None] | Refusal
"""The text, the title and the day of publication, or why there are none."""


@dataclass(frozen=True)
class Extracted:
    """The text of a page, cleaned and not empty, and what the page says of its title and day of publication."""

    text: str
    title: str | None
    published: str | None = None


def extract(record: Record, settings: Extraction) -> Extracted | Refusal:
    """The text of a record, or the rule that removes it. HTML is bytes, or the characters that `opened_page` gave.

    Rules: `page_bytes`, `page_tags`, `page_depth` and `open_templates` bound what the parsers are given,
    `extraction_failed` is a parser's own failure, `empty_text` a page without text.
    """
    try:
        found = _EXTRACTORS[record.media](record, settings)
    except (ImportError, MemoryError):
        raise  # no fault of the page
    except Exception as error:
        return Refusal("extraction_failed", detail=_described(error))
    if isinstance(found, Refusal):
        return found
    text, title = clean_text(found[0]), clean_text(found[1] or "")
    return Extracted(text, title or None, found[2]) if text else Refusal("empty_text")


def _described(error: Exception) -> str:
    """The error in one line that is the same in every run: without addresses in memory."""
    message = re.sub(r"0x[0-9a-f]{6,}", "0x", str(error)).partition("\n")[0]
    return f"{type(error).__name__}: {message[:200]}"


def _html(record: Record, settings: Extraction) -> Found:
    page = record.content
    opened = page if isinstance(page, str) else opened_page(page, record.charset, settings)
    if isinstance(opened, Refusal):
        return opened
    facts = page_facts(opened)
    return html_text(opened, settings), facts.title, facts.published


def _wikitext(record: Record, settings: Extraction) -> Found:
    found = wikitext_text(_decoded(record.content), settings, record.link_namespaces)
    return found if isinstance(found, Refusal) else (found, record.title, None)


def _text(record: Record, _: Extraction) -> Found:
    return _decoded(record.content), record.title, None


def _decoded(content: bytes | str) -> str:
    return content if isinstance(content, str) else decode_text(content)


_EXTRACTORS: dict[str, Callable[[Record, Extraction], Found]] = {"html": _html, "wikitext": _wikitext, "text": _text}
