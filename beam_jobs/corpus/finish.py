"""The last phase: writes the documents that stay, with their split, and the variants of some training documents."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus import outcomes
from beam_jobs.corpus.duplicates.index import index_schema, index_table
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.outcomes import Outcomes
from beam_jobs.corpus.tables import TableWriter, read_batches, read_table, removal_row, table_writer, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of
from stages import artifacts
from stages.document import DOCUMENT_SCHEMA, IDENTITY_FIELDS, REFUSED_VARIANT_SCHEMA, REMOVAL_SCHEMA, Refusal
from stages.ledger import Ledger
from stages.near_duplicates.held_out import nearest
from stages.recipe import Corpus, NearDuplicates, Recipe
from stages.splits import SPLITS

STAGE = "duplicates"
VARIANT_STAGE = "augment"
NEAR_HELD_OUT = "near_held_out"
"""Why a variant goes: it is too alike to a document that is held out."""


def settings(recipe: Recipe) -> Any:
    """What decides the output beside candidates, decisions and variants."""
    near_duplicates = recipe.corpus.near_duplicates.model_dump(mode="json")
    return [outcomes.settings(recipe), near_duplicates, recipe.corpus.keep_removed_text]


def plan(job: Job) -> list[Planned]:
    """One unit for each file of candidates."""
    every = outcomes.planned(job)
    made: list[dict[str, Any] | None] = [*files_of(commits_of(job, "augment"), "variants")] or [None] * len(every)
    refused = [file for file in files_of(commits_of(job, "apart"), "refused") if file["rows"]]
    return [
        Planned({**one.inputs, "variants": variants, "refused": refused if variants else []}, one.weight)
        for one, variants in zip(every, made, strict=True)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one file of documents and one of removals; the counts are ledger, splits, sources and variants."""
    corpus = job.recipe.corpus
    ledger, examples = Ledger([STAGE]), Examples()
    found = Outcomes(job, unit.inputs)
    with (
        table_writer(outputs, "documents", DOCUMENT_SCHEMA, product=True) as documents,
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
        _index_writer(corpus.near_duplicates, outputs) as add_to_index,
    ):
        writer = _DocumentWriter(documents)
        for decided in found.batches():
            ledger.keep(STAGE, decided.kept.num_rows)
            writer.write(decided.kept, found.splits(decided))
            add_to_index(decided.kept)
            for candidate, decision in decided.removed():
                ledger.remove(STAGE, decision["rule"])
                removal = _duplicate_row(candidate, decision, corpus)
                examples.add(removal, candidate["text"])
                removals.write(removal)
        variants = _write_variants(job, unit, documents, outputs)
    write_table(outputs, "examples", examples.table())
    return {"ledger": ledger.to_json(), **writer.counts(), "variants": variants}


def _duplicate_row(candidate: Mapping[str, Any], decision: Mapping[str, Any], corpus: Corpus) -> dict[str, Any]:
    identity = {field.name: candidate[field.name] for field in IDENTITY_FIELDS}
    rule, measured = decision["rule"], decision["jaccard"]
    if rule.endswith("near_duplicate"):
        value = measured if decision["estimate"] is None else decision["estimate"]
        refusal = Refusal(rule, value, corpus.near_duplicates.threshold)
    else:
        refusal = Refusal(rule)
    text = candidate["text"] if corpus.keep_removed_text or corpus.near_duplicates.keep_text else None
    partner = {"duplicate_of": decision["duplicate_of"], "jaccard": measured}
    return {**removal_row(identity, STAGE, refusal, text), **partner}


@contextmanager
def _index_writer(near_duplicates: NearDuplicates, outputs: Outputs) -> Iterator[Callable[[pa.Table], None]]:
    """Yields what takes the documents that stay, and writes what a later run needs to compare its own with them."""
    if not near_duplicates.write_index:
        yield lambda _documents: None
        return
    with table_writer(outputs, "signatures", index_schema(near_duplicates), product=True, hashes=True) as signatures:
        yield lambda documents: signatures.write_table(index_table(documents, near_duplicates))


