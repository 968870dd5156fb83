"""The early end of a run that no longer gets better."""

import json
import math


class EarlyStopping:
    """Counts the evaluations without a lower validation loss than the lowest before."""

    def __init__(self, evaluations: int):
        """`evaluations` in a row end the run; with 0 none do."""
        self._evaluations = evaluations
        self._lowest, self._waited = math.inf, 0

    @property
    def is_due(self) -> bool:
        """Whether the run should end."""
        return 0 < self._evaluations <= self._waited

    def evaluated(self, loss: float) -> None:
        """Takes the validation loss of an evaluation into account."""
        self._waited = 0 if loss < self._lowest else self._waited + 1
        self._lowest = min(self._lowest, loss)

    def replay(self, metrics: bytes) -> None:
        """Takes into account what an earlier part of the run had logged."""
        for line in metrics.splitlines():
            record = json.loads(line)
            if "validation_loss" in record:
                self.evaluated(record["validation_loss"])
