"""Decisions as rows: what becomes of each document that shares a key with another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.duplicates.runs import run_numbers
from beam_jobs.shuffle import write_parts
from beam_jobs.units import Outputs
from stages.near_duplicates.clusters import connected_components
from stages.near_duplicates.selection import Judged

DECISION_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.uint64(), nullable=False),
        pa.field("duplicate_of", pa.uint64()),
        pa.field("rule", pa.string()),
        pa.field("jaccard", pa.float64()),
        pa.field("estimate", pa.float64()),
        pa.field("cluster", pa.uint64()),
    ]
)
"""`rule` is null for a document that stays. `cluster` is then the smallest id among those that must be in the same
split; null where the document's own id is."""


def decision_table(decided: Mapping[int, Judged], clusters: Mapping[int, int]) -> pa.Table:
    """A table of DECISION_SCHEMA; `clusters` are those of references."""
    rows = []
    for reference, judged in decided.items():
        cluster = clusters.get(reference) if judged.removal is None else None
        rows.append({"reference": reference, "cluster": cluster, **removal_columns(judged)})
    return pa.Table.from_pylist(rows, schema=DECISION_SCHEMA)


def removal_columns(judged: Judged) -> dict[str, Any]:
    """The columns of DECISION_SCHEMA that say why a document goes, null for one that stays."""
    names = ("duplicate_of", "rule", "jaccard", "estimate")
    return {name: None if judged.removal is None else getattr(judged.removal, name) for name in names}


def write_decisions(outputs: Outputs, table: pa.Table, firsts: Sequence[int]) -> None:
    """Writes decisions, a part for each run."""
    write_parts(outputs, "decisions", table, run_numbers(table.column("reference").to_numpy(), firsts), len(firsts))


def clusters_of(relatives: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Of ids that must be in one split with others the smallest id that they are connected with, by id."""
    pairs = np.array(list(relatives), np.uint64).reshape(-1, 2)
    nodes, labels = connected_components(pairs[:, 0].copy(), pairs[:, 1].copy())
    return dict(zip(nodes.tolist(), labels.tolist(), strict=True))
