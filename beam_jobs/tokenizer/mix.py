"""Phase `mix`, where corpora are joined: which documents of each fragment are not part of the run, and why."""

from typing import Any

import pyarrow as pa

from beam_jobs.corpus.tables import write_table
from beam_jobs.tokenizer.across import near_held_out
from beam_jobs.tokenizer.collect import repeated_ids
from beam_jobs.tokenizer.corpora import fragments, members
from beam_jobs.tokenizer.documents import REMOVED_SCHEMA, read_fragment
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of
from stages.ledger import Ledger
from stages.recipe import Recipe

STAGE = "mix"
ELSEWHERE, REPEATED, NEAR, PARENT = "held_out_elsewhere", "duplicate_id", "near_held_out", "parent_removed"
"""Held out, where another corpus holds out for all; in an earlier corpus too; too alike to a held-out document of
another corpus; a variant of a document that is removed."""


def settings(recipe: Recipe) -> Any:
    """Who holds out, and how alike is too alike: the threshold is written."""
    return [recipe.corpus.split.similarity, [[one.trains, one.holds_out] for one in members(recipe)]]


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment, if corpora are joined."""
    if not commits_of(job, "collect"):
        return []
    repeated = files_of(commits_of(job, "repeated_ids"), "repeated")
    near: dict[int, list[dict[str, Any]]] = {}
    for commit in commits_of(job, "across"):
        file = commit.files["near"][0].to_json()
        for part in range(len(commit.inputs["fragments"])):
            near.setdefault(commit.inputs["first"] + part, []).append({**file, "part": part})
    return [
        Planned(
            {"fragment": fragment, "number": number, "repeated": repeated, "near": near.get(number, [])},
            fragment["rows"],
        )
        for number, fragment in enumerate(fragments(job))
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes what is removed of a fragment; the counts are its ledger."""
    fragment, ledger = unit.inputs["fragment"], Ledger([STAGE])
    holds_out = members(job.recipe)[fragment["corpus"]].holds_out
    repeated = repeated_ids(job, unit.inputs["repeated"], unit.inputs["number"])
    near, similarity = near_held_out(job, unit.inputs["near"]), job.recipe.corpus.split.similarity
    removed: dict[int, dict[str, Any]] = {}
    # A variant comes after its parent, in the same file.
    for batch in read_fragment(job, fragment, ["id", "source", "split", "parent_id"]):
        for document in batch.to_pylist():
            one, parent = document["id"], document["parent_id"]
            if document["split"] != "train" and not holds_out:
                why: dict[str, Any] = {"rule": ELSEWHERE}
            elif one in repeated:
                why = {"rule": REPEATED, "duplicate_of": one}
            elif one in near:
                jaccard, reference = near[one]
                why = {"rule": NEAR, "value": jaccard, "threshold": similarity, "duplicate_of": reference}
            elif parent in removed:
                why = {"rule": PARENT, "duplicate_of": parent}
            else:
                ledger.keep(STAGE)
                continue
            ledger.remove(STAGE, why["rule"])
            removed[one] = {"id": one, "source": document["source"], **why}
    write_table(outputs, "removed", pa.Table.from_pylist(list(removed.values()), schema=REMOVED_SCHEMA))
    return {"ledger": ledger.to_json()}
