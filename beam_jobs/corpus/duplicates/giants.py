"""Rounds `giants`: components of more documents than a unit should hold, decided on a portion at a time.

In a round, `lead` decides on the next documents in the order of priority, as `choose` would; then `compare` asks, in a
unit for each run, for which of all that are left one of those that now stay is reason to go. What is decided is the
same as in one go: see `stages.near_duplicates.selection`. The phase `conclude` then brings it all together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.duplicates import choose
from beam_jobs.corpus.duplicates.collected import (
    candidates,
    light_columns,
    nothing_kept,
    ordered,
    read_rows_where,
    superseded,
)
from beam_jobs.corpus.duplicates.decisions import removal_columns
from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Commit, Job, Outputs, Phase, Planned, Rounds, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.selection import Judged, select
from stages.recipe import Recipe

UInt64 = npt.NDArray[np.uint64]

NAME = "giants"
DOCUMENTS_PER_LEAD = 20_000
"""About 80 MB of shingles; those that stay are read by all units of `compare`."""
REFERENCE_SCHEMA = pa.schema([pa.field("reference", pa.uint64(), nullable=False)])
JUDGED_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.uint64(), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("duplicate_of", pa.uint64()),
        pa.field("rule", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("estimate", pa.float64()),
        pa.field("relatives", pa.list_(pa.uint64()), nullable=False),
    ]
)
"""What a round says of a document; `relatives` counts if the document stays in the end."""


def phase_name(number: int, step: str) -> str:
    """The name of a step (`lead`, `compare`) of a round."""
    return f"{NAME}-{number:03d}-{step}"


def settings(recipe: Recipe) -> Any:
    """As for the choice in one go."""
    return choose.settings(recipe)


def giants(job: Job) -> list[dict[str, Any]]:
    """The giant components: label, part and number of documents."""
    files = [commit.files["giants"][0] for commit in commits_of(job, "choose") if commit.counts["giants"]]
    return [row for file in files for row in read_table(artifacts.join(job.folder, file.path)).to_pylist()]


def phases(number: int) -> Sequence[Phase]:
    """The phases of a round."""
    return (
        Phase(phase_name(number, "lead"), partial(_plan_lead, number), _lead, settings),
        Phase(phase_name(number, "compare"), partial(_plan_compare, number), _compare, settings),
    )


def is_over(job: Job, number: int) -> bool:
    """Whether nothing is left undecided."""
    return not sum(commit.counts["undecided"] for commit in commits_of(job, phase_name(number, "compare")))


ROUNDS = Rounds(NAME, phases, is_over)


def _plan_lead(number: int, job: Job) -> list[Planned]:
    """One unit for each giant of which something is left."""
    planned = []
    files = _collected(job)
    before = _by_giant(job, number - 1)
    for giant in giants(job):
        left = before.get(giant["label"], [])
        if number and not sum(commit.counts["undecided"] for commit in left):
            continue
        common = {"files": files, "left": files_of(left, "undecided") if number else None}
        name = f"inputs-{giant['label']}"
        planned.append(
            Planned({**giant, "common": share(job, phase_name(number, "lead"), name, common)}, giant["documents"])
        )
    return planned


def _plan_compare(number: int, job: Job) -> list[Planned]:
    """One unit for each giant and run."""
    planned = []
    files = _collected(job)
    before = _by_giant(job, number - 1)
    for commit in commits_of(job, phase_name(number, "lead")):
        giant = {name: commit.inputs[name] for name in choose.GIANT_SCHEMA.names}
        undecided = before.get(giant["label"], [])
        left: dict[int, Any] = {one.inputs["run"]: files_of([one], "undecided") for one in undecided}
        led = {kind: files_of([commit], kind) for kind in ("kept", "done")}
        for run, file in enumerate(files):
            planned.append(Planned({**giant, **led, "run": run, "file": file, "left": left.get(run)}, file["bytes"]))
    return planned


def _collected(job: Job) -> list[dict[str, Any]]:
    return files_of(commits_of(job, "collect"), "collected")


def _by_giant(job: Job, number: int) -> dict[int, list[Commit]]:
    """What the comparisons of a round committed, by the label of the giant; nothing before the first round."""
    found: dict[int, list[Commit]] = {}
    for commit in commits_of(job, phase_name(number, "compare")) if number >= 0 else ():
        found.setdefault(commit.inputs["label"], []).append(commit)
    return found


def _lead(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Decides on the next documents; writes those that stay as a whole, for `compare`."""
    corpus, common = job.recipe.corpus, shared(job, unit.inputs["common"])
    light = _rows(job, unit, common["files"], columns=light_columns(corpus))
    order = ordered(light, corpus)
    way = superseded(light, order, corpus)
    makes_way = np.array(sorted(way), np.uint64)
    references = light.column("reference").to_numpy()[order]
    is_open = ~np.isin(references, makes_way)
    if common["left"] is not None:
        is_open &= np.isin(references, references_in(job, common["left"]))
    block = references[is_open][:DOCUMENTS_PER_LEAD]
    table = _rows(job, unit, common["files"], only=block)
    table = table.take(pa.array(ordered(table, corpus)))
    decided = select(candidates(table), nothing_kept(corpus), {})
    goes = [one in decided and decided[one].removal is not None for one in table.column("reference").to_pylist()]
    write_table(outputs, "kept", table.filter(pa.array([not one for one in goes], pa.bool_())))
    done = np.concatenate([block, makes_way])
    write_table(outputs, "done", pa.table({"reference": done}, schema=REFERENCE_SCHEMA))
    write_table(outputs, "superseded", _superseded_table(light, way))
    _write_judged(outputs, decided, table)
    return {"decided": len(block), "kept": len(goes) - sum(goes)}


