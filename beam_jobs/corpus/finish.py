"""The last phase: writes the documents that stay, with their split, and variants of some of the training documents."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.duplicates.index import index_schema, index_table
from beam_jobs.corpus.duplicates.runs import own_runs
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.tables import TableWriter, read_batches, read_table, removal_row, table_writer, write_table
from beam_jobs.shuffle import read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of
from stages import artifacts
from stages.augmentation import variants
from stages.document import DOCUMENT_SCHEMA, IDENTITY_FIELDS, REMOVAL_SCHEMA, Refusal
from stages.ledger import Ledger
from stages.recipe import Corpus, NearDuplicates, Recipe
from stages.splits import SPLITS, assign_split

STAGE = "duplicates"


def settings(recipe: Recipe) -> Any:
    """What decides the output beside candidates and decisions."""
    corpus = recipe.corpus
    augmentation = [one.model_dump(mode="json") for one in corpus.augmentation]
    near_duplicates = corpus.near_duplicates.model_dump(mode="json")
    return [recipe.seed, corpus.split.model_dump(mode="json"), augmentation, near_duplicates, corpus.keep_removed_text]


def plan(job: Job) -> list[Planned]:
    """One unit for each unit of candidates."""
    decisions = files_of(commits_of(job, "settle"), "decisions")
    moved = files_of(commits_of(job, "moved"), "moved")
    return [
        Planned(
            {"candidates": files["candidates"], "decisions": decisions[number], "part": place, "moved": moved},
            files["candidates"]["bytes"],
        )
        for number, run in enumerate(own_runs(job))
        for place, files in enumerate(run.files)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one file of documents and one of removals; the counts are ledger, splits, sources and variants."""
    corpus = job.recipe.corpus
    ledger, examples = Ledger([STAGE]), Examples()
    decisions = _decisions(job, unit)
    moved = _moved(job, unit)
    with (
        table_writer(outputs, "documents", DOCUMENT_SCHEMA, product=True) as documents,
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
        _index_writer(corpus.near_duplicates, outputs) as add_to_index,
    ):
        writer = _DocumentWriter(job.recipe, documents, moved)
        first = 0
        for batch in read_batches(artifacts.join(job.folder, unit.inputs["candidates"]["path"])):
            decided = [decisions.get(first + place) for place in range(batch.num_rows)]
            first += batch.num_rows
            stays = np.array([one is None or one["rule"] is None for one in decided], np.bool_)
            clusters = [
                None if one is None else one["cluster"] for one, stay in zip(decided, stays, strict=True) if stay
            ]
            kept = batch if stays.all() else batch.filter(pa.array(stays))
            ledger.keep(STAGE, kept.num_rows)
            writer.write(kept, clusters)
            add_to_index(kept)
            gone = [one for one, stay in zip(decided, stays, strict=True) if one is not None and not stay]
            for candidate, decision in zip(batch.filter(pa.array(~stays)).to_pylist(), gone, strict=True):
                ledger.remove(STAGE, decision["rule"])
                removal = _duplicate_row(candidate, decision, corpus)
                examples.add(removal, candidate["text"])
                removals.write(removal)
    write_table(outputs, "examples", examples.table())
    return {"ledger": ledger.to_json(), **writer.counts()}


def _decisions(job: Job, unit: Unit) -> dict[int, dict[str, Any]]:
    """The decisions on this unit's candidates, by their row."""
    table = read_part(artifacts.join(job.folder, unit.inputs["decisions"]["path"]), unit.inputs["part"])
    return {row["reference"] & 0xFFFFFFFF: row for row in table.to_pylist()}


def _moved(job: Job, unit: Unit) -> frozenset[int]:
    """The clusters that are in training whatever their hash says."""
    tables = [read_table(artifacts.join(job.folder, file["path"])) for file in unit.inputs["moved"]]
    return frozenset(one for table in tables for one in table.column("cluster").to_pylist())


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
    """Writes documents and their variants, and counts them."""

    def __init__(self, recipe: Recipe, documents: TableWriter, moved: Collection[int]):
        self._recipe = recipe
        self._documents = documents
        self._moved = moved
        self._splits: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        self._sources: dict[str, Counter[str]] = {}
        self._variants: Counter[str] = Counter()

    def write(self, candidates: pa.Table, clusters: Sequence[int | None]) -> None:
        """Writes candidates that stay, and their variants after them; a cluster is by default the document's own."""
        ids = candidates.column("id").to_pylist()
        splits = [self._split(one if cluster is None else cluster) for one, cluster in zip(ids, clusters, strict=True)]
        missing = {name: pa.nulls(len(ids), DOCUMENT_SCHEMA.field(name).type) for name in ("augmentation", "parent_id")}
        columns = {"split": pa.array(splits, pa.string()), **missing}
        found = {name: columns[name] if name in columns else candidates.column(name) for name in DOCUMENT_SCHEMA.names}
        documents = pa.table(found, schema=DOCUMENT_SCHEMA)
        self._documents.write_table(documents)
        self._count(documents)
        if self._recipe.corpus.augmentation:
            for row in documents.filter(pc.equal(documents.column("split"), "train")).to_pylist():
                self._write_variants(row)

    def _split(self, cluster: int) -> str:
        if cluster in self._moved:
            return "train"
        return assign_split(cluster, self._recipe.seed, self._recipe.corpus.split)

    def _count(self, documents: pa.Table) -> None:
        texts = documents.column("text")
        sizes = {"characters": pc.utf8_length(texts), "bytes": pc.binary_length(texts)}
        for column, counts in (("split", self._splits), ("source", self._sources)):
            table = pa.table({"key": documents.column(column), **sizes}).group_by("key")
            for row in table.aggregate([("characters", "count"), ("characters", "sum"), ("bytes", "sum")]).to_pylist():
                size = {"documents": row["characters_count"], **{name: row[f"{name}_sum"] for name in sizes}}
                counts.setdefault(row["key"], Counter()).update(size)

    def _write_variants(self, document: Mapping[str, Any]) -> None:
        settings, seed = self._recipe.corpus.augmentation, self._recipe.seed
        for variant in variants(document["id"], document["text"], document["language"], settings, seed):
            changed = {"id": variant.id, "text": variant.text, "augmentation": variant.augmentation}
            self._documents.write({**document, **changed, "parent_id": document["id"]})
            self._variants[variant.augmentation] += 1

    def counts(self) -> dict[str, Any]:
        return {
            "splits": {split: dict(count) for split, count in self._splits.items()},
            "sources": {name: dict(count) for name, count in sorted(self._sources.items())},
            "variants": dict(sorted(self._variants.items())),
        }
