"""Attention: who sees whom, and every way of computing it agrees with the rule."""

import pytest
import torch
from torch.nn.attention.flex_attention import flex_attention

from trainer import attention
from trainer.attention import attention_for, dense_mask

POSITIONS = torch.tensor([[0, 1, 2, 0, 1, 0], [0, 1, 2, 3, 4, 5]], dtype=torch.int32)


def heads(length: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(2, count, length, 16, generator=generator).to(dtype) for count in (4, 2, 2))


def reference(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    key, value = key.repeat_interleave(2, dim=1), value.repeat_interleave(2, dim=1)
    scores = (query @ key.transpose(-1, -2)) / 4.0
    return torch.softmax(scores.masked_fill(~mask[:, None], -torch.inf), dim=-1) @ value


def test_a_token_sees_itself_and_what_came_before_in_its_document() -> None:
    expected = [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    mask = dense_mask(POSITIONS)
    assert mask[0].int().tolist() == expected
    assert torch.equal(mask[1], torch.ones(6, 6, dtype=torch.bool).tril())


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2)])
def test_attention_on_a_cpu_follows_the_rule(dtype: torch.dtype, tolerance: float) -> None:
    query, key, value = heads(6, dtype)
    ours = attention_for(POSITIONS, dtype)(query, key, value)
    expected = reference(query.float(), key.float(), value.float(), dense_mask(POSITIONS))
    assert ours.dtype == dtype
    assert (ours.float() - expected).abs().max() <= tolerance


def test_long_rows_in_bf16_follow_the_rule_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "EAGER_LENGTH", 5)
    query, key, value = heads(6, torch.bfloat16)
    ours = attention_for(POSITIONS, torch.bfloat16)(query, key, value)
    expected = reference(query.float(), key.float(), value.float(), dense_mask(POSITIONS))
    assert (ours.float() - expected).abs().max() <= 2e-2


@pytest.mark.filterwarnings("ignore:flex_attention called without")
def test_the_block_mask_of_the_gpu_follows_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_compiled_flex", lambda: flex_attention)
    positions = torch.arange(160, dtype=torch.int32).expand(2, 160) % torch.tensor([[50], [160]])
    query, key, value = heads(160)
    ours = attention._flex(positions)(query, key, value)
    assert (ours - reference(query, key, value, dense_mask(positions))).abs().max() <= 1e-6
