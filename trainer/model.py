"""The Transformer: pre-norm, grouped-query attention, no biases; norm, positions and activation as the recipe says.

By default the arithmetic is that of Llama (Touvron et al. 2023) as Hugging Face's LlamaForCausalLM computes it;
`trainer.export` knows what the others are called there. A trained model moves by renaming its weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from stages.recipe import Model
from trainer.attention import CAUSAL, Attend, Mask, attention_for
from trainer.dropout import Dropout
from trainer.initialization import initialize

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines, each [batch, 1, length, half a head]."""


class RMSNorm(nn.Module):
    """Divides by the root mean square over the last dimension, in fp32, and scales."""

    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] -> the same shape and dtype."""
        wide = hidden.float()
        return functional.rms_norm(wide, wide.shape[-1:], self.weight, self.epsilon).to(hidden.dtype)


class LayerNorm(nn.Module):
    """Takes the mean off the last dimension and divides by the deviation, in fp32, and scales."""

    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] -> the same shape and dtype."""
        wide = hidden.float()
        return functional.layer_norm(wide, wide.shape[-1:], self.weight, None, self.epsilon).to(hidden.dtype)


def new_norm(settings: Model, width: int) -> nn.Module:
    """The norm that the settings name."""
    return (RMSNorm if settings.norm == "rms" else LayerNorm)(width, settings.norm_epsilon)


class Attention(nn.Module):
    """Grouped-query self-attention."""

    def __init__(self, settings: Model):
        super().__init__()
        self.head_size = settings.head_size
        key_value_width = settings.key_value_heads * self.head_size
        self.query = nn.Linear(settings.width, settings.width, bias=False)
        self.key = nn.Linear(settings.width, key_value_width, bias=False)
        self.value = nn.Linear(settings.width, key_value_width, bias=False)
        self.output = nn.Linear(settings.width, settings.width, bias=False)

        if settings.qk_norm:
            self.query_norm = new_norm(settings, self.head_size)
            self.key_norm = new_norm(settings, self.head_size)
        self.normalises = settings.qk_norm

    def forward(self, hidden: Tensor, rotation: Rotation | None, attend: Attend) -> Tensor:
        """[batch, length, width] -> the same."""
        query, key, value = (self._heads(layer(hidden)) for layer in (self.query, self.key, self.value))
        if self.normalises:
            query, key = self.query_norm(query), self.key_norm(key)
        if rotation is not None:
            query, key = rotate(query, *rotation), rotate(key, *rotation)
        output: Tensor = self.output(attend(query, key, value).transpose(1, 2).flatten(2))
        return output

    def _heads(self, projected: Tensor) -> Tensor:
        return projected.view(*projected.shape[:2], -1, self.head_size).transpose(1, 2)


class FeedForward(nn.Module):
    """Two matrices with an activation between them, or SwiGLU with its gate."""

    def __init__(self, settings: Model):
        super().__init__()
        width, inner = settings.width, settings.feed_forward_width
        self.activation = settings.activation
        if self.activation == "swiglu":
            self.gate = nn.Linear(width, inner, bias=False)
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] -> the same."""
        output: Tensor = self.down(self._activated(hidden))
        return output

    def _activated(self, hidden: Tensor) -> Tensor:
        if self.activation == "swiglu":
            gate: Tensor = functional.silu(self.gate(hidden))
            up: Tensor = self.up(hidden)
            return gate * up
        if self.activation == "gelu":
            return functional.gelu(self.up(hidden))
        return functional.relu(self.up(hidden)).square()


class Layer(nn.Module):
    """Attention and feed-forward, each added to the residual stream."""

    def __init__(self, settings: Model, number: int):
        super().__init__()
        self.number = number
        self.attention_norm = new_norm(settings, settings.width)
        self.attention = Attention(settings)
        self.feed_forward_norm = new_norm(settings, settings.width)
        self.feed_forward = FeedForward(settings)

    def forward(self, hidden: Tensor, rotation: Rotation | None, attend: Attend, drop: Dropout) -> Tensor:
        """[batch, length, width] -> the same."""
        mixed = self.attention(self.attention_norm(hidden), rotation, attend)
        hidden = hidden + drop(mixed, 2 * self.number + 1)
        output: Tensor = hidden + drop(self.feed_forward(self.feed_forward_norm(hidden)), 2 * self.number + 2)
        return output


class Transformer(nn.Module):
    """Tokens in, hidden states out; `head` turns those into logits."""

    def __init__(self, settings: Model, vocabulary_size: int, seed: int):
        super().__init__()
        self.settings, self.seed = settings, seed
        self.embedding = nn.Embedding(vocabulary_size, settings.width)
        if settings.positions == "learned":
            self.position_embedding = nn.Embedding(settings.maximum_positions, settings.width)
        self.layers = nn.ModuleList(Layer(settings, number) for number in range(settings.layers))
        self.norm = new_norm(settings, settings.width)
        if not settings.tied_embeddings:
            self.untied_head = nn.Linear(settings.width, vocabulary_size, bias=False)

    @property
    def head(self) -> Tensor:
        """[vocabulary, width]: the matrix that turns hidden states into logits."""
        return self.embedding.weight if self.settings.tied_embeddings else self.untied_head.weight

    def forward(self, tokens: Tensor, positions: Tensor, mask: Mask = CAUSAL, draw: int | None = None) -> Tensor:
        """Integers [batch, length], and their positions inside their documents -> hidden [batch, length, width].

        With a `draw`, the number of a micro-batch, there is dropout; without one, as in evaluation, there is none.
        """
        drop = Dropout(0.0 if draw is None else self.settings.dropout, self.seed, draw or 0)
        hidden, rotation = self.embedding(tokens), None
        if self.settings.positions == "learned":
            hidden = hidden + self.position_embedding(positions)
        else:
            rotation = rotary(positions, self.settings, hidden.dtype)
        hidden = drop(hidden, 0)
        attend = attention_for(positions, hidden.dtype, mask)
        for layer in self.layers:
            hidden = layer(hidden, rotation, attend, drop)
        output: Tensor = self.norm(hidden)
        return output


def new_transformer(settings: Model, vocabulary_size: int, seed: int) -> Transformer:
    """A model in fp32 on the CPU whose weights depend on the settings and the seed alone.

    A file of given embeddings that does not fit is a GristmillError.
    """
    with torch.device("meta"):
        model = Transformer(settings, vocabulary_size, seed)
    model.to_empty(device="cpu")
    initialize(model, settings, seed)
    return model


def rotary(positions: Tensor, settings: Model, dtype: torch.dtype) -> Rotation:
    """The cosines and sines of the rotary angles (Su et al. 2021) at positions [batch, length], computed in fp32."""
    size = settings.head_size
    exponent = torch.arange(0, size, 2, device=positions.device, dtype=torch.float32) / size
    angles = positions[:, None, :, None].float() * settings.rope_theta**-exponent
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns each pair (i, i + half) of a head's dimensions by its angle: [batch, heads, length, head size] -> same."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
