"""The metrics of a run as an event file that TensorBoard shows.

It is a copy of `metrics.jsonl`, made anew from it when a run goes on. Events have no times, so that its bytes are those
of a run that was never stopped.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.errors import GristmillError

NAME = "events.out.tfevents.0"
"""TensorBoard reads files with `tfevents` in their names."""
NOT_SHOWN = ("step",)


class TensorBoardLog:
    """The event file in a folder."""

    def __init__(self, folder: Path):
        self.path = folder / NAME

    def restart(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Begins the file, with the records of an earlier part of the run."""
        from tensorboard.compat.proto.event_pb2 import Event

        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._write([Event(file_version="brain.Event:2"), *map(_event, records)], "wb")

    def append(self, record: Mapping[str, Any]) -> None:
        """Adds a record; a failed write is a GristmillError."""
        self._write([_event(record)], "ab")

    def _write(self, events: Iterable[Any], mode: str) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        try:
            with self.path.open(mode) as file:
                writer = RecordWriter(file)
                for event in events:
                    writer.write(event.SerializeToString(deterministic=True))
        except OSError as error:
            raise GristmillError(f"{self.path}: cannot be written: {error.strerror}; run the same command") from error


def _event(record: Mapping[str, Any]) -> Any:
    """A record as an Event message."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    group = "validation" if "validation_loss" in record else "train"
    values = [Summary.Value(tag=f"{group}/{name}", simple_value=value) for name, value in _scalars(record)]
    return Event(step=record["step"], summary=Summary(value=values))


def _scalars(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _scalars(value, f"{prefix}{name}/")
        elif isinstance(value, int | float) and name not in NOT_SHOWN:
            yield prefix + name, value
