"""Phase `check`: compares removals with the documents that stay for them, and kept documents that share a band."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.claims import COMPARISON_SCHEMA, INDEXED
from beam_jobs.certify.comparing import SMALL_GROUP, Pairs, Sets, large_group, small_groups
from beam_jobs.certify.evidence import Evidence, listed, read_evidence, read_parts
from beam_jobs.certify.pairs import GROUP_SCHEMA
from beam_jobs.certify.sets import SET_SCHEMA
from beam_jobs.certify.violations import KEPT, REMOVAL, Violations
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.near_duplicates.clusters import begins

Int64 = npt.NDArray[np.int64]

TOLERANCE = 1e-6
"""Values are stored to six decimals."""
SHARE = "share of equal signature values"


def plan(job: Job) -> list[Planned]:
    """One unit for each part of the sets."""
    pairs, sets = commits_of(job, "pairs"), commits_of(job, "sets")
    files = {**listed(pairs, "comparisons", "groups"), **listed(sets, "sets")}
    parts = pairs[0].inputs["check_parts"] if pairs else 0
    weight = sum(file["bytes"] for file in files["sets"]) // max(parts, 1)
    inputs = {"corpus": read_evidence(job).manifest, "files": share(job, "check", "files", files)}
    return [Planned({"part": part, **inputs}, weight) for part in range(parts)]


def work(job: Job, unit: Unit, _outputs: Outputs) -> dict[str, Any]:
    """Compares one part; the counts are what was proven, and the extremes that were found."""
    evidence, part, files = read_evidence(job), unit.inputs["part"], shared(job, unit.inputs["files"])
    sets = Sets(read_parts(job.folder, files["sets"], part, SET_SCHEMA))
    violations = Violations()
    proofs = Proofs(evidence, sets, violations)
    proofs.add(read_parts(job.folder, files["comparisons"], part, COMPARISON_SCHEMA))
    bands = Bands(evidence, sets, violations)
    bands.add(read_parts(job.folder, files["groups"], part, GROUP_SCHEMA))
    return {
        "proven": dict(sorted(proofs.proven.items())),
        "smallest": proofs.smallest,
        "kept": bands.kept.to_json(),
        "with_index": bands.with_index.to_json(),
        "violations": violations.to_json(),
    }


class Proofs:
    """Removals compared with the documents that they name."""

    def __init__(self, evidence: Evidence, sets: Sets, violations: Violations):
        self._threshold = evidence.settings.near_duplicates.threshold
        self._sets, self._violations = sets, violations
        self.proven: Counter[str] = Counter()
        self.smallest: float | None = None
        """The smallest Jaccard similarity of those proven."""

    def add(self, comparisons: pa.Table) -> None:
        """Proves removals; of several documents that one may mean, one must be as it says."""
        rows = sorted(comparisons.to_pylist(), key=lambda row: (row["reference"], row["other"]))
        for reference, meant in groupby(rows, key=lambda row: row["reference"]):
            first, *others = meant
            doubt = self._doubt(first)
            if doubt is None or any(self._doubt(row) is None for row in others):
                self.proven[first["rule"]] += 1
            else:
                self._violations.add(REMOVAL, first["rule"], *doubt, reference, first["other"])

    def _doubt(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        """What was measured and what is needed, if that is not the same."""
        removed, stays = self._sets.places(np.array([row["reference"], row["other"]], np.uint64)).tolist()
        if row["rule"].startswith(INDEXED):
            measured = float(self._sets.shares(removed, np.array([stays]))[0])
            return self._difference(SHARE, measured, row["value"], row["value"])
        measured = self._sets.jaccard(removed, stays)
        doubt = self._difference("Jaccard", measured, row["jaccard"], row["value"])
        if doubt is None:
            self.smallest = measured if self.smallest is None else min(self.smallest, measured)
        return doubt

    def _difference(
        self, what: str, measured: float, stored: float | None, value: float | None
    ) -> tuple[str, str] | None:
        if measured < self._threshold:
            return f"{what} {measured:.6f}", f"at least {self._threshold}"
        exact = what == SHARE or (stored is not None and np.float32(measured) == np.float32(stored))
        if not exact:
            return f"{what} {measured:.6f}", f"{stored} as stored"
        if value is None or abs(value - measured) > TOLERANCE:
            return f"{what} {measured:.6f}", f"{value} as stored"
        return None


@dataclass
class Compared:
    """Pairs that must not be alike, and how alike they are at most."""

    pairs: int = 0
    largest: float | None = None

    def add(self, similarities: npt.NDArray[np.float64]) -> None:
        """Adds pairs."""
        if len(similarities):
            self.pairs += len(similarities)
            largest = float(similarities.max())
            self.largest = largest if self.largest is None else max(self.largest, largest)

    def to_json(self) -> dict[str, Any]:
        """As a unit's counts hold them."""
        return {"pairs": self.pairs, "largest": self.largest}


class Bands:
    """Kept documents that share a band, compared with each other and with those of indexes."""

    def __init__(self, evidence: Evidence, sets: Sets, violations: Violations):
        self._threshold = evidence.settings.near_duplicates.threshold
        self._first_index = evidence.first_index
        self._sets, self._violations = sets, violations
        self.kept, self.with_index = Compared(), Compared()

    def add(self, table: pa.Table) -> None:
        """Compares all groups of rows with an equal band; `table` has the columns of GROUP_SCHEMA."""
        bands, references = table.column("band").to_numpy(), table.column("reference").to_numpy()
        places, indexed = self._sets.places(references), references >= self._first_index
        small: list[tuple[int, Int64]] = []
        for start, stop in pairwise([*np.flatnonzero(begins(bands)).tolist(), len(bands)]):
            middle = start + int(np.count_nonzero(~indexed[start:stop]))  # those of indexes come last
            band, kept = int(bands[start]), places[start:middle]
            self._compare_with_index(band, kept, places[middle:stop])
            if len(kept) > SMALL_GROUP:
                self._compare(large_group(self._sets, band, kept))
            else:
                small.append((band, kept))
        self._compare(small_groups(self._sets, small))

    def _compare(self, pairs: Iterable[Pairs]) -> None:
        for left, right, measured in pairs:
            self.kept.add(measured)
            for place in np.flatnonzero(measured >= self._threshold).tolist():
                self._tell(int(left[place]), int(right[place]), f"Jaccard {measured[place]:.6f}")

    def _compare_with_index(self, band: int, kept: Int64, indexed: Int64) -> None:
        keys = np.full(len(indexed), band, np.uint64)
        for one in kept.tolist():
            others = indexed[self._sets.meet_first(np.full(len(indexed), one), indexed, keys)]
            shares = self._sets.shares(one, others)
            self.with_index.add(shares)
            for other, measured in zip(others.tolist(), shares.tolist(), strict=True):
                if measured >= self._threshold:
                    self._tell(one, other, f"{SHARE} {measured:.6f}")

    def _tell(self, one: int, other: int, measured: str) -> None:
        rows = sorted(self._sets.references[[one, other]].tolist())
        self._violations.add(KEPT, "alike", measured, f"below {self._threshold}", *rows)
