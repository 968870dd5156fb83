"""One record's way through the stages that look at each text alone: read, screen, extract, language, quality."""

from dataclasses import replace

from stages.document import Record, Refusal
from stages.extraction import extract, opened_page
from stages.language import check_language, identify_language
from stages.quality import check_quality
from stages.recipe import Corpus
from stages.screening import screen
from stages.verdict import Verdict


def judge(record: Record, settings: Corpus) -> Verdict:
    """Passes a record through the stages until one of them refuses it. A pure function."""
    if record.refusal is not None:
        return Verdict("read", record.refusal)
    if record.media == "html":
        page = opened_page(record.content, record.charset, settings.extraction)
        refusal = page if isinstance(page, Refusal) else screen(page, settings)
        if refusal is not None or isinstance(page, Refusal):
            return Verdict("screen", refusal)
        record = replace(record, content=page)
    extracted = extract(record, settings.extraction)
    if isinstance(extracted, Refusal):
        return Verdict("extract", extracted)
    text, title, published = extracted.text, extracted.title or record.title, extracted.published
    language = identify_language(text, settings.language)
    refusal = check_language(language, settings.language)
    if refusal is not None:
        return Verdict("language", refusal, text, title, published, language)
    refusal = check_quality(text, language.language, settings.quality)
    return Verdict("quality", refusal, text, title, published, language)
