"""What was found to be wrong: all of it counted, the first in the order of the files kept, to be named."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from beam_jobs.certify.evidence import Evidence
from beam_jobs.corpus.finished import read_columns

SHOWN = 5
REMOVAL, KEPT, ACROSS_SPLITS, COUNTS, FILES = range(5)
CHECKS = ("removals", "kept", "across_splits", "counts", "files")
"""What is checked, in the order in which it is told."""
NO_REFERENCE = -1


@dataclass(frozen=True, order=True)
class Violation:
    """One thing that is wrong."""

    check: int
    reference: int
    """The row at fault; NO_REFERENCE where it is none."""
    other: int
    """The row that it was compared with; NO_REFERENCE where it is none."""
    rule: str
    measured: str
    needed: str


@dataclass
class Violations:
    """Collects what is wrong in a unit, or in all."""

    counts: Counter[str] = field(default_factory=Counter)
    """Violations by what was checked."""
    first: list[Violation] = field(default_factory=list)

    def add(
        self,
        check: int,
        rule: str,
        measured: str,
        needed: str,
        reference: int = NO_REFERENCE,
        other: int = NO_REFERENCE,
    ) -> None:
        """Adds one."""
        self.counts[CHECKS[check]] += 1
        self.first.append(Violation(check, reference, other, rule, measured, needed))
        if len(self.first) >= 100 * SHOWN:
            self.keep_first()

    def keep_first(self) -> None:
        """Forgets all that would not be named."""
        self.first = sorted(self.first)[:SHOWN]

    def to_json(self) -> dict[str, Any]:
        """As a unit's counts hold them."""
        self.keep_first()
        return {"counts": dict(sorted(self.counts.items())), "first": [astuple(one) for one in self.first]}

    @classmethod
    def merged(cls, every: Iterable[Mapping[str, Any]]) -> "Violations":
        """Those of some units."""
        total = cls()
        for one in every:
            total.counts.update(one["counts"])
            total.first.extend(Violation(*values) for values in one["first"])
        total.keep_first()
        return total


def described(violation: Violation, evidence: Evidence) -> dict[str, Any]:
    """A violation with the ids and files of the rows at fault, as JSON values."""
    rows = [_row(one, evidence) for one in (violation.reference, violation.other) if one != NO_REFERENCE]
    return {
        "check": CHECKS[violation.check],
        "rule": violation.rule,
        "rows": rows,
        "measured": violation.measured,
        "needed": violation.needed,
    }


def _row(reference: int, evidence: Evidence) -> dict[str, Any]:
    file = evidence.file_of(reference)
    row = reference & 0xFFFFFFFF
    return {"id": read_columns(file.path, ["id"]).column("id")[row].as_py(), "file": file.name, "row": row}


def line(violation: Mapping[str, Any]) -> str:
    """A described violation in words."""
    rows = " and ".join(f"{row['id']} in {row['file']}" for row in violation["rows"])
    where = f"{violation['rule']}: {rows}" if rows else violation["rule"]
    return f"{where}: {violation['measured']}, needed {violation['needed']}"
