"""The settings of the optimizer and of the learning rate over a run; `[pretrain]` has both."""

from collections.abc import Callable
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section

DEFAULTS = {
    # The moments and the decay are those of GPT-3 (Brown et al. 2020).
    "adamw": {"learning_rate": 1e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95},
    # Kingma and Ba 2015.
    "adam": {"learning_rate": 1e-3, "weight_decay": 0.0, "beta1": 0.9, "beta2": 0.999},
    # He et al. 2016.
    "sgd": {"learning_rate": 0.1, "weight_decay": 1e-4, "momentum": 0.9},
    # Shazeer and Stern 2018: a rate relative to the size of the weights.
    "adafactor": {"learning_rate": 1e-2, "weight_decay": 0.0},
    # Momentum: Jordan et al. 2024. Updates are as large as AdamW's, and so the rest is too (Liu et al. 2025).
    "muon": {"learning_rate": 1e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95, "momentum": 0.95},
    # Chen et al. 2023: a rate 3 to 10 times smaller than AdamW's, and a decay as much larger.
    "lion": {"learning_rate": 1e-4, "weight_decay": 1.0, "beta1": 0.9, "beta2": 0.99},
}
"""The defaults of each optimizer; it does not read what is not there."""


def default_of(key: str, factor: float = 1.0) -> Callable[[dict[str, Any]], float]:
    """The default of a key, times a factor, once the optimizer is known."""
    return lambda values: factor * DEFAULTS[values["optimizer"]].get(key, 0.0)


class Optimizer(Section):
    """How the gradient of a step changes the weights. What is left out is as `DEFAULTS` has it for the optimizer."""

    optimizer: Literal["adamw", "adam", "sgd", "adafactor", "muon", "lion"] = "adamw"
    """`muon` is for the matrices inside the layers, with `adamw` for all other weights."""
    learning_rate: float = Field(default_factory=default_of("learning_rate"), gt=0)
    """The peak."""
    weight_decay: float = Field(default_factory=default_of("weight_decay"), ge=0)
    """Of matrices other than embeddings. Added to the gradient in `adam` and `sgd`; in the others each step takes this
    share of the weights, times the learning rate (Loshchilov and Hutter 2019)."""
    beta1: float = Field(default_factory=default_of("beta1"), ge=0, lt=1)
    beta2: float = Field(default_factory=default_of("beta2"), ge=0, lt=1)
    momentum: float = Field(default_factory=default_of("momentum"), ge=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    """The greatest norm of the gradient of all weights together."""
    maximum_skipped_steps: int = Field(default=5, ge=0)
    """A step whose loss or gradient is not a finite number changes no weight and is counted; more of them in a row than
    this end the run."""
    ema_decay: float = Field(default=0.0, ge=0, lt=1)
    """The share that the running average of the weights keeps at each step (Polyak and Juditsky 1992); what is
    evaluated and exported is then the average. 0 has none."""

    @model_validator(mode="after")
    def _every_key_is_read(self) -> Self:
        for key in ("beta1", "beta2", "momentum"):
            if key in self.model_fields_set and key not in DEFAULTS[self.optimizer]:
                raise ValueError(f"{key} means nothing to {self.optimizer}; leave it out")
        return self


class Schedule(Section):
    """The learning rate over a run, as a share of its peak: a linear warm-up, then what the schedule says."""

    steps: int = Field(default=1_000, gt=0)
    schedule: Literal["constant", "linear", "cosine", "step", "inverse_root", "warmup_stable_decay"] = "cosine"
    warmup_steps: int = Field(default=100, ge=0)
    minimum_learning_rate_share: float = Field(default=0.1, ge=0.0, le=1.0)
    """Where the learning rate ends, as a share of the peak; `constant` and `inverse_root` do not read it."""
    fall_at: tuple[float, ...] = (0.8, 0.9)
    """Where the rate of `step` falls, as shares of the steps after the warm-up: by the same factor each time, down to
    the minimum. 0.8 and 0.9 are those of DeepSeek LLM (Bi et al. 2024)."""
    decay_share: float = Field(default=0.2, gt=0.0, le=1.0)
    """The share of the steps after the warm-up in which `warmup_stable_decay` falls (Hägele et al. 2024)."""

    @model_validator(mode="after")
    def _every_schedule_key_is_read(self) -> Self:
        readers = {
            "minimum_learning_rate_share": ("linear", "cosine", "step", "warmup_stable_decay"),
            "fall_at": ("step",),
            "decay_share": ("warmup_stable_decay",),
        }
        for key, schedules in readers.items():
            if key in self.model_fields_set and self.schedule not in schedules:
                raise ValueError(f"{key} means nothing to the schedule {self.schedule}; leave it out")
        return self

    @model_validator(mode="after")
    def _falls_make_sense(self) -> Self:
        if not self.fall_at or list(self.fall_at) != sorted(set(self.fall_at)):
            raise ValueError("fall_at needs shares in rising order")
        if not (self.fall_at[0] > 0.0 and self.fall_at[-1] <= 1.0):
            raise ValueError("fall_at needs shares above 0 and at most 1")
        if self.schedule == "step" and not self.minimum_learning_rate_share:
            raise ValueError("schedule 'step' falls by a factor: minimum_learning_rate_share must be above 0")
        return self
