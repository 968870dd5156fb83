"""Phase 1: byte ranges of the sources to candidate documents, their MinHash bands, and removals."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from beam_jobs.corpus.tables import CANDIDATE_SCHEMA, TableWriter, identity_of, removal_row, table_writer
from beam_jobs.units import Job, Outputs, Planned, Unit, inputs_path
from stages import artifacts
from stages.document import REMOVAL_SCHEMA, Record
from stages.isolated_judging import judged
from stages.ledger import Ledger
from stages.near_duplicates.signatures import band_keys, content_hash, text_signatures
from stages.recipe import NearDuplicates, Reading, Recipe, Source
from stages.sources import Span, read_records, spans
from stages.verdict import STAGES, Verdict

READER_SETTINGS = ("name", "text_column", "id_column", "url_column", "title_column", "date_column")
"""What of a source decides its records beside the bytes of its files."""

TEXTS_PER_BATCH = 128
"""Signatures are computed for so many texts at once; past that the kernel gets no faster."""


def settings(recipe: Recipe) -> Any:
    """What decides the output of a unit beside its files."""
    corpus = recipe.corpus
    parts = (corpus.screening, corpus.extraction, corpus.isolation, corpus.language, corpus.quality)
    reading = corpus.reading.model_dump(mode="json", exclude={"http"})
    signatures = corpus.near_duplicates.model_dump(mode="json", exclude={"threshold"})
    return [*(part.model_dump(mode="json") for part in parts), reading, signatures, corpus.keep_removed_text]


def signature_schema(near_duplicates: NearDuplicates) -> pa.Schema:
    """What later phases need of a candidate without its text: one row each, in the order of the candidates."""
    return pa.schema(
        [
            pa.field("id", pa.uint64(), nullable=False),
            pa.field("length", pa.uint32(), nullable=False),
            pa.field("content_hash", pa.uint64(), nullable=False),
            *(pa.field(band_column(band), pa.uint64(), nullable=False) for band in range(near_duplicates.bands)),
        ]
    )


def band_column(band: int) -> str:
    """The column that holds the key of one LSH band."""
    return f"band_{band:03d}"


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
    ledger = Ledger(STAGES)
    with (
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
        table_writer(outputs, "candidates", CANDIDATE_SCHEMA) as documents,
        table_writer(outputs, "signatures", signature_schema(corpus.near_duplicates)) as signatures,
    ):
        candidates = _Candidates(documents, signatures, corpus.near_duplicates)
        for record, verdict in judged(_records(source, unit.inputs["spans"], corpus.reading), corpus):
            _book(ledger, verdict)
            identity = identity_of(record, source.name)
            if verdict.refusal is None:
                candidates.add(identity, verdict)
                continue
            text = verdict.text if corpus.keep_removed_text else None
            removals.write(removal_row(identity, verdict.stage, verdict.refusal, text))
        candidates.flush()
    counts = {"records": ledger.stages[STAGES[0]].read, "candidates": ledger.stages[STAGES[-1]].kept}
    return {"ledger": ledger.to_json(), "sources": {source.name: counts}}


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


class _Candidates:
    """Writes candidates as they come, and their signatures in batches."""

    def __init__(self, documents: TableWriter, signatures: TableWriter, near_duplicates: NearDuplicates):
        self._documents = documents
        self._signatures = signatures
        self._settings = near_duplicates
        self._waiting: list[tuple[int, str]] = []

    def add(self, identity: Mapping[str, Any], verdict: Verdict) -> None:
        assert verdict.text is not None and verdict.language is not None
        language = {"language": verdict.language.language, "language_score": verdict.language.score}
        self._documents.write(
            {**identity, "title": verdict.title, "published": verdict.published, "text": verdict.text, **language}
        )
        self._waiting.append((identity["id"], verdict.text))
        if len(self._waiting) == TEXTS_PER_BATCH:
            self.flush()

    def flush(self) -> None:
        texts = [text for _, text in self._waiting]
        keys = band_keys(text_signatures(texts, self._settings), self._settings)
        for (document_id, text), row in zip(self._waiting, keys.tolist(), strict=True):
            bands = {band_column(band): key for band, key in enumerate(row)}
            self._signatures.write(
                {"id": document_id, "length": len(text), "content_hash": content_hash(text), **bands}
            )
        self._waiting = []
