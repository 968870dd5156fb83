"""The sections of a recipe that make a model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.loss import Loss
from stages.recipe.model import Model
from stages.recipe.optimization import Optimizer, Schedule
from stages.recipe.section import Section


class Generation(Section):
    """The text that is sampled when training ends."""

    prompts: tuple[str, ...] = ("The",)
    """No space at the end: it belongs to the token of the next word."""
    tokens: int = Field(default=64, ge=0)
    temperature: float = Field(default=0.8, ge=0)
    """0 takes the most likely token every time."""
    top_k: int = Field(default=50, ge=0)
    """0 samples from the whole vocabulary."""


class Quota(Section):
    """What each step is made of, from one step on."""

    from_step: int = Field(default=0, ge=0)
    """How many steps come before it."""
    weights: dict[str, float] = Field(default_factory=dict)
    """The share of each source (or language: `tokenizer.packing.rows_of`) in the rows of a step, in any unit. One that
    is not named has none: no step has a row of it."""

    @model_validator(mode="after")
    def _weights_make_sense(self) -> Self:
        for name, value in self.weights.items():
            if value < 0:
                raise ValueError(f"weights.{name} is negative: {value:g}")
        if not sum(self.weights.values()):
            raise ValueError("weights are missing or all 0")
        return self


class Pretrain(Optimizer, Schedule):
    """The training run."""

    batch_rows: int = Field(default=32, gt=0)
    """Rows of one optimizer step, over all micro-batches."""
    micro_batch_rows: int = Field(default=8, gt=0)
    quotas: tuple[Quota, ...] = ()
    """A schedule of shares, in the order of `from_step`, the first from step 0; each part of the rows is repeated as
    often as its share asks for. Empty: all rows, each once an epoch."""
    precision: Literal["bf16", "fp32"] = "bf16"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=0, ge=0)
    """CPU threads; 0 takes as many as there are cores. Another number can change the last bits of the result."""
    evaluate_every: int = Field(default=100, gt=0)
    evaluation_rows: int = Field(default=256, gt=0)
    early_stopping_evaluations: int = Field(default=0, ge=0)
    """The run ends after so many evaluations in a row without a lower validation loss; 0 trains all steps."""
    checkpoint_every: int = Field(default=100, gt=0)
    keep_checkpoints: int = Field(default=2, gt=0)
    tensorboard: bool = True
    """Whether the metrics are also written as an event file for TensorBoard, in `tensorboard/`."""
    model: Model = Model()
    loss: Loss = Loss()
    generation: Generation = Generation()

    @model_validator(mode="after")
    def _micro_batches_divide(self) -> Self:
        if self.batch_rows % self.micro_batch_rows:
            raise ValueError("batch_rows must be a multiple of micro_batch_rows")
        return self

    @model_validator(mode="after")
    def _quotas_follow_each_other(self) -> Self:
        starts = [quota.from_step for quota in self.quotas]
        if starts and (starts[0] or sorted(set(starts)) != starts):
            raise ValueError("quotas need from_step = 0 in the first and greater ones after it")
        return self
