"""The section of a recipe on the shape of a model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from stages.recipe.section import Section

SIZES = ("layers", "width", "heads", "key_value_heads", "feed_forward")
"""What `depth` sets."""
HEAD_SIZE = 64
"""Of the models that `depth` makes, as in GPT-2 (Radford et al. 2019). With one head a layer the width is then 64 a
layer, as in nanochat (Karpathy 2025); at depth 12 that is GPT-2 small."""


class Model(Section):
    """A pre-norm Transformer without biases; what is not set is as in Llama (Touvron et al. 2023).

    Rotary positions are those of Su et al. 2021.
    """

    depth: int = Field(default=0, ge=0)
    """One dial for all sizes: so many layers, as many heads of 64, each with a key and a value of its own. 0 leaves the
    sizes to the keys below."""
    layers: int = Field(default=4, gt=0)
    width: int = Field(default=256, gt=0)
    heads: int = Field(default=4, gt=0)
    key_value_heads: int = Field(default=4, gt=0)
    feed_forward: int = Field(default=0, ge=0)
    """Hidden width of the feed-forward block; 0 takes 4 times the width, and for `swiglu`, which has a third matrix,
    8/3 of it, rounded up to a multiple of 64."""
    norm: Literal["rms", "layer"] = "rms"
    """RMSNorm (Zhang and Sennrich 2019) or LayerNorm (Ba et al. 2016)."""
    norm_epsilon: float = Field(default=1e-5, gt=0)
    positions: Literal["rotary", "learned"] = "rotary"
    """Turned into queries and keys, or a vector of each position that is added to the token's."""
    rope_theta: float = Field(default=10_000.0, gt=0)
    """The base of the rotary angles."""
    maximum_positions: int = Field(default=0, ge=0)
    """How many positions are learned: at least as many as a row has tokens (`tokenizer.packing.sequence_length`)."""
    activation: Literal["swiglu", "gelu", "relu2"] = "swiglu"
    """SwiGLU (Shazeer 2020), GELU (Hendrycks and Gimpel 2016) or the square of ReLU (So et al. 2021)."""
    qk_norm: bool = False
    """Queries and keys are normalised, each head for itself (Dehghani et al. 2023)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of the embedding's output, and of what each block adds to it, that is set to zero in training
    (Srivastava et al. 2014)."""
    tied_embeddings: bool = True
    """One matrix for input and output (Press and Wolf 2017)."""
    initialization: Literal["normal", "xavier", "kaiming"] = "normal"
    """A deviation of 0.02, less for what is added to the residual stream (Radford et al. 2019); or one that follows
    from the shape of each matrix (Glorot and Bengio 2010; He et al. 2015)."""
    embeddings: str = ""
    """A safetensors file with the embedding to start from: the matrix `embedding.weight` [vocabulary, width]."""

    @model_validator(mode="after")
    def _depth_sets_all_sizes(self) -> Self:
        if not self.depth:
            return self
        if given := [key for key in SIZES if key in self.model_fields_set]:
            raise ValueError(f"depth sets all sizes; leave out {' and '.join(given)}, or depth")
        sizes = {"layers": self.depth, "heads": self.depth, "key_value_heads": self.depth}
        # The section is still being read; from here on it is frozen.
        self.__dict__.update(sizes, width=HEAD_SIZE * self.depth)
        return self

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError("width must be a multiple of 2 * heads")
        if self.heads % self.key_value_heads:
            raise ValueError("heads must be a multiple of key_value_heads")
        return self

    @model_validator(mode="after")
    def _positions_have_their_keys(self) -> Self:
        if self.positions == "learned" and not self.maximum_positions:
            raise ValueError("positions = learned needs maximum_positions, at least tokenizer.packing.sequence_length")
        if self.positions == "rotary" and self.maximum_positions:
            raise ValueError("maximum_positions means nothing to rotary positions; leave it out")
        if self.positions == "learned" and "rope_theta" in self.model_fields_set:
            raise ValueError("rope_theta means nothing to learned positions; leave it out")
        return self

    @property
    def head_size(self) -> int:
        """The width of one head."""
        return self.width // self.heads

    @property
    def feed_forward_width(self) -> int:
        """The hidden width of the feed-forward block."""
        if self.feed_forward:
            return self.feed_forward
        return -(-8 * self.width // 3 // 64) * 64 if self.activation == "swiglu" else 4 * self.width
