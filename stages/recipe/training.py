"""The sections of a recipe that make a model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section


class Model(Section):
    """A Llama-style decoder: pre-norm RMSNorm, rotary positions, SwiGLU, grouped-query attention, no biases."""

    layers: int = Field(default=4, gt=0)
    width: int = Field(default=256, gt=0)
    heads: int = Field(default=4, gt=0)
    key_value_heads: int = Field(default=4, gt=0)
    feed_forward: int = Field(default=0, ge=0)
    """Hidden width of the feed-forward block; 0 takes 8/3 of the width, rounded up to a multiple of 64."""
    rope_theta: float = Field(default=10_000.0, gt=0)
    norm_epsilon: float = Field(default=1e-5, gt=0)
    tied_embeddings: bool = True

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError("width must be a multiple of 2 * heads")
        if self.heads % self.key_value_heads:
            raise ValueError("heads must be a multiple of key_value_heads")
        return self


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


class Pretrain(Section):
    """The training run."""

    steps: int = Field(default=1_000, gt=0)
    batch_rows: int = Field(default=32, gt=0)
    """Rows of one optimizer step, over all micro-batches."""
    micro_batch_rows: int = Field(default=8, gt=0)
    quotas: tuple[Quota, ...] = ()
    """A schedule of shares, in the order of `from_step`, the first from step 0; each part of the rows is repeated as
    often as its share asks for. Empty: all rows, each once an epoch."""
    learning_rate: float = Field(default=1e-3, gt=0)
    minimum_learning_rate_share: float = Field(default=0.1, ge=0.0, le=1.0)
    """Where the cosine ends, as a share of the peak."""
    warmup_steps: int = Field(default=100, ge=0)
    weight_decay: float = Field(default=0.1, ge=0)
    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    gradient_clip: float = Field(default=1.0, gt=0)
    precision: Literal["bf16", "fp32"] = "bf16"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=0, ge=0)
    """CPU threads; 0 takes as many as there are cores. Another number can change the last bits of the result."""
    evaluate_every: int = Field(default=100, gt=0)
    evaluation_rows: int = Field(default=256, gt=0)
    checkpoint_every: int = Field(default=100, gt=0)
    keep_checkpoints: int = Field(default=2, gt=0)
    model: Model = Model()
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
