"""What removed duplicates say of themselves, held against what is known of the documents that they name."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.evidence import Evidence
from beam_jobs.certify.violations import REMOVAL, Violations
from stages.near_duplicates.addresses import NO_ADDRESS

UInt64 = npt.NDArray[np.uint64]

COMPARISON_SCHEMA = pa.schema(
    [
        pa.field("duplicate_of", pa.uint64(), nullable=False),
        pa.field("reference", pa.uint64(), nullable=False),
        pa.field("other", pa.uint64(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("jaccard", pa.float32()),
        pa.field("value", pa.float64()),
    ]
)
"""A removal whose text must be compared with that of a document, `other`. Of several that have the id it names, in
several indexes, one must be as similar as it says."""
INDEXED = "indexed_"


@dataclass
class Examined:
    """Claims that were proven by hashes alone, by rule, and those whose texts have to be compared."""

    proven: Counter[str] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def comparisons(self) -> pa.Table:
        """The comparisons to make."""
        return pa.Table.from_pylist(self.rows, schema=COMPARISON_SCHEMA)


def examine(claims: pa.Table, identities: pa.Table, evidence: Evidence, violations: Violations) -> Examined:
    """Proves claims of which all that name a document, and the document, are here."""
    named = _Named(identities, evidence)
    twins = {_twin(row) for row in _rows(claims) if not row["rule"].endswith("_url")}
    examined = Examined()
    for row in _rows(claims):
        indexed = row["rule"].startswith(INDEXED)
        targets = named.with_id(row["duplicate_of"], indexed)
        if not targets:
            needed = "the id of a document of an index" if indexed else "the id of a kept document"
            violations.add(REMOVAL, row["rule"], f"duplicate_of {row['duplicate_of']}", needed, row["reference"])
        elif row["rule"] in ("near_duplicate", "indexed_near_duplicate"):
            examined.rows.extend({**row, "other": one["reference"]} for one in targets)
        else:
            _prove(row, targets, twins, examined, violations)
    return examined


def _prove(
    row: Mapping[str, Any],
    targets: list[dict[str, int]],
    twins: set[tuple[Any, ...]],
    examined: Examined,
    violations: Violations,
) -> None:
    column = {
        "exact_duplicate": "content_hash",
        "indexed_exact_duplicate": "content_hash",
        "duplicate_id": "id",
        "indexed_id": "id",
        "duplicate_url": "address",
        "indexed_url": "address",
    }.get(row["rule"])
    if column is None:
        violations.add(REMOVAL, row["rule"], "an unknown rule", "a rule that can be proven", row["reference"])
        return
    known = column != "address" or row["address"] != NO_ADDRESS
    equal = known and any(one[column] == row[column] for one in targets)
    if equal or (column == "address" and known and _twin(row) in twins):
        examined.proven[row["rule"]] += 1
        return
    names = {"content_hash": "content", "id": "id", "address": "address"}
    needed = f"the same {names[column]}"
    violations.add(REMOVAL, row["rule"], f"another {names[column]}", needed, row["reference"], targets[0]["reference"])


def _twin(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a removal has in common with one of its address that was removed for the same document."""
    return row["address"], row["duplicate_of"], row["rule"].startswith(INDEXED)


def _rows(claims: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in claims.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


class _Named:
    """The documents that claims can name, by id."""

    def __init__(self, identities: pa.Table, evidence: Evidence):
        columns = {name: identities.column(name).to_numpy() for name in identities.column_names}
        order = np.lexsort((columns["reference"], columns["id"]))
        self._columns = {name: values[order] for name, values in columns.items()}
        self._first_index = int(evidence.first_index)

    def with_id(self, wanted: int | None, indexed: bool) -> list[dict[str, int]]:
        """Those of the corpus, or of its indexes."""
        if wanted is None:
            return []
        ids = self._columns["id"]
        start, stop = (int(np.searchsorted(ids, np.uint64(wanted), side)) for side in ("left", "right"))
        found = [{name: int(values[place]) for name, values in self._columns.items()} for place in range(start, stop)]
        return [one for one in found if (one["reference"] >= self._first_index) == indexed]
