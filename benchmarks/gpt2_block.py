"""GPT-2 as it is published (Radford et al. 2019), the peer of the training benchmark.

Learned positions, LayerNorm before each block, GELU, a tied head, cross-entropy over whole logits; without biases and
dropout, and with its attention in one call, as nanoGPT runs it. Trained by AdamW in fp32, under autocast in bf16.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """The sizes of the model and of its batches."""

    vocabulary: int
    layers: int = 4
    heads: int = 4
    width: int = 256
    length: int = 256
    rows: int = 8


class Block(nn.Module):
    """Attention and feed-forward, each added to the residual stream."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.LayerNorm(shape.width, bias=False)
        self.query_key_value = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.feed_forward_norm = nn.LayerNorm(shape.width, bias=False)
        self.up = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.down = nn.Linear(4 * shape.width, shape.width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """[rows, length, width] -> the same."""
        hidden = hidden + self._attend(self.attention_norm(hidden))
        output: Tensor = hidden + self.down(functional.gelu(self.up(self.feed_forward_norm(hidden))))
        return output

    def _attend(self, hidden: Tensor) -> Tensor:
        rows, length, width = hidden.shape
        parts = self.query_key_value(hidden).split(width, dim=2)
        query, key, value = (one.view(rows, length, self.heads, -1).transpose(1, 2) for one in parts)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        output: Tensor = self.output(mixed.transpose(1, 2).reshape(rows, length, width))
        return output


class GPT2(nn.Module):
    """Tokens and labels in, the mean cross-entropy out."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.length, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, bias=False)
        generator = torch.Generator().manual_seed(1)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                share = (2 * shape.layers) ** -0.5 if name.endswith(("output.weight", "down.weight")) else 1.0
                nn.init.normal_(parameter, std=0.02 * share, generator=generator)

    def forward(self, tokens: Tensor, labels: Tensor) -> Tensor:
        """int64 [rows, length], twice -> a scalar."""
        hidden = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            hidden = block(hidden)
        logits = functional.linear(self.norm(hidden), self.embedding.weight)
        return functional.cross_entropy(logits.flatten(0, 1), labels.flatten())


def new_step(model: GPT2, bf16: bool) -> Callable[[Tensor, Tensor], float]:
    """A function that takes one step on tokens and labels and returns the loss before it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95))

    def step(tokens: Tensor, labels: Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss: Tensor = model(tokens, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step
