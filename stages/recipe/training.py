"""The sections of a recipe that make a tokenizer, packed shards and a model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section


class Packing(Section):
    """Documents into rows of `sequence_length + 1` tokens, rows into shards."""

    sequence_length: int = Field(default=1024, gt=1, lt=65_535)
    shard_megabytes_of_text: float = Field(default=64.0, gt=0)
    """The number of shards follows from the text, so that it does not depend on how the inputs were cut."""


class Tokenizer(Section):
    """SentencePiece, trained so that every text decodes to itself."""

    model: Literal["unigram", "bpe"] = "unigram"
    vocabulary_size: int = Field(default=16_384, ge=300)
    sample_megabytes: float = Field(default=10.0, gt=0)
    """How much text of the training split the tokenizer is trained on."""
    character_coverage: float = Field(default=0.9995, gt=0.9, le=1.0)
    pretrained: str = ""
    """The folder of a tokenizer to use (`build/<name>/tokenizer/tokenizer`) instead of training one; the keys above are
    not read then."""
    packing: Packing = Packing()


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


class Pretrain(Section):
    """The training run."""

    steps: int = Field(default=1_000, gt=0)
    batch_rows: int = Field(default=32, gt=0)
    """Rows of one optimizer step, over all micro-batches."""
    micro_batch_rows: int = Field(default=8, gt=0)
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
