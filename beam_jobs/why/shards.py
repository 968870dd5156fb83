"""What the tokenizer job made of a document: whether it is in the shards, and if not, why."""

from typing import Any

import pyarrow.compute as pc

from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.corpus.tables import read_table
from beam_jobs.report.text import quantity
from stages.artifacts import Manifest, read_manifest
from stages.errors import GristmillError
from stages.recipe import Recipe


def in_shards(recipe: Recipe, corpus: FinishedCorpus, document: dict[str, Any]) -> str:
    """One line on a document of the corpus; empty if the tokenizer job has not run on it."""
    folder = recipe.folder("tokenizer")
    manifest = _manifest(folder)
    if manifest is None or manifest.facts.get("corpus") != corpus.manifest.sha256:
        return ""
    for path in manifest.paths("removals", folder):
        table = read_table(path)
        for row in table.filter(pc.equal(table.column("id"), document["id"])).to_pylist():
            if row["source"] == document["source"]:
                return _reason(row)
    return "yes"


def _manifest(folder: str) -> Manifest | None:
    try:
        return read_manifest(folder, "tokenizer")
    except GristmillError:
        return None


def _reason(row: dict[str, Any]) -> str:
    measured = ""
    if row["value"] is not None:
        measured = f", {quantity(row['value'])} with a bound of {quantity(row['threshold'])}"
    partner = f", for {row['duplicate_of']}" if row["duplicate_of"] is not None else ""
    return f"no: {row['rule'].replace('_', ' ')}{measured}{partner}"