def _compare(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Decides on those of a run for which one that now stays is reason to go; the others stay undecided."""
    corpus = job.recipe.corpus
    kept = nothing_kept(corpus)
    for keeper in candidates(_tables(job, unit.inputs["kept"])):
        kept.add(keeper)
    left_before = unit.inputs["left"] and references_in(job, unit.inputs["left"])
    table = _rows(job, unit, [unit.inputs["file"]], only=left_before, but=references_in(job, unit.inputs["done"]))
    # Those of an index stay, and have their turn as keepers.
    judged = {one.reference: Judged(None) if one.indexed else kept.judge(one) for one in candidates(table)}
    left = np.array(sorted(reference for reference, one in judged.items() if one.removal is None), np.uint64)
    write_table(outputs, "undecided", pa.table({"reference": left}, schema=REFERENCE_SCHEMA))
    _write_judged(outputs, {reference: one for reference, one in judged.items() if one.removal or one.relatives}, table)
    return {"compared": len(judged), "undecided": len(left)}


def _rows(
    job: Job,
    unit: Unit,
    files: Iterable[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    only: UInt64 | None = None,
    but: UInt64 | None = None,
) -> pa.Table:
    """The rows of a giant, all of them or `only` some, without some others."""

    def keep(batch: pa.Table) -> npt.NDArray[np.bool_]:
        mask: npt.NDArray[np.bool_] = batch.column("label").to_numpy() == np.uint64(unit.inputs["label"])
        references = batch.column("reference").to_numpy()
        if only is not None:
            mask &= np.isin(references, only)
        return mask if but is None else mask & ~np.isin(references, but)

    paths = [artifacts.join(job.folder, file["path"]) for file in files]
    return read_rows_where(paths, unit.inputs["part"], keep, job.recipe.corpus, columns)


def references_in(job: Job, files: Iterable[Mapping[str, Any]]) -> UInt64:
    """All references in some files."""
    found = [read_table(artifacts.join(job.folder, file["path"])).column("reference").to_numpy() for file in files]
    return np.concatenate([np.empty(0, np.uint64), *found])


def _tables(job: Job, files: Iterable[Mapping[str, Any]]) -> pa.Table:
    return pa.concat_tables([read_table(artifacts.join(job.folder, file["path"])) for file in files])


SUPERSEDED_SCHEMA = pa.schema(
    [
        *REFERENCE_SCHEMA,
        pa.field("winner", pa.uint64(), nullable=False),
        pa.field("winner_id", pa.uint64(), nullable=False),
    ]
)
"""A document that makes way, the reference of the other one of its address, and its id."""


def _superseded_table(light: pa.Table, way: Mapping[int, int]) -> pa.Table:
    winners = set(way.values())
    pairs = zip(light.column("reference").to_pylist(), light.column("id").to_pylist(), strict=True)
    ids = {reference: one for reference, one in pairs if reference in winners}
    rows = [{"reference": loser, "winner": winner, "winner_id": ids[winner]} for loser, winner in sorted(way.items())]
    return pa.Table.from_pylist(rows, schema=SUPERSEDED_SCHEMA)


def _write_judged(outputs: Outputs, judged: Mapping[int, Judged], table: pa.Table) -> None:
    write_table(outputs, "judged", pa.Table.from_pylist(list(_judged_rows(judged, table)), schema=JUDGED_SCHEMA))


def _judged_rows(judged: Mapping[int, Judged], table: pa.Table) -> Iterator[dict[str, Any]]:
    ids = zip(table.column("reference").to_pylist(), table.column("id").to_pylist(), strict=True)
    for reference, own_id in ids:
        if (one := judged.get(reference)) is not None:
            yield {"reference": reference, "id": own_id, **removal_columns(one), "relatives": list(one.relatives)}
