"""Phase 7: writes the documents that stay, with their split, and variants of some of the training documents."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from beam_jobs.corpus.candidates import candidates_phase
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.tables import TableWriter, read_rows, read_table, removal_row, table_writer, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.augmentation import variants
from stages.document import DOCUMENT_SCHEMA, IDENTITY_FIELDS, REMOVAL_SCHEMA, Refusal
from stages.ledger import Ledger
from stages.recipe import Corpus, Recipe
from stages.splits import SPLITS, assign_split

STAGE = "duplicates"
JACCARD_DECIMALS = 6
"""A similarity is stored in 32 bits, which can make it a little less than the threshold that it reached."""


def settings(recipe: Recipe) -> Any:
    """What decides the output beside candidates and decisions."""
    corpus = recipe.corpus
    augmentation = [one.model_dump(mode="json") for one in corpus.augmentation]
    threshold = corpus.near_duplicates.threshold
    return [recipe.seed, corpus.split.model_dump(mode="json"), augmentation, threshold, corpus.keep_removed_text]


def plan(job: Job) -> list[Planned]:
    """One unit for each unit of candidates."""
    decisions = [file.to_json() for commit in commits_of(job, "choose") for file in commit.files["decisions"]]
    candidates = [commit.files["candidates"][0].to_json() for commit in commits_of(job, candidates_phase(job.recipe))]
    return [
        Planned({"ordinal": ordinal, "candidates": file, "decisions": decisions}, file["bytes"])
        for ordinal, file in enumerate(candidates)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one file of documents and one of removals; the counts are ledger, splits, sources and variants."""
    ledger, examples = Ledger([STAGE]), Examples()
    decisions = _decisions(job, unit)
    with (
        table_writer(outputs, "documents", DOCUMENT_SCHEMA, product=True) as documents,
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
    ):
        writer = _DocumentWriter(job.recipe, documents)
        for row, candidate in enumerate(read_rows(artifacts.join(job.folder, unit.inputs["candidates"]["path"]))):
            decision = decisions.get(row)
            if decision is None or decision["rule"] is None:
                ledger.keep(STAGE)
                writer.write(candidate, candidate["id"] if decision is None else decision["cluster"])
                continue
            ledger.remove(STAGE, decision["rule"])
            removal = _duplicate_row(candidate, decision, job.recipe.corpus)
            examples.add(removal, candidate["text"])
            removals.write(removal)
    write_table(outputs, "examples", examples.table())
    return {"ledger": ledger.to_json(), **writer.counts()}


def _decisions(job: Job, unit: Unit) -> dict[int, dict[str, Any]]:
    """The decisions on this unit's candidates, by their row."""
    first = unit.inputs["ordinal"] << 32
    found: dict[int, dict[str, Any]] = {}
    for file in unit.inputs["decisions"]:
        table = read_table(artifacts.join(job.folder, file["path"]))
        references = table.column("reference").to_numpy()
        start, stop = np.searchsorted(references, np.array([first, first + (1 << 32)], np.uint64)).tolist()
        found.update({row["reference"] - first: row for row in table.slice(start, stop - start).to_pylist()})
    return found


def _duplicate_row(candidate: Mapping[str, Any], decision: Mapping[str, Any], corpus: Corpus) -> dict[str, Any]:
    identity = {field.name: candidate[field.name] for field in IDENTITY_FIELDS}
    measured = decision["rule"] == "near_duplicate"
    threshold = corpus.near_duplicates.threshold if measured else None
    value = round(decision["jaccard"], JACCARD_DECIMALS) if measured else None
    refusal = Refusal(decision["rule"], value, threshold)
    text = candidate["text"] if corpus.keep_removed_text else None
    partner = {"duplicate_of": decision["duplicate_of"], "jaccard": decision["jaccard"]}
    return {**removal_row(identity, STAGE, refusal, text), **partner}


class _DocumentWriter:
    """Writes a document and its variants, and counts them."""

    def __init__(self, recipe: Recipe, documents: TableWriter):
        self._recipe = recipe
        self._documents = documents
        self._splits: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
        self._sources: dict[str, Counter[str]] = {}
        self._variants: Counter[str] = Counter()

    def write(self, candidate: Mapping[str, Any], cluster: int) -> None:
        split = assign_split(cluster, self._recipe.seed, self._recipe.corpus.split)
        self._documents.write({**candidate, "split": split})
        size = {"documents": 1, "characters": len(candidate["text"]), "bytes": len(candidate["text"].encode())}
        self._splits[split].update(size)
        self._sources.setdefault(candidate["source"], Counter()).update(size)
        if split == "train":
            self._write_variants(candidate)

    def _write_variants(self, candidate: Mapping[str, Any]) -> None:
        settings, seed = self._recipe.corpus.augmentation, self._recipe.seed
        for variant in variants(candidate["id"], candidate["text"], candidate["language"], settings, seed):
            changed = {"id": variant.id, "text": variant.text, "augmentation": variant.augmentation}
            self._documents.write({**candidate, **changed, "split": "train", "parent_id": candidate["id"]})
            self._variants[variant.augmentation] += 1

    def counts(self) -> dict[str, Any]:
        return {
            "splits": {split: dict(count) for split, count in self._splits.items()},
            "sources": {name: dict(count) for name, count in sorted(self._sources.items())},
            "variants": dict(sorted(self._variants.items())),
        }
