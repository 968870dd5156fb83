"""Screening: which pages cannot survive the stages to come, told from a cheap text of theirs.

Full extraction takes 90 % of a corpus run, and most crawled pages fall to language and length right after it. The
cheap text is all of the visible text of a page, which nearly always holds the main text that extraction would find. A
page is too short only if it has too few words, with a margin, both there and in all that it holds besides markup. A
language is ruled out only if independent witnesses agree, since the menus of a page may be in another language than its
article. `benchmarks/README.md` has the measured gain and loss.
"""

import re
from typing import Any

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.lang import detect_fast, supported_langs

from stages.document import Refusal
from stages.extraction.html_page import page_facts
from stages.language import language_probabilities, representative_sample
from stages.recipe import Corpus

SURELY_SHORT = 0.8
"""Extraction can count a few words more than are visible: it puts bars between the cells of tables."""
NEAREST_LANGUAGES = 3
"""resiliparse's first guess is right in 95 % of the cases; the true language is nearly always among three."""
RULED_OUT = 0.01
"""py3langid must find the wanted languages less probable than this."""
SURELY_RULED_OUT = 0.001
"""The same for a page whose `lang` attribute names another language: surer of that, of all else a little less."""
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


def screen(page: str, settings: Corpus) -> Refusal | None:
    """Why a page cannot become a document, if cheap tests show that; a pure function.

    Rules: `minimum_words`, as that of the quality stage, with a margin; `language`, two classifiers agree that all of
    the text and the main text are in no wanted language; `language_attribute`, the page itself says so too.
    """
    if not settings.screening.enabled:
        return None
    text = str(extract_plain_text(page, main_content=False, alt_texts=False, preserve_formatting=False))
    gopher = settings.quality.gopher_quality
    fewest = SURELY_SHORT * gopher.minimum_words if gopher.enabled else 0.0
    if len(text.split()) < fewest and (words := _words(text)) < fewest:
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
    is_foreign = declared is not None and declared not in keep
    count, ruled_out = (1, SURELY_RULED_OUT) if is_foreign else (NEAREST_LANGUAGES, RULED_OUT)
    nearest = _nearest(text, keep)
    if _has_any(nearest[:count], keep) or (share := _share(text, keep)) >= ruled_out:
        return None
    if not is_foreign or not nearest or _has_any(nearest, keep):
        main = str(extract_plain_text(page, main_content=True, alt_texts=False, preserve_formatting=False))
        if _has_any(_nearest(main, keep)[:count], keep) or (share := _share(main, keep)) >= ruled_out:
            return None
    rule = "language_attribute" if is_foreign else "language"
    return Refusal(rule, share, ruled_out, declared if is_foreign else None)


def _has_any(languages: list[str], keep: tuple[str, ...]) -> bool:
    return any(language in keep for language in languages)


def _nearest(text: str, keep: tuple[str, ...]) -> list[str]:
    """The languages that a text is nearest to; none if the detector does not know all that are to be kept."""
    if not _DETECTED.issuperset(keep):
        return []
    start = max(len(text) - MIDDLE_CHARACTERS, 0) // 2
    middle = text[start : start + MIDDLE_CHARACTERS]
    ranked: Any = detect_fast(middle, n_results=NEAREST_LANGUAGES, cutoff=NO_CUTOFF)
    return [language for language, _ in ranked]


def _share(text: str, keep: tuple[str, ...]) -> float:
    """How probable the languages to keep are together; 1 for a text without a letter, which tells nothing."""
    sample = representative_sample(text, SAMPLE_CHARACTERS)
    shares = language_probabilities(sample)
    return sum(share for language, share in shares if language in keep) if shares else 1.0
