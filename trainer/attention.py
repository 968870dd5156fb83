"""Attention that stops at document ends: one rule of visibility, and the fastest exact way to apply it on each device.

A row holds several documents one after another. A query sees a key if the key is not later than itself and not before
the start of its own document; the token's position inside its document says where that is, so positions alone define
the mask.
"""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Attend = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries [batch, heads, length, head size], keys and values [batch, key-value heads, length, head size] -> output
shaped as the queries."""

EAGER_LENGTH = 512
"""Up to this length plain matrix products beat the fused CPU kernel in bf16, forward and backward: 16 against 34 ms
at 256 tokens, 27 against 63 at 512, level at 1,024 (4 heads of 64, 2,048 tokens, one Zen 4 core). In fp32 they lose."""


def visible(query: Tensor, key: Tensor, position: Tensor) -> Tensor:
    """The rule: whether the query at index `query`, `position` tokens into its document, sees the key at `key`."""
    return (key <= query) & (key >= query - position)


def dense_mask(positions: Tensor) -> Tensor:
    """The rule for whole rows: positions [batch, length] -> bool [batch, length (query), length (key)]."""
    index = torch.arange(positions.shape[1], device=positions.device)
    return visible(index[None, :, None], index[None, None, :], positions[:, :, None])


def attention_for(positions: Tensor, dtype: torch.dtype) -> Attend:
    """The attention of one batch, to be shared by all layers; `positions` is an integer tensor [batch, length]."""
    if positions.device.type == "cuda":
        return _flex(positions)
    mask = dense_mask(positions)[:, None]
    if dtype == torch.bfloat16 and positions.shape[1] <= EAGER_LENGTH:
        return functools.partial(_eager, torch.zeros(mask.shape, dtype=dtype).masked_fill_(~mask, -torch.inf))
    return functools.partial(functional.scaled_dot_product_attention, attn_mask=mask, enable_gqa=True)


def _eager(bias: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    # The CPU kernel of softmax works in fp32 inside and rounds only its result.
    return torch.softmax(scores + bias, dim=-1) @ value


def _flex(positions: Tensor) -> Attend:
    from torch.nn.attention.flex_attention import create_block_mask

    def rule(batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return visible(query, key, positions[batch, query])

    rows, length = positions.shape
    block_mask = create_block_mask(rule, rows, None, length, length, device=positions.device)
    return functools.partial(_compiled_flex(), block_mask=block_mask, enable_gqa=True)


@functools.cache
def _compiled_flex() -> Callable[..., Any]:
    from torch.nn.attention.flex_attention import flex_attention

    # Shapes never change inside a run but for the last evaluation batch.
    return torch.compile(flex_attention)
