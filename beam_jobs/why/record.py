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


def show_record(
    job: Job, corpus: FinishedCorpus, row: dict[str, Any], stored: dict[str, Any] | None, save: str
) -> None:
    """Prints the original and its text; writes the original to a file where one is named.

    `stored` is what the run measured on it: what is measured now is shown only if it is something else.
    """
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
    _show_text(record, corpus, stored)


def _show_text(record: Record, corpus: FinishedCorpus, stored: dict[str, Any] | None) -> None:
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
    say(f"its language: {language.language} {language.score:.4f}")
    checked = check_quality(text, language.language, corpus.settings.quality)
    measured = dict(checked.measurements)
    if stored is not None and all(stored[name] == value for name, value in measured.items()):
        say("the quality rules measure on it what the run stored (above)")
    else:
        show_measured("what the quality rules measure on it", measured, corpus)
    say("")
