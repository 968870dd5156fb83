"""Attention that stops at document ends: one rule of visibility, and the fastest exact way to apply it on each device.

A row holds several documents one after another. Each query sees one span of keys, inside its own document. A mask says
how many tokens at the start of a document see each other, whatever their order; behind these a query sees what is not
later than itself. So a decoder, an encoder and a prefix language model (Raffel et al. 2020, section 3.2.1) differ in
one number. The position of each token inside its document says where documents start and, with the next start, end.
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

Mask = int | Tensor
"""How many tokens at the start of each document see each other: one number for all documents, or integers
[batch, length] that say it at each token for the document that the token is in."""
CAUSAL: Mask = 0
"""A decoder: no token sees a later one."""
BIDIRECTIONAL: Mask = 1 << 30
"""An encoder: all tokens of a document see each other."""

EAGER_LENGTH = 512
"""Up to this length plain matrix products beat the fused CPU kernel in bf16, forward and backward: 16 against 34 ms
at 256 tokens, 27 against 63 at 512, level at 1,024 (4 heads of 64, 2,048 tokens, one Zen 4 core). In fp32 they lose."""


def visible(key: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """The rule: whether a query that sees the keys from `first` to `last` sees the key at index `key`."""
    return (key >= first) & (key <= last)


def visible_span(positions: Tensor, mask: Mask) -> tuple[Tensor, Tensor]:
    """The first and the last key that each query sees: positions [batch, length] -> two int64 [batch, length]."""
    query = torch.arange(positions.shape[1], device=positions.device)
    first = query - positions
    if isinstance(mask, int) and mask == CAUSAL:
        return first, query.expand_as(first)
    # Inside the prefix a query sees to its end, or to that of the document.
    end_of_prefix = torch.minimum(first + mask, document_ends(positions)) - 1
    return first, torch.maximum(query, end_of_prefix)


def document_ends(positions: Tensor) -> Tensor:
    """The index behind the last token of each token's document: positions [batch, length] -> int64 [batch, length]."""
    length = positions.shape[1]
    index = torch.arange(length, device=positions.device)
    starts = torch.where(positions == 0, index, length)
    following = torch.cat([starts[:, 1:], torch.full_like(starts[:, :1], length)], dim=1)
    return following.flip(1).cummin(dim=1).values.flip(1)


def dense_mask(positions: Tensor, mask: Mask = CAUSAL) -> Tensor:
    """The rule for whole rows: positions [batch, length] -> bool [batch, length (query), length (key)]."""
    first, last = visible_span(positions, mask)
    return visible(torch.arange(positions.shape[1], device=positions.device), first[:, :, None], last[:, :, None])


def attention_for(positions: Tensor, dtype: torch.dtype, mask: Mask = CAUSAL) -> Attend:
    """The attention of one batch, to be shared by all layers; `positions` is an integer tensor [batch, length]."""
    if positions.device.type == "cuda":
        return _flex(positions, mask)
    seen = dense_mask(positions, mask)[:, None]
    if dtype == torch.bfloat16 and positions.shape[1] <= EAGER_LENGTH:
        return functools.partial(_eager, torch.zeros(seen.shape, dtype=dtype).masked_fill_(~seen, -torch.inf))
    return functools.partial(functional.scaled_dot_product_attention, attn_mask=seen, enable_gqa=True)


def _eager(bias: Tensor, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    # The CPU kernel of softmax works in fp32 inside and rounds only its result.
    return torch.softmax(scores + bias, dim=-1) @ value


def _flex(positions: Tensor, mask: Mask) -> Attend:
    from torch.nn.attention.flex_attention import create_block_mask

    first, last = visible_span(positions, mask)

    def rule(batch: Tensor, _head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return visible(key, first[batch, query], last[batch, query])

    rows, length = positions.shape
    block_mask = create_block_mask(rule, rows, None, length, length, device=positions.device)
    return functools.partial(_compiled_flex(), block_mask=block_mask, enable_gqa=True)


@functools.cache
def _compiled_flex() -> Callable[..., Any]:
    from torch.nn.attention.flex_attention import flex_attention

    # Shapes never change inside a run but for the last evaluation batch.
    return torch.compile(flex_attention)
