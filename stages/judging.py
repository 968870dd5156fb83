"""One record's way through the stages that look at each text alone: read, url, screen, extract and so on."""

from dataclasses import replace

from stages.decontamination import decontaminate
from stages.document import Record, Refusal
from stages.encoding_repair import repair_encoding
from stages.extraction import extract, opened_page
from stages.language import check_language, identify_language
from stages.personal_data import mask_personal_data
from stages.quality.checking import check_quality
from stages.recipe import Corpus
from stages.screening import screen
from stages.urls import check_url
from stages.verdict import Verdict


def judge(record: Record, settings: Corpus) -> Verdict:
    """Passes a record through the stages until one of them refuses it. A pure function."""
    if record.refusal is not None:
        return Verdict("read", record.refusal)
    refusal = check_url(record.url, settings.urls)
    if refusal is not None:
        return Verdict("url", refusal)
    if record.media == "html":
        page = opened_page(record.content, record.charset, settings.extraction)
        refusal = page if isinstance(page, Refusal) else screen(page, settings)
        if refusal is not None or isinstance(page, Refusal):
            return Verdict("screen", refusal)
        record = replace(record, content=page)
    extracted = extract(record, settings.extraction)
    if isinstance(extracted, Refusal):
        return Verdict("extract", extracted)
    found = Verdict("extract", None, extracted.text, extracted.title or record.title, extracted.published)
    return _judge_text(found, extracted.text, settings)


def load_and_judge(record: Record, settings: Corpus) -> Verdict:
    """Judges a record after every stage has seen it, so that all lists, models and indexes are loaded.

    For the process that others are forked from: they share what it has loaded.
    """
    text = str(record.content)
    language = identify_language(text, settings.language).language
    check_quality(text, language, settings.quality)
    decontaminate(text, language, settings.decontamination)
    mask_personal_data(repair_encoding(text, settings.cleaning)[0], settings.cleaning)
    return judge(record, settings)


def _judge_text(found: Verdict, text: str, settings: Corpus) -> Verdict:
    """The stages after extraction: they see nothing but the text."""
    text, repaired = repair_encoding(text, settings.cleaning)
    language = identify_language(text, settings.language)
    found = replace(found, text=text, language=language, edits=repaired)
    refusal = check_language(language, settings.language)
    if refusal is not None:
        return replace(found, stage="language", refusal=refusal)
    checked = check_quality(text, language.language, settings.quality)
    found = replace(found, measurements=checked.measurements)
    if checked.refusal is not None:
        return replace(found, stage="quality", refusal=checked.refusal)
    edits = (*repaired, *checked.edits)
    clean = decontaminate(checked.text, language.language, settings.decontamination)
    if isinstance(clean, Refusal):
        return replace(found, stage="decontaminate", refusal=clean)
    text, cut = clean
    text, masked = mask_personal_data(text, settings.cleaning)
    return replace(found, stage="decontaminate", text=text, edits=(*edits, *cut, *masked))
