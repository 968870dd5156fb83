"""The log of a run: one JSON object a line, one line a step and one an evaluation.

It holds nothing that differs between two equal runs, such as times, so that its bytes are those of a run that was never
stopped.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.artifacts import write_bytes
from stages.errors import GristmillError
from trainer.tensorboard_log import TensorBoardLog


class Metrics:
    """`metrics.jsonl` in the folder of a run, and its copy for TensorBoard if there is to be one."""

    def __init__(self, path: Path, copy: TensorBoardLog | None = None):
        self.path = path
        self._copy = copy

    def restart(self, content: bytes = b"") -> None:
        """Begins the file with what an earlier part of the run had logged, and drops the rest."""
        write_bytes(str(self.path), content)
        if self._copy is not None:
            self._copy.restart(self.records())

    def append(self, record: dict[str, Any]) -> None:
        """Adds a line; a failed write is a GristmillError."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise GristmillError(f"{self.path}: cannot be written: {error.strerror}; run the same command") from error
        if self._copy is not None:
            self._copy.append(record)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yields all records in their order."""
        yield from map(json.loads, self.path.read_bytes().splitlines())

    def last(self, key: str) -> dict[str, Any]:
        """The last record that has a key."""
        records = (json.loads(line) for line in reversed(self.path.read_bytes().splitlines()))
        return next(record for record in records if key in record)
