"""The ledger: what every stage read, kept and removed by rule, and the proof that nothing went missing.

A ledger closes when for each stage `read = kept + sum(removed)`, and each stage read what the one before it kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stages.errors import GristmillError


@dataclass
class StageCount:
    """The account of one stage, in records."""

    read: int = 0
    kept: int = 0
    removed: Counter[str] = field(default_factory=Counter)
    """Removed records by rule."""


class Ledger:
    """The accounts of the stages a record passes, in their order."""

    def __init__(self, stages: Sequence[str]):
        self.stages = {name: StageCount() for name in stages}

    def keep(self, stage: str, records: int = 1) -> None:
        """Books records that a stage read and let pass."""
        self.stages[stage].read += records
        self.stages[stage].kept += records

    def remove(self, stage: str, rule: str, records: int = 1) -> None:
        """Books records that a stage read and removed by a rule."""
        self.stages[stage].read += records
        self.stages[stage].removed[rule] += records

    def add(self, counts: Mapping[str, Any]) -> None:
        """Adds the accounts of another ledger, given as `to_json` gives them."""
        for name, count in counts.items():
            stage = self.stages[name]
            stage.read += count["read"]
            stage.kept += count["kept"]
            stage.removed.update(count["removed"])

    def to_json(self) -> dict[str, Any]:
        """The accounts as JSON values."""
        return {
            name: {"read": stage.read, "kept": stage.kept, "removed": dict(sorted(stage.removed.items()))}
            for name, stage in self.stages.items()
        }

    def removed(self, rules: Iterable[str] = ()) -> int:
        """How many records were removed, by the given rules or by all."""
        names = set(rules)
        return sum(
            count
            for stage in self.stages.values()
            for rule, count in stage.removed.items()
            if not names or rule in names
        )

    def check_closed(self) -> None:
        """Raises GristmillError where the accounts do not add up."""
        before: StageCount | None = None
        for name, stage in self.stages.items():
            lost = stage.read - stage.kept - sum(stage.removed.values())
            if lost:
                raise GristmillError(f"the ledger does not close: stage {name} lost {lost} of {stage.read} records")
            if before is not None and stage.read != before.kept:
                raise GristmillError(
                    f"the ledger does not close: stage {name} read {stage.read} records of {before.kept} handed to it"
                )
            before = stage

    def funnel(self) -> list[tuple[str, int, int, str]]:
        """Rows of stage, read, kept, and the rules that removed most."""
        rows = []
        for name, stage in self.stages.items():
            most = ", ".join(f"{rule} {count:,}" for rule, count in sorted(stage.removed.items(), key=_by_count)[:4])
            rows.append((name, stage.read, stage.kept, most))
        return rows


def _by_count(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
