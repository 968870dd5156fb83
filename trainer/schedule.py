"""The learning rate: a pure function of the step."""

import math
from collections.abc import Callable

from stages.recipe import Pretrain
from stages.recipe.optimization import Schedule


def learning_rate(step: int, settings: Pretrain) -> float:
    """The learning rate of a step, counted from 1: a linear warm-up to the peak, then what the schedule says.

    The last step of a schedule that falls to a minimum has exactly that, unless the warm-up takes all steps.
    """
    if step <= settings.warmup_steps:
        return settings.learning_rate * step / settings.warmup_steps
    progress = (step - settings.warmup_steps) / (settings.steps - settings.warmup_steps)
    return settings.learning_rate * SHARES[settings.schedule](progress, settings)


def constant(_progress: float, _settings: Schedule) -> float:
    """The peak."""
    return 1.0


def linear(progress: float, settings: Schedule) -> float:
    """A straight line from the peak to the minimum."""
    return _above_minimum(1.0 - progress, settings)


def cosine(progress: float, settings: Schedule) -> float:
    """Half a wave from the peak to the minimum (Loshchilov and Hutter 2017)."""
    return _above_minimum((1.0 + math.cos(math.pi * progress)) / 2.0, settings)


def step(progress: float, settings: Schedule) -> float:
    """Falls by the same factor at each place of `fall_at`, down to the minimum (He et al. 2016)."""
    fallen = sum(progress >= place for place in settings.fall_at)
    return float(settings.minimum_learning_rate_share ** (fallen / len(settings.fall_at)))


def inverse_root(progress: float, settings: Schedule) -> float:
    """One over the root of the step, in units of the warm-up (Vaswani et al. 2017)."""
    warmup = max(settings.warmup_steps, 1)
    return math.sqrt(warmup / max(settings.warmup_steps + progress * (settings.steps - settings.warmup_steps), warmup))


def warmup_stable_decay(progress: float, settings: Schedule) -> float:
    """The peak, and in the last steps the minimum plus the rest times 1 - sqrt(progress) (Hägele et al. 2024)."""
    if progress >= 1.0:
        return settings.minimum_learning_rate_share
    decay = (progress - (1.0 - settings.decay_share)) / settings.decay_share
    return _above_minimum(1.0 - math.sqrt(max(decay, 0.0)), settings)


SHARES: dict[str, Callable[[float, Schedule], float]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "step": step,
    "inverse_root": inverse_root,
    "warmup_stable_decay": warmup_stable_decay,
}
"""Each is a function of the progress after the warm-up, in (0, 1], to a share of the peak."""


def _above_minimum(height: float, settings: Schedule) -> float:
    share = settings.minimum_learning_rate_share
    return share + (1.0 - share) * height
