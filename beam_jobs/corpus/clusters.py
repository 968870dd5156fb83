"""Phase 5: joins the buckets to components, which can be decided on one by one, and deals them into parts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.tables import read_table, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.near_duplicates.clusters import connected_components
from stages.recipe import Recipe

DOCUMENTS_PER_PART = 5_000
"""How many documents one unit of the next phase compares: their texts are in its memory."""


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit: the edges of about 50 million pairs fit into one machine's memory."""
    files = [file.to_json() for commit in commits_of(job, "buckets") for file in commit.files["groups"]]
    return [Planned({"files": files}, sum(file["bytes"] for file in files))]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes, for each part, its groups; a component is never in two parts."""
    groups = [_read_groups(artifacts.join(job.folder, file["path"])) for file in unit.inputs["files"]]
    values = np.concatenate([values for values, _ in groups])
    sizes = np.concatenate([sizes for _, sizes in groups])
    members, positions = np.unique(values, return_inverse=True)
    starts = np.cumsum(sizes) - sizes
    first = np.repeat(positions[starts], sizes)
    labels = connected_components(len(members), np.stack([first, positions], axis=1))
    count = 0
    for part, chosen in enumerate(_parts(labels, positions, starts)):
        lists = [values[starts[group] : starts[group] + sizes[group]].tolist() for group in chosen]
        table = pa.table({"references": pa.array(lists, pa.list_(pa.uint64()))})
        write_table(outputs, "parts", table, part)
        count += 1
    return {"documents": len(members), "components": len(np.unique(labels)), "parts": count}


def _read_groups(path: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    column = read_table(path).column("references").combine_chunks()
    values = column.flatten().to_numpy(zero_copy_only=False).astype(np.uint64)
    return values, np.diff(column.offsets.to_numpy()).astype(np.int64)


def _parts(
    labels: npt.NDArray[np.int64], positions: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]
) -> Iterator[npt.NDArray[np.int64]]:
    """Yields lists of group numbers; each part takes components until it has enough documents."""
    _, component, documents = np.unique(labels, return_inverse=True, return_counts=True)
    part_of_component = (np.cumsum(documents) - documents) // DOCUMENTS_PER_PART
    part_of_group = part_of_component[component[positions[starts]]]
    for part in np.unique(part_of_group):
        yield np.flatnonzero(part_of_group == part)
