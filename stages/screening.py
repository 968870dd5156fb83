"""Screening: which pages cannot survive the stages to come, told from a cheap text of theirs.

Full extraction takes 90 % of a corpus run, and most crawled pages fall to language and length right after it. The
cheap text is all of the visible text of a page, which nearly always holds the main text that extraction would find. A
page is too short only if it has too few words, with a margin, both there and in all that it holds besides markup. A
language is ruled out only if independent witnesses agree, since the menus of a page may be in another language than its
article. `benchmarks/README.md` has the measured gain and loss.
"""

import re
from dataclasses import dataclass
from typing import Any

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.lang import detect_fast, supported_langs

from stages.document import Refusal
from stages.extraction.html_page import page_facts
from stages.language import language_probabilities, representative_sample
from stages.recipe import Corpus

SURELY_SHORT = 0.8
"""Extraction can count a few words more than are visible: it puts bars between the cells of tables."""
NO_CUTOFF = 1 << 30
MIDDLE_CHARACTERS = 4_000
SAMPLE_CHARACTERS = 600
_OPENING = re.compile(r"<(script|style)\b[^<>]*(?<!/)>", re.IGNORECASE)
_CLOSING = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
_JSON_LD = "ld+json"
_TAG = re.compile(r"<[^<>]*>")
_DETECTED = frozenset(supported_langs())
_UNSPACED_LETTERS = re.compile("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Thai, Lao, Tibetan, Burmese, Khmer, Japanese and Chinese: each letter counts as a word."""


@dataclass(frozen=True)
class Doubt:
    """How sure the witnesses must be that a page is in no wanted language."""

    nearest_languages: int
    """How many of the languages that resiliparse finds nearest must not be wanted; its first one is right in 95 %."""
    ruled_out: float
    """py3langid must find the wanted languages less probable than this."""


UNDECLARED = Doubt(3, 0.01)
DECLARED_FOREIGN = Doubt(1, 0.001)
"""For a page whose `lang` attribute names a language that is not wanted."""


def screen(page: str, settings: Corpus) -> Refusal | None:
    """Why a page cannot become a document, if cheap tests show that; a pure function.

    Rules: `minimum_words`, as that of the quality stage, with a margin; `language`, two classifiers agree over all of
    the text and over the main text that it is in no wanted language; `language_attribute`, the page itself says so too.
    """
    if not settings.screening.enabled:
        return None
    text = str(extract_plain_text(page, main_content=False, alt_texts=False, preserve_formatting=False))
    fewest = SURELY_SHORT * settings.quality.minimum_words
    if (words := _words(text)) < fewest:
        return Refusal("minimum_words", words, fewest) if _words(_without_markup(page)) < fewest else None
    return _foreign(page, text, settings.language.keep) if settings.language.keep else None


def _words(text: str) -> int:
    """How many words a text has by any way of counting."""
    return len(text.split()) + len(_UNSPACED_LETTERS.findall(text))


def _without_markup(page: str) -> str:
    """All that a page holds but tags, scripts and style sheets: extraction finds texts that no browser shows.

    Such are those of `<noscript>` and `<template>`, and articles in JSON-LD.
    """
    kept: list[str] = []
    position = 0
    for opening in _OPENING.finditer(page):
        if opening.start() < position or _JSON_LD in opening[0]:
            continue
        end = _CLOSING[opening[1].lower()].search(page, opening.end())
        if end is None:
            break
        kept.append(page[position : opening.start()])
        position = end.end()
    return _TAG.sub(" ", " ".join((*kept, page[position:])))


def _foreign(page: str, text: str, keep: tuple[str, ...]) -> Refusal | None:
    """Refuses a page of which all witnesses say that it is in none of the languages to keep; the cheap ones first."""
    declared = page_facts(page).language
    doubt = UNDECLARED if declared is None or declared in keep else DECLARED_FOREIGN
    if _is_near(text, keep, doubt) or _share(text, keep) >= doubt.ruled_out:
        return None
    main = str(extract_plain_text(page, main_content=True, alt_texts=False, preserve_formatting=False))
    if _is_near(main, keep, doubt) or (share := _share(main, keep)) >= doubt.ruled_out:
        return None
    if doubt is DECLARED_FOREIGN:
        return Refusal("language_attribute", share, doubt.ruled_out, declared)
    return Refusal("language", share, doubt.ruled_out)


def _is_near(text: str, keep: tuple[str, ...], doubt: Doubt) -> bool:
    """Whether one of the nearest languages of a text is to be kept; never, if the detector does not know them all."""
    if not _DETECTED.issuperset(keep):
        return False
    ranked: Any = detect_fast(_middle(text), n_results=doubt.nearest_languages, cutoff=NO_CUTOFF)
    if doubt.nearest_languages == 1:
        ranked = [ranked]
    return any(language in keep for language, _ in ranked)


def _share(text: str, keep: tuple[str, ...]) -> float:
    """How probable the languages to keep are together; 1 for a text without a letter, which tells nothing."""
    sample = representative_sample(text, SAMPLE_CHARACTERS)
    shares = language_probabilities(sample)
    return sum(share for language, share in shares if language in keep) if shares else 1.0


def _middle(text: str) -> str:
    start = max(len(text) - MIDDLE_CHARACTERS, 0) // 2
    return text[start : start + MIDDLE_CHARACTERS]
