"""Extraction: a page's text out of its HTML, wikitext or plain bytes, or the reason why there is none.

`extract` is a pure function of the record and the settings: a page gives the same text whatever came before it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stages.document import Record, Refusal
from stages.extraction.cleaning import clean_text
from stages.extraction.html_page import html_text
from stages.extraction.wikitext import wikitext_text
from stages.recipe import Extraction
from stages.sources.charset import decode_text

__all__ = ["Extracted", "clean_text", "extract"]

Found = tuple[str, str | None] | Refusal
"""The text and the title, or why there are none."""


@dataclass(frozen=True)
class Extracted:
    """The text of a page, cleaned and not empty, and its title if the page names one."""

    text: str
    title: str | None


def extract(record: Record, settings: Extraction) -> Extracted | Refusal:
    """The text of a record, or the rule that removes it.

    Rules: `page_bytes`, `page_tags` and `open_templates` bound what the parsers are given, `extraction_failed` is a
    parser's own failure, `empty_text` a page without text.
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
    return Extracted(text, title or None) if text else Refusal("empty_text")


def _described(error: Exception) -> str:
    """The error in one line that is the same in every run: without addresses in memory."""
    message = re.sub(r"0x[0-9a-f]{6,}", "0x", str(error)).partition("\n")[0]
    return f"{type(error).__name__}: {message[:200]}"


def _html(record: Record, settings: Extraction) -> Found:
    content = record.content
    return html_text(content if isinstance(content, bytes) else content.encode(), record.charset, settings)


def _wikitext(record: Record, settings: Extraction) -> Found:
    found = wikitext_text(_decoded(record.content), settings)
    return found if isinstance(found, Refusal) else (found, record.title)


def _text(record: Record, _: Extraction) -> Found:
    return _decoded(record.content), record.title


def _decoded(content: bytes | str) -> str:
    return content if isinstance(content, str) else decode_text(content)


_EXTRACTORS: dict[str, Callable[[Record, Extraction], Found]] = {"html": _html, "wikitext": _wikitext, "text": _text}
