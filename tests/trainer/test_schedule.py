"""The learning rate: golden values."""

import pytest

from stages.recipe import Pretrain
from trainer.schedule import learning_rate

SETTINGS = Pretrain(steps=110, warmup_steps=10, learning_rate=1.0, minimum_learning_rate_share=0.1)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (1, 0.1),
        (5, 0.5),
        (10, 1.0),
        (35, 0.1 + 0.9 * (1 + 0.5**0.5) / 2),
        (60, 0.55),
        (85, 0.1 + 0.9 * (1 - 0.5**0.5) / 2),
        (110, 0.1),
    ],
)
def test_warms_up_linearly_and_falls_as_a_cosine(step: int, expected: float) -> None:
    assert learning_rate(step, SETTINGS) == pytest.approx(expected, abs=1e-12)


def test_without_warm_up_the_first_step_is_just_below_the_peak() -> None:
    settings = SETTINGS.model_copy(update={"warmup_steps": 0})
    assert 0.999 < learning_rate(1, settings) < 1.0
    assert learning_rate(110, settings) == pytest.approx(0.1)


def test_a_warm_up_as_long_as_the_run_ends_at_the_peak() -> None:
    assert learning_rate(110, SETTINGS.model_copy(update={"warmup_steps": 110})) == 1.0
