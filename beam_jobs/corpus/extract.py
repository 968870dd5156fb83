"""Phase 1: byte ranges of the sources to candidate documents, their MinHash bands, and removals.

Where text that recurs is to be cut out first, the hashes of the candidates' units of text take the place of the bands.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from beam_jobs.corpus.candidates import candidate_writer, candidates_phase, signature_settings
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.measurements import MEASUREMENT_SCHEMA, measurement_row
from beam_jobs.corpus.repeated import text_units_writer
from beam_jobs.corpus.resources import resource_hashes
from beam_jobs.corpus.tables import CANDIDATE_SCHEMA, identity_of, removal_row, table_writer, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, inputs_path
from stages import artifacts
from stages.document import REMOVAL_SCHEMA, Record
from stages.isolated_judging import judged
from stages.ledger import Ledger
from stages.recipe import Reading, Recipe, Source
from stages.sources import Span, read_records, spans
from stages.verdict import STAGES, Verdict

READER_SETTINGS = ("name", "text_column", "id_column", "url_column", "title_column", "date_column")
"""What of a source decides its records beside the bytes of its files."""


def settings(recipe: Recipe) -> Any:
    """What decides the output of a unit beside its files."""
    corpus = recipe.corpus
    parts = (
        *(corpus.urls, corpus.screening, corpus.extraction, corpus.isolation, corpus.language),
        *(corpus.cleaning, corpus.quality, corpus.decontamination),
    )
    reading = corpus.reading.model_dump(mode="json", exclude={"http"})
    sections = [part.model_dump(mode="json") for part in parts]
    return [*sections, resource_hashes(corpus), reading, _compared(recipe), corpus.keep_removed_text]


def _compared(recipe: Recipe) -> Any:
    """What decides how documents are compared with others: by their bands, or by their units of text."""
    corpus = recipe.corpus
    if candidates_phase(recipe) == "extract":
        return signature_settings(corpus.near_duplicates)
    is_substrings = corpus.repeated_text.unit == "substrings"
    read = {"substring_words"} if is_substrings else {"span_sentences", "minimum_characters"}
    return corpus.repeated_text.model_dump(mode="json", include={"unit", *read})


def plan(job: Job) -> list[Planned]:
    """Cuts large files into ranges and puts small ones together, so that a unit is about `unit_megabytes`."""
    unit_bytes = int(job.recipe.corpus.unit_megabytes * 1e6)
    sources = {source.name: source for source in job.recipe.corpus.sources}
    planned = []
    for group in _grouped(_all_spans(job, unit_bytes), unit_bytes):
        source = sources[group[0]["source"]]
        reader = source.model_dump(mode="json", include=set(READER_SETTINGS))
        planned.append(Planned({"reader": reader, "spans": group}, sum(map(_length, group))))
    return planned


def _length(span: Mapping[str, Any]) -> int:
    return int(span["stop"] - span["start"])


def _all_spans(job: Job, unit_bytes: int) -> Iterator[dict[str, Any]]:
    for file in artifacts.read_json(inputs_path(job)):
        if not file["source"]:
            continue
        for span in spans(file["format"], file["path"], file["size"], unit_bytes):
            yield {**file, "start": span.start, "stop": span.stop}


def _grouped(every: Iterator[dict[str, Any]], unit_bytes: int) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for span in every:
        full = sum(map(_length, group)) + _length(span) > unit_bytes
        if group and (full or span["source"] != group[0]["source"]):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Does one unit; the counts are its ledger, and the records and candidates of its source."""
    corpus = job.recipe.corpus
    source = next(one for one in corpus.sources if one.name == unit.inputs["reader"]["name"])
    ledger, examples = Ledger(STAGES), Examples(corpus.cleaning)
    with (
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
        table_writer(outputs, "measurements", MEASUREMENT_SCHEMA, product=True) as measurements,
        _candidates(job.recipe, outputs) as add_candidate,
    ):
        for record, verdict in judged(_records(source, unit.inputs["spans"], corpus.reading), corpus):
            _book(ledger, verdict)
            identity = identity_of(record, source.name)
            if verdict.measurements is not None:
                measurements.write(measurement_row(identity["id"], verdict))
            if verdict.refusal is None:
                add_candidate(_candidate_row(identity, verdict))
                continue
            row = removal_row(identity, verdict.stage, verdict.refusal, verdict.text)
            if verdict.text is not None:
                examples.add(row, verdict.text)
            removals.write(row if corpus.keep_removed_text else {**row, "text": None})
    write_table(outputs, "examples", examples.table())
    counts = {"records": ledger.stages[STAGES[0]].read, "candidates": ledger.stages[STAGES[-1]].kept}
    return {"ledger": ledger.to_json(), "sources": {source.name: counts}}


@contextmanager
def _candidates(recipe: Recipe, outputs: Outputs) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Yields what takes the rows of candidates."""
    if candidates_phase(recipe) == "extract":
        with candidate_writer(outputs, recipe.corpus.near_duplicates) as candidates:
            yield candidates.add
        return
    with (
        table_writer(outputs, "candidates", CANDIDATE_SCHEMA) as documents,
        text_units_writer(outputs, recipe.corpus.repeated_text) as text_units,
    ):

        def add(row: Mapping[str, Any]) -> None:
            documents.write(row)
            text_units.add(row["id"], row["text"])

        yield add


def _records(source: Source, inputs: list[dict[str, Any]], reading: Reading) -> Iterator[Record]:
    for one in inputs:
        span = Span(one["path"], one["start"], one["stop"])
        yield from read_records(source.model_copy(update={"format": one["format"]}), span, reading)


def _book(ledger: Ledger, verdict: Verdict) -> None:
    for stage in STAGES:
        if stage == verdict.stage and verdict.refusal is not None:
            ledger.remove(stage, verdict.refusal.rule)
            return
        ledger.keep(stage)


def _candidate_row(identity: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    assert verdict.text is not None and verdict.language is not None and verdict.measurements is not None
    return {
        **identity,
        "title": verdict.title,
        "published": verdict.published,
        "text": verdict.text,
        "language": verdict.language.language,
        "language_score": verdict.language.score,
        "quality_score": verdict.measurements.get("quality_score"),
        "perplexity": verdict.measurements.get("perplexity"),
        "edits": [edit.to_json() for edit in verdict.edits],
    }
