"""Phase `conclude`: what the rounds `giants` decided, brought together for each giant component."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.corpus.duplicates.decisions import DECISION_SCHEMA, clusters_of, decision_table, write_decisions
from beam_jobs.corpus.duplicates.giants import NAME, giants, phase_name
from beam_jobs.corpus.duplicates.runs import INDEX_ORDINAL, runs
from beam_jobs.corpus.tables import read_table
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit, commits_of, files_of, rounds_done, share, shared
from stages import artifacts
from stages.near_duplicates.selection import Judged, Removal, of_same_address
from stages.recipe import Recipe


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit for each giant component."""
    every = giants(job)
    if not every:
        return []
    numbers = range(rounds_done(job, NAME))
    led, compared = (
        [commit for number in numbers for commit in commits_of(job, phase_name(number, step))]
        for step in ("lead", "compare")
    )
    firsts = [run.first for run in runs(job)]
    return [_planned(job, giant["label"], led, compared, firsts) for giant in every]


def _planned(job: Job, label: int, led: list[Commit], compared: list[Commit], firsts: list[int]) -> Planned:
    led, compared = ([commit for commit in commits if commit.inputs["label"] == label] for commits in (led, compared))
    inputs: dict[str, Any] = {
        "led": files_of(led, "judged"),
        "compared": files_of(compared, "judged"),
        "superseded": files_of(led[:1], "superseded"),
        "firsts": firsts,
    }
    weight = sum(file["bytes"] for file in (*inputs["led"], *inputs["compared"]))
    return Planned({"common": share(job, "conclude", f"inputs-{label}", inputs)}, weight)


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the decisions on a giant, as `choose` does on other components."""
    inputs = shared(job, unit.inputs["common"])
    led, compared, superseded = (_read(job, inputs[kind]) for kind in ("led", "compared", "superseded"))
    every = pa.concat_tables([led, compared])
    removed = every.filter(pc.is_valid(every.column("rule")))
    stays = led.filter(pc.is_null(led.column("rule")))
    tables = [
        removed.select(DECISION_SCHEMA.names[:-1]).append_column("cluster", pa.nulls(removed.num_rows, pa.uint64())),
        decision_table(dict.fromkeys(stays.column("reference").to_pylist(), Judged(None)), _clusters(every, stays)),
        decision_table(_made_way(superseded, removed), {}),
    ]
    decisions = pa.concat_tables([table.cast(DECISION_SCHEMA) for table in tables])
    write_decisions(outputs, decisions, inputs["firsts"])
    return {"compared": decisions.num_rows, "removed": decisions.num_rows - stays.num_rows}


def _read(job: Job, files: list[Mapping[str, Any]]) -> pa.Table:
    return pa.concat_tables([read_table(artifacts.join(job.folder, file["path"])) for file in files])


def _clusters(every: pa.Table, stays: pa.Table) -> dict[int, int]:
    """Clusters by reference, of the documents that stay and have relatives or are relatives."""
    with_relatives = every.filter(pc.greater(pc.list_value_length(every.column("relatives")), 0))
    mask = np.isin(with_relatives.column("reference").to_numpy(), stays.column("reference").to_numpy())
    rows = with_relatives.filter(pa.array(mask)).to_pylist()
    labels = clusters_of((row["id"], relative) for row in rows for relative in row["relatives"])
    pairs = zip(stays.column("reference").to_pylist(), stays.column("id").to_pylist(), strict=True)
    return {reference: labels[one] for reference, one in pairs if one in labels}


def _made_way(superseded: pa.Table, removed: pa.Table) -> dict[int, Judged]:
    """The documents that made way for another of their address, whatever became of that one."""
    winners = removed.filter(
        pa.array(np.isin(removed.column("reference").to_numpy(), superseded.column("winner").to_numpy()))
    )
    went = {row["reference"]: Judged(Removal(row["duplicate_of"], row["rule"])) for row in winners.to_pylist()}
    return {
        row["reference"]: Judged(
            of_same_address(row["winner_id"], row["winner"] >= INDEX_ORDINAL << 32, went.get(row["winner"]))
        )
        for row in superseded.to_pylist()
    }
