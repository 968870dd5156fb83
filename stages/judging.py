"""One record's way through the stages that look at each text alone: read, extract, language, quality."""

from dataclasses import dataclass

from stages.document import Record, Refusal
from stages.extraction import extract
from stages.language import Identified, check_language, identify_language
from stages.quality import check_quality
from stages.recipe import Corpus

STAGES = ("read", "extract", "language", "quality")


@dataclass(frozen=True)
class Verdict:
    """How far a record came: the last stage that saw it, and why it went no further (None: it passed them all)."""

    stage: str
    refusal: Refusal | None
    text: str | None = None
    title: str | None = None
    language: Identified | None = None


def judge(record: Record, settings: Corpus) -> Verdict:
    """Passes a record through the stages until one of them refuses it. A pure function."""
    if record.refusal is not None:
        return Verdict("read", record.refusal)
    extracted = extract(record, settings.extraction)
    if isinstance(extracted, Refusal):
        return Verdict("extract", extracted)
    text, title = extracted.text, extracted.title or record.title
    language = identify_language(text, settings.language)
    refusal = check_language(language, settings.language)
    if refusal is not None:
        return Verdict("language", refusal, text, title, language)
    refusal = check_quality(text, language.language, settings.quality)
    return Verdict("quality", refusal, text, title, language)
