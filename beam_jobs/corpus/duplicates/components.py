"""Rounds `components`: what edges connect, where there are too many for one unit (Kiveris et al. 2014).

A round has two phases, `large` and `small`, each with a unit for every part of the nodes, and leaves a graph in which
each node is nearer to the smallest of its component. When a round changes nothing, every component is a star.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.duplicates.contract import EDGE_SCHEMA
from beam_jobs.corpus.tables import read_table
from beam_jobs.shuffle import read_part, write_parts
from beam_jobs.units import Job, Outputs, Phase, Planned, Rounds, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.near_duplicates.clusters import large_star, small_star
from stages.near_duplicates.signatures import mix64
from stages.recipe import Recipe

UInt64 = npt.NDArray[np.uint64]

NAME = "components"
EDGES_PER_PART = 8_000_000
"""About 130 MB, twice over while they are sorted."""


def phase_name(number: int, step: str) -> str:
    """The name of a step (`deal`, `large`, `small`) of a round."""
    return f"{NAME}-{number:02d}-{step}"


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def phases(number: int) -> Sequence[Phase]:
    """The phases of a round; the first begins with dealing the edges to their nodes."""
    deal = [Phase(phase_name(0, "deal"), _plan_deal, _deal, settings)] if number == 0 else []
    return [
        *deal,
        Phase(phase_name(number, "large"), partial(_plan_large, number), _large, settings),
        Phase(phase_name(number, "small"), partial(_plan_small, number), _small, settings),
    ]


def is_over(job: Job, number: int) -> bool:
    """Whether a round left the same edges as the one before it."""
    return number > 0 and _state(job, number) == _state(job, number - 1)


ROUNDS = Rounds(NAME, phases, is_over)


def _state(job: Job, number: int) -> tuple[int, int]:
    """How many edges there are, and a sum of their hashes, which their order does not change."""
    counts = [commit.counts for commit in commits_of(job, phase_name(number, "small"))]
    total = sum(int(count["checksum"], 16) for count in counts) % (1 << 64)
    return sum(count["edges"] for count in counts), total


def _plan_deal(job: Job) -> list[Planned]:
    files = [commit.files["edges"][0] for commit in commits_of(job, "contract")]
    parts = max(2, -(-sum(file.rows for file in files) // EDGES_PER_PART))
    return [Planned({"file": file.to_json(), "parts": parts}, file.bytes) for file in files]


def _deal(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the edges of a file, each at both its ends, a part for each part of the nodes."""
    table = read_table(artifacts.join(job.folder, unit.inputs["file"]["path"]))
    _write(outputs, *_both_ways(*_ends(table)), unit.inputs["parts"])
    return {"edges": table.num_rows}


def _plan_large(number: int, job: Job) -> list[Planned]:
    return _plan_parts(job, phase_name(number - 1, "small") if number else phase_name(0, "deal"))


def _plan_small(number: int, job: Job) -> list[Planned]:
    return _plan_parts(job, phase_name(number, "large"))


def _plan_parts(job: Job, phase: str) -> list[Planned]:
    """One unit for each part of the nodes, which reads that part of all files of a phase."""
    commits = commits_of(job, phase)
    files = files_of(commits, "edges")
    parts = commits[0].inputs["parts"]
    weight = sum(file["bytes"] for file in files) // parts
    common = share(job, phase, "files", files)
    return [Planned({"part": part, "parts": parts, "files": common}, weight) for part in range(parts)]


def _large(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    nodes, neighbours = large_star(*_read(job, unit))
    _write(outputs, nodes, neighbours, unit.inputs["parts"])
    return {"edges": len(nodes)}


def _small(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    nodes, neighbours = small_star(*_read(job, unit))
    _write(outputs, *_both_ways(nodes, neighbours), unit.inputs["parts"])
    checksum = int(np.sum(mix64(mix64(nodes) ^ neighbours), dtype=np.uint64))
    return {"edges": len(nodes), "checksum": f"{checksum:x}"}


def _both_ways(nodes: UInt64, neighbours: UInt64) -> tuple[UInt64, UInt64]:
    return np.concatenate([nodes, neighbours]), np.concatenate([neighbours, nodes])


def _read(job: Job, unit: Unit) -> tuple[UInt64, UInt64]:
    paths = [artifacts.join(job.folder, file["path"]) for file in shared(job, unit.inputs["files"])]
    return _ends(pa.concat_tables([read_part(path, unit.inputs["part"]) for path in paths]))


def _ends(table: pa.Table) -> tuple[UInt64, UInt64]:
    return table.column("node").to_numpy(), table.column("label").to_numpy()


def _write(outputs: Outputs, nodes: UInt64, neighbours: UInt64, parts: int) -> None:
    table = pa.table({"node": nodes, "label": neighbours}, schema=EDGE_SCHEMA)
    write_parts(outputs, "edges", table, mix64(nodes) % np.uint64(parts), parts)
