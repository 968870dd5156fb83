"""The learning rate: golden values."""

import pytest
from pydantic import ValidationError

from stages.recipe import Pretrain
from trainer.schedule import SHARES, learning_rate


def settings(schedule: str, **changes: object) -> Pretrain:
    """110 steps to a peak of 1, 10 of them warm-up: 100 are left."""
    return Pretrain.model_validate(
        {"steps": 110, "warmup_steps": 10, "learning_rate": 1.0, "schedule": schedule, **changes}
    )


@pytest.mark.parametrize("schedule", SHARES)
@pytest.mark.parametrize(("step", "expected"), [(1, 0.1), (5, 0.5), (10, 1.0)])
def test_every_schedule_warms_up_linearly(schedule: str, step: int, expected: float) -> None:
    assert learning_rate(step, settings(schedule)) == expected


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        ("constant", 60, 1.0),
        ("constant", 110, 1.0),
        ("linear", 35, 0.775),
        ("linear", 60, 0.55),
        ("cosine", 35, 0.1 + 0.9 * (1 + 0.5**0.5) / 2),
        ("cosine", 60, 0.55),
        ("cosine", 85, 0.1 + 0.9 * (1 - 0.5**0.5) / 2),
        ("step", 89, 1.0),
        ("step", 90, 0.1**0.5),
        ("step", 99, 0.1**0.5),
        ("inverse_root", 40, 0.5),
        ("inverse_root", 90, 1 / 3),
        ("warmup_stable_decay", 90, 1.0),
        ("warmup_stable_decay", 95, 0.1 + 0.9 * 0.5),
        ("warmup_stable_decay", 100, 0.1 + 0.9 * (1 - 0.5**0.5)),
    ],
)
def test_golden_values(schedule: str, step: int, expected: float) -> None:
    assert learning_rate(step, settings(schedule)) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "step", "warmup_stable_decay"])
@pytest.mark.parametrize("share", [0.1, 0.3])
@pytest.mark.parametrize("steps", [110, 97])
def test_the_last_step_has_exactly_the_minimum(schedule: str, share: float, steps: int) -> None:
    assert learning_rate(steps, settings(schedule, minimum_learning_rate_share=share, steps=steps)) == share


@pytest.mark.parametrize("schedule", SHARES)
def test_no_schedule_rises_after_the_warm_up(schedule: str) -> None:
    rates = [learning_rate(step, settings(schedule)) for step in range(10, 111)]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize("schedule", SHARES)
def test_without_warm_up_the_first_step_is_near_the_peak(schedule: str) -> None:
    assert 0.98 < learning_rate(1, settings(schedule, warmup_steps=0)) <= 1.0


@pytest.mark.parametrize("schedule", SHARES)
def test_a_warm_up_as_long_as_the_run_ends_at_the_peak(schedule: str) -> None:
    assert learning_rate(110, settings(schedule, warmup_steps=110)) == 1.0


@pytest.mark.parametrize(
    ("schedule", "changes", "message"),
    [
        ("constant", {"minimum_learning_rate_share": 0.1}, "minimum_learning_rate_share means nothing to the schedule"),
        ("cosine", {"decay_share": 0.1}, "decay_share means nothing to the schedule cosine; leave it out"),
        ("linear", {"fall_at": (0.5,)}, "fall_at means nothing to the schedule linear; leave it out"),
        ("step", {"fall_at": (0.9, 0.8)}, "fall_at needs shares in rising order"),
        ("step", {"fall_at": (0.0, 0.8)}, "fall_at needs shares above 0 and at most 1"),
        ("step", {"minimum_learning_rate_share": 0.0}, "minimum_learning_rate_share must be above 0"),
    ],
)
def test_what_a_schedule_does_not_read_is_an_error(schedule: str, changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings(schedule, **changes)
