"""The event file: what TensorBoard reads in it, and that it is made anew when a run goes on."""

from pathlib import Path
from typing import Any

import pytest

from stages.errors import GristmillError
from trainer.metrics import Metrics
from trainer.tensorboard_log import TensorBoardLog

RECORDS: list[dict[str, Any]] = [
    {"step": 1, "tokens": 10, "loss": 5.0},
    {"step": 1, "validation_loss": 4.0, "sources": {"web": {"loss": 3.0, "bits_per_byte": None}}},
    {"step": 2, "tokens": 20, "loss": 2.5},
]


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """All scalars as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    (path,) = folder.glob("*tfevents*")
    found: dict[str, list[tuple[int, float]]] = {}
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            (number,) = value.tensor.float_val
            found.setdefault(value.tag, []).append((event.step, number))
    return found


def logged(folder: Path, records: list[dict[str, Any]]) -> Metrics:
    metrics = Metrics(folder / "metrics.jsonl", TensorBoardLog(folder / "tensorboard"))
    metrics.restart()
    for record in records:
        metrics.append(record)
    return metrics


def test_tensorboard_reads_what_was_logged(tmp_path: Path) -> None:
    logged(tmp_path, RECORDS)
    assert scalars(tmp_path / "tensorboard") == {
        "train/tokens": [(1, 10.0), (2, 20.0)],
        "train/loss": [(1, 5.0), (2, 2.5)],
        "validation/validation_loss": [(1, 4.0)],
        "validation/sources/web/loss": [(1, 3.0)],
    }


def test_a_run_that_goes_on_has_the_file_of_an_unbroken_one(tmp_path: Path) -> None:
    whole, broken = (tmp_path / name for name in ("whole", "broken"))
    for folder, count in ((whole, 3), (broken, 2)):
        folder.mkdir()
        logged(folder, RECORDS[:count])
    kept = (broken / "metrics.jsonl").read_bytes().splitlines(keepends=True)[0]
    metrics = Metrics(broken / "metrics.jsonl", TensorBoardLog(broken / "tensorboard"))
    metrics.restart(kept)
    for record in RECORDS[1:]:
        metrics.append(record)
    (one,), (other,) = (list((folder / "tensorboard").iterdir()) for folder in (whole, broken))
    assert one.name == other.name and one.read_bytes() == other.read_bytes()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    metrics = logged(tmp_path, RECORDS[:1])
    (path,) = (tmp_path / "tensorboard").iterdir()
    path.unlink()
    path.mkdir()
    with pytest.raises(GristmillError, match=f"{path.name}: cannot be written: Is a directory; run the same command"):
        metrics.append(RECORDS[2])
