"""The record behind a row, fetched again: as it was served, the text in it, and what the rules measure on it now."""

from pathlib import Path
from typing import Any

from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.units import Job
from beam_jobs.why.answer import beginning, described, show_measured
from beam_jobs.why.origin import fetch
from stages.console import say
from stages.document import Record, Refusal
from stages.encoding_repair import repair_encoding
from stages.isolated_judging import isolated_extraction
from stages.isolation import CallLostError
from stages.language import identify_language
from stages.quality.checking import check_quality

SHOWN_CHARACTERS = 1_500


def show_record(job: Job, corpus: FinishedCorpus, row: dict[str, Any], save: str) -> None:
    """Prints the original and its text; writes the original to a file where one is named."""
    record = fetch(job, row)
    if isinstance(record, str):
        say(f"the record cannot be fetched again: {record}\n")
        return
    content = record.content if isinstance(record.content, bytes) else record.content.encode("utf-8", "replace")
    say(f"the record, fetched again: {len(content):,} bytes of {record.media}")
    if record.refusal is not None:
        say(f"  read: {described(record.refusal)}\n")
        return
    if save:
        Path(save).write_bytes(content)
        say(f"  written to {save}")
    say(beginning(content.decode("utf-8", "replace"), SHOWN_CHARACTERS))
    _show_text(record, corpus)


def _show_text(record: Record, corpus: FinishedCorpus) -> None:
    """The extracted text, and what each rule measures on it, whether or not an earlier one removed the page."""
    isolated = isolated_extraction(corpus.settings)
    try:
        extracted = isolated(record)
    except CallLostError as lost:
        extracted = Refusal(f"the parser was stopped, {lost}")
    finally:
        isolated.close()
    if isinstance(extracted, Refusal):
        say(f"no text: {described(extracted)}\n")
        return
    text, _ = repair_encoding(extracted.text, corpus.settings.cleaning)
    say(f"its text: {len(text):,} characters")
    say(beginning(text, SHOWN_CHARACTERS))
    language = identify_language(text, corpus.settings.language)
    say(f"its language: {language.language} {language.score:g}")
    checked = check_quality(text, language.language, corpus.settings.quality)
    show_measured("what the rules measure on it", dict(checked.measurements), corpus)
    say("")
