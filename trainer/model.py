"""The decoder: pre-norm RMSNorm, rotary positions, SwiGLU, grouped-query attention, no biases.

The arithmetic is that of Llama (Touvron et al. 2023) as Hugging Face's LlamaForCausalLM computes it, so that a trained
model moves there by renaming its weights.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from stages.recipe import Model
from trainer.attention import Attend, attention_for

INITIAL_DEVIATION = 0.02
"""GPT-2's (Radford et al. 2019), as is the smaller start of what is added to the residual stream."""


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


class Attention(nn.Module):
    """Grouped-query self-attention with rotary positions."""

    def __init__(self, settings: Model):
        super().__init__()
        self.head_size = settings.width // settings.heads
        key_value_width = settings.key_value_heads * self.head_size
        self.query = nn.Linear(settings.width, settings.width, bias=False)
        self.key = nn.Linear(settings.width, key_value_width, bias=False)
        self.value = nn.Linear(settings.width, key_value_width, bias=False)
        self.output = nn.Linear(settings.width, settings.width, bias=False)

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        """[batch, length, width] -> the same."""
        query, key, value = (self._heads(layer(hidden)) for layer in (self.query, self.key, self.value))
        mixed = attend(rotate(query, *rotation), rotate(key, *rotation), value)
        output: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return output

    def _heads(self, projected: Tensor) -> Tensor:
        return projected.view(*projected.shape[:2], -1, self.head_size).transpose(1, 2)


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, width: int, inner: int):
        super().__init__()
        self.gate = nn.Linear(width, inner, bias=False)
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., width] -> the same."""
        output: Tensor = self.down(functional.silu(self.gate(hidden)) * self.up(hidden))
        return output


class Layer(nn.Module):
    """Attention and feed-forward, each added to the residual stream."""

    def __init__(self, settings: Model):
        super().__init__()
        self.attention_norm = RMSNorm(settings.width, settings.norm_epsilon)
        self.attention = Attention(settings)
        self.feed_forward_norm = RMSNorm(settings.width, settings.norm_epsilon)
        self.feed_forward = FeedForward(settings.width, feed_forward_width(settings))

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], attend: Attend) -> Tensor:
        """[batch, length, width] -> the same."""
        hidden = hidden + self.attention(self.attention_norm(hidden), rotation, attend)
        output: Tensor = hidden + self.feed_forward(self.feed_forward_norm(hidden))
        return output


class Decoder(nn.Module):
    """Tokens in, hidden states out; `head` turns those into logits."""

    def __init__(self, settings: Model, vocabulary_size: int):
        super().__init__()
        self.settings = settings
        self.embedding = nn.Embedding(vocabulary_size, settings.width)
        self.layers = nn.ModuleList(Layer(settings) for _ in range(settings.layers))
        self.norm = RMSNorm(settings.width, settings.norm_epsilon)
        if not settings.tied_embeddings:
            self.untied_head = nn.Linear(settings.width, vocabulary_size, bias=False)

    @property
    def head(self) -> Tensor:
        """[vocabulary, width]: the matrix that turns hidden states into logits."""
        return self.embedding.weight if self.settings.tied_embeddings else self.untied_head.weight

    def forward(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Integers [batch, length], and their positions inside their documents -> hidden [batch, length, width]."""
        hidden = self.embedding(tokens)
        rotation = rotary(positions, self.settings, hidden.dtype)
        attend = attention_for(positions, hidden.dtype)
        for layer in self.layers:
            hidden = layer(hidden, rotation, attend)
        output: Tensor = self.norm(hidden)
        return output


def new_decoder(settings: Model, vocabulary_size: int, seed: int) -> Decoder:
    """A decoder in fp32 on the CPU whose weights depend on the seed alone, not on torch's global random state."""
    with torch.device("meta"):
        decoder = Decoder(settings, vocabulary_size)
    decoder.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in decoder.named_parameters():
        if parameter.ndim == 1:
            nn.init.ones_(parameter)
        elif name.endswith((".output.weight", ".down.weight")):
            nn.init.normal_(parameter, std=INITIAL_DEVIATION * (2 * settings.layers) ** -0.5, generator=generator)
        else:
            nn.init.normal_(parameter, std=INITIAL_DEVIATION, generator=generator)
    return decoder


def feed_forward_width(settings: Model) -> int:
    """The hidden width of the feed-forward block: as set, or 8/3 of the width rounded up to a multiple of 64."""
    return settings.feed_forward or -(-8 * settings.width // 3 // 64) * 64


def rotary(positions: Tensor, settings: Model, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines [batch, 1, length, half a head] of the rotary angles (Su et al. 2021), computed in fp32."""
    size = settings.width // settings.heads
    exponent = torch.arange(0, size, 2, device=positions.device, dtype=torch.float32) / size
    angles = positions[:, None, :, None].float() * settings.rope_theta**-exponent
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns each pair (i, i + half) of a head's dimensions by its angle: [batch, heads, length, head size] -> same."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
