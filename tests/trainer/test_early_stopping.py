"""When a run that no longer gets better ends."""

import json

import pytest

from trainer.early_stopping import EarlyStopping


def seen(evaluations: int, *losses: float) -> EarlyStopping:
    stopping = EarlyStopping(evaluations)
    for loss in losses:
        stopping.evaluated(loss)
    return stopping


@pytest.mark.parametrize(
    ("losses", "due"),
    [((), False), ((3.0, 2.0, 2.0), False), ((3.0, 2.0, 2.0, 2.1), True), ((3.0, 3.1, 2.9, 3.0), False)],
)
def test_it_is_due_after_two_evaluations_in_a_row_without_a_lower_loss(losses: tuple[float, ...], due: bool) -> None:
    assert seen(2, *losses).is_due is due
    assert not seen(0, *losses).is_due


def test_what_was_logged_counts_as_if_it_had_been_seen() -> None:
    records = [{"step": 1, "loss": 9.0}, {"step": 1, "validation_loss": 2.0}, {"step": 2, "validation_loss": 2.5}]
    stopping = EarlyStopping(2)
    stopping.replay("".join(json.dumps(record) + "\n" for record in records).encode())
    assert not stopping.is_due
    stopping.evaluated(2.0)
    assert stopping.is_due
