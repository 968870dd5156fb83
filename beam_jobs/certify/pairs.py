"""Phase `pairs`: brings equal keys together. What must not be equal is told; what has to be compared is passed on.

A unit takes one part of the keys, and of the claims and identities by id. It sends each row that has to be compared to
a part of the phase `check`, by way of `sets`, which reads the row's text.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.claims import examine
from beam_jobs.certify.evidence import Evidence, listed, read_evidence, read_parts
from beam_jobs.certify.read import ADDRESS, BAND, CLAIM_SCHEMA, CONTENT, IDENTITY_SCHEMA, KEY_SCHEMA
from beam_jobs.certify.violations import KEPT, Violations
from beam_jobs.shuffle import write_parts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.near_duplicates.clusters import begins

UInt64 = npt.NDArray[np.uint64]

SET_BYTES_PER_CHARACTER = 8
"""At most: in Chinese text each character begins a shingle, of 8 bytes; in English a sixth of them does."""
CHECK_BYTES = 256_000_000
"""Of sets in one unit of `check`, if every document were compared with others, and in one part alone."""

GROUP_SCHEMA = pa.schema(
    [pa.field("band", pa.uint64(), nullable=False), pa.field("reference", pa.uint64(), nullable=False)]
)
"""Members of a group with an equal band key: one row each, group by group."""
WANTED_SCHEMA = pa.schema(
    [pa.field("reference", pa.uint64(), nullable=False), pa.field("part", pa.uint32(), nullable=False)]
)
"""A row whose text has to be compared, and the part of `check` where it is."""


def plan(job: Job) -> list[Planned]:
    """One unit for each part of the keys."""
    commits = commits_of(job, "read")
    files = listed(commits, "keys", "identities", "claims")
    characters = sum(commit.counts.get("characters", 0) for commit in commits)
    inputs = {
        "corpus": read_evidence(job).manifest,
        "files": share(job, "pairs", "files", files),
        "check_parts": max(1, -(-characters * SET_BYTES_PER_CHARACTER // CHECK_BYTES)),
    }
    parts = commits[0].inputs["parts"] if commits else 0
    weight = sum(file["bytes"] for group in files.values() for file in group) // max(parts, 1)
    return [Planned({"part": part, **inputs}, weight) for part in range(parts)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the groups, the claims and the rows that have to be compared."""
    evidence, part, parts = read_evidence(job), unit.inputs["part"], unit.inputs["check_parts"]
    files, violations = shared(job, unit.inputs["files"]), Violations()
    keys = read_parts(job.folder, files["keys"], part, KEY_SCHEMA)
    identities = read_parts(job.folder, files["identities"], part, IDENTITY_SCHEMA)
    claims = read_parts(job.folder, files["claims"], part, CLAIM_SCHEMA)
    ids = groups_of(identities.column("id").to_numpy(), identities.column("reference").to_numpy(), evidence)
    tell(ids, "same id", violations)
    if not evidence.settings.near_duplicates.enabled:
        keys = KEY_SCHEMA.empty_table()  # duplicates stay: documents may have all but their ids in common
    groups = {kind: _groups(keys, kind, evidence) for kind in (BAND, CONTENT, ADDRESS)}
    tell(groups[CONTENT], "same content", violations)
    tell(groups[ADDRESS], "same address", violations)
    examined = examine(claims, identities, evidence, violations)
    comparisons = examined.comparisons
    compared = comparisons.column("duplicate_of").to_numpy() % np.uint64(parts)
    write_parts(outputs, "comparisons", comparisons, compared, parts)
    bands = groups[BAND]
    table = pa.table({"band": bands.keys, "reference": bands.references}, schema=GROUP_SCHEMA)
    write_parts(outputs, "groups", table, bands.keys % np.uint64(parts), parts)
    references = [bands.references, *(comparisons.column(name).to_numpy() for name in ("reference", "other"))]
    numbers = [bands.keys % np.uint64(parts), compared, compared]
    _write_wanted(outputs, np.concatenate(references), np.concatenate(numbers), len(evidence.files))
    return {"proven": examined.proven, "groups": bands.number, "violations": violations.to_json()}


@dataclass(frozen=True)
class Groups:
    """Rows with equal keys, group by group, in each the smallest reference first, which is a kept document's."""

    keys: UInt64
    references: UInt64

    @property
    def first(self) -> npt.NDArray[np.bool_]:
        """Which rows begin a group."""
        return begins(self.keys)

    @property
    def number(self) -> int:
        """How many groups there are."""
        return int(np.count_nonzero(self.first)) if len(self.keys) else 0


def groups_of(keys: UInt64, references: UInt64, evidence: Evidence) -> Groups:
    """The groups of two or more equal keys in which there is a kept document."""
    order = np.lexsort((references, keys))
    keys, references = keys[order], references[order]
    starts = np.flatnonzero(begins(keys))
    sizes = np.diff(starts, append=len(keys))
    wanted = (sizes > 1) & (references[starts] < evidence.first_index)
    inside = np.repeat(wanted, sizes)
    return Groups(keys[inside], references[inside])


def _groups(keys: pa.Table, kind: int, evidence: Evidence) -> Groups:
    own = keys.column("kind").to_numpy() == kind
    return groups_of(keys.column("key").to_numpy()[own], keys.column("reference").to_numpy()[own], evidence)


def tell(groups: Groups, rule: str, violations: Violations) -> None:
    """Adds each row that has the same as the first of its group."""
    first = groups.first
    firsts = np.repeat(groups.references[first], np.diff(np.flatnonzero(first), append=len(first)))
    for one, other in zip(firsts[~first].tolist(), groups.references[~first].tolist(), strict=True):
        violations.add(KEPT, rule, "equal", "different", one, other)


def _write_wanted(outputs: Outputs, references: UInt64, parts: UInt64, files: int) -> None:
    pairs = np.unique(np.stack([references, parts], axis=1), axis=0)
    table = pa.table({"reference": pairs[:, 0], "part": pairs[:, 1].astype(np.uint32)}, schema=WANTED_SCHEMA)
    write_parts(outputs, "wanted", table, pairs[:, 0] >> np.uint64(32), files)
