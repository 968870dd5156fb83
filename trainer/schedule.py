"""The learning rate: a pure function of the step."""

import math

from stages.recipe import Pretrain


def learning_rate(step: int, settings: Pretrain) -> float:
    """The learning rate of a step, counted from 1: a linear warm-up to the peak, then a cosine.

    The last step has exactly the minimum share of the peak, unless the warm-up takes all steps.
    """
    if step <= settings.warmup_steps:
        return settings.learning_rate * step / settings.warmup_steps
    progress = (step - settings.warmup_steps) / (settings.steps - settings.warmup_steps)
    falling = (1.0 + math.cos(math.pi * progress)) / 2.0
    share = settings.minimum_learning_rate_share
    return settings.learning_rate * (share + (1.0 - share) * falling)
