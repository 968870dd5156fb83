"""Phase 6: decides which documents of each component stay, by their true similarity."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.candidates import candidates_phase
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.near_duplicates.selection import Candidate, Decision, select
from stages.near_duplicates.signatures import shingle_hashes
from stages.recipe import Recipe

DECISION_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.uint64(), nullable=False),
        pa.field("duplicate_of", pa.uint64()),
        pa.field("rule", pa.string()),
        pa.field("jaccard", pa.float32()),
        pa.field("cluster", pa.uint64(), nullable=False),
    ]
)
"""One row for every document that shares a bucket with another, in the order of their references."""


def settings(recipe: Recipe) -> Any:
    """The threshold and the shingles decide."""
    return recipe.corpus.near_duplicates.model_dump(mode="json")


def plan(job: Job) -> list[Planned]:
    """One unit for each part of the components."""
    texts = [_pair(commit.files) for commit in commits_of(job, candidates_phase(job.recipe))]
    parts = [file for commit in commits_of(job, "clusters") for file in commit.files.get("parts", ())]
    return [Planned({"part": part.to_json(), "texts": texts}, part.bytes) for part in parts]


def _pair(files: Any) -> dict[str, Any]:
    return {kind: files[kind][0].to_json() for kind in ("candidates", "signatures")}


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the decisions on one part."""
    groups = read_table(artifacts.join(job.folder, unit.inputs["part"]["path"])).column("references").to_pylist()
    references = np.unique(np.array([one for group in groups for one in group], np.uint64))
    buckets = [np.searchsorted(references, np.array(group, np.uint64)).tolist() for group in groups]
    candidates, texts = _load(job, unit, references)
    near_duplicates = job.recipe.corpus.near_duplicates

    def shingles(position: int) -> npt.NDArray[np.uint64]:
        return shingle_hashes([texts[position]], near_duplicates)[0]

    decisions = select(candidates, buckets, shingles, near_duplicates.threshold)
    write_table(outputs, "decisions", _table(decisions))
    return {"compared": len(candidates), "removed": sum(decision.rule is not None for decision in decisions)}


def _load(job: Job, unit: Unit, references: npt.NDArray[np.uint64]) -> tuple[list[Candidate], list[str]]:
    """The candidates behind sorted references, and their texts."""
    candidates: list[Candidate] = []
    texts: list[str] = []
    ordinals = (references >> np.uint64(32)).astype(np.int64)
    for ordinal in np.unique(ordinals).tolist():
        rows = (references[ordinals == ordinal] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        files = {kind: artifacts.join(job.folder, file["path"]) for kind, file in unit.inputs["texts"][ordinal].items()}
        known = read_table(files["signatures"], ["id", "length", "content_hash"]).take(rows).to_pylist()
        candidates.extend(
            Candidate(ordinal << 32 | row, one["id"], one["length"], one["content_hash"])
            for row, one in zip(rows.tolist(), known, strict=True)
        )
        texts.extend(read_table(files["candidates"], ["text"]).column("text").take(rows).to_pylist())
    return candidates, texts


def _table(decisions: list[Decision]) -> pa.Table:
    ordered = sorted(decisions, key=lambda decision: decision.reference)
    rows = [{name: getattr(decision, name) for name in DECISION_SCHEMA.names} for decision in ordered]
    return pa.Table.from_pylist(rows, schema=DECISION_SCHEMA)