class _DocumentWriter:
    """Writes documents, and counts them."""

    def __init__(self, documents: TableWriter):
        self._documents = documents
        self._splits: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        self._sources: dict[str, Counter[str]] = {}
        self._groups: Counter[tuple[str, str, str, str]] = Counter()

    def write(self, candidates: pa.Table, splits: Sequence[str]) -> None:
        """Writes candidates that stay, with their splits."""
        names = ("augmentation", "parent_id")
        missing = {name: pa.nulls(len(splits), DOCUMENT_SCHEMA.field(name).type) for name in names}
        columns = {"split": pa.array(splits, pa.string()), **missing}
        found = {name: columns[name] if name in columns else candidates.column(name) for name in DOCUMENT_SCHEMA.names}
        documents = pa.table(found, schema=DOCUMENT_SCHEMA)
        self._documents.write_table(documents)
        self._count(documents)

    def _count(self, documents: pa.Table) -> None:
        texts = documents.column("text")
        sizes = {"characters": pc.utf8_length(texts), "bytes": pc.binary_length(texts)}
        for column, counts in (("split", self._splits), ("source", self._sources)):
            table = pa.table({"key": documents.column(column), **sizes}).group_by("key")
            for row in table.aggregate([("characters", "count"), ("characters", "sum"), ("bytes", "sum")]).to_pylist():
                size = {"documents": row["characters_count"], **{name: row[f"{name}_sum"] for name in sizes}}
                counts.setdefault(row["key"], Counter()).update(size)
        columns = [documents.column(name).to_pylist() for name in ("split", "source", "language")]
        for *group, size in zip(*columns, sizes["bytes"].to_pylist(), strict=True):
            self._groups.update({(*group, "documents"): 1, (*group, "bytes"): size})

    def counts(self) -> dict[str, Any]:
        return {
            "splits": {split: dict(count) for split, count in self._splits.items()},
            "sources": {name: dict(count) for name, count in sorted(self._sources.items())},
            "groups": [[*key, count] for key, count in sorted(self._groups.items())],
        }


def _write_variants(job: Job, unit: Unit, documents: TableWriter, outputs: Outputs) -> dict[str, Any]:
    """Writes the variants that are no danger to the splits, and those that are refused; counts both by augmentation."""
    if unit.inputs["variants"] is None:
        return {}
    refused = _refused(job, unit)
    counts: dict[str, Counter[str]] = {}
    rows = []
    for batch in read_batches(artifacts.join(job.folder, unit.inputs["variants"]["path"])):
        goes = [one in refused for one in batch.column("id").to_pylist()]
        documents.write_table(batch.filter(pa.array([not one for one in goes])))
        for name, one in zip(batch.column("augmentation").to_pylist(), goes, strict=True):
            counts.setdefault(name, Counter(documents=0, removed=0)).update(["removed" if one else "documents"])
        rows += [_refused_row(row, *refused[row["id"]], job) for row in batch.filter(pa.array(goes)).to_pylist()]
    if rows:
        with table_writer(outputs, "refused_variants", REFUSED_VARIANT_SCHEMA, product=True) as writer:
            for row in rows:
                writer.write(row)
    return {name: dict(count) for name, count in sorted(counts.items())}


def _refused(job: Job, unit: Unit) -> dict[int, tuple[float, int]]:
    """The variants that go, by id, each with its similarity to the held-out document that it is most alike to."""
    tables = [read_table(artifacts.join(job.folder, file["path"])) for file in unit.inputs["refused"]]
    rows = (row for table in tables for row in table.to_pylist())
    return nearest((row["id"], row["jaccard"], row["duplicate_of"]) for row in rows)


def _refused_row(variant: Mapping[str, Any], jaccard: float, held_out: int, job: Job) -> dict[str, Any]:
    identity = {field.name: variant[field.name] for field in IDENTITY_FIELDS}
    refusal = Refusal(NEAR_HELD_OUT, jaccard, job.recipe.corpus.split.similarity)
    partner = {"duplicate_of": held_out, "jaccard": jaccard}
    made = {name: variant[name] for name in ("augmentation", "parent_id")}
    return {**removal_row(identity, VARIANT_STAGE, refusal, variant["text"]), **partner, **made}
