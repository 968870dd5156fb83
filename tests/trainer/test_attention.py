"""Attention: who sees whom, and every way of computing it agrees with the rule."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention.flex_attention import flex_attention

from trainer import attention
from trainer.attention import BIDIRECTIONAL, CAUSAL, Mask, attention_for, dense_mask, document_ends

POSITIONS = torch.tensor([[0, 1, 2, 0, 1, 0], [0, 1, 2, 3, 4, 5]], dtype=torch.int32)
OF_EACH_DOCUMENT = torch.tensor([[2, 2, 2, 1, 1, 9], [4, 4, 4, 4, 4, 4]])
MASKS = {"causal": CAUSAL, "bidirectional": BIDIRECTIONAL, "prefix": 2, "prefix of each": OF_EACH_DOCUMENT}


def heads(length: int, dtype: torch.dtype = torch.float32) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    return tuple(torch.randn(2, count, length, 16, generator=generator).to(dtype) for count in (4, 2, 2))


def reference(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    key, value = key.repeat_interleave(2, dim=1), value.repeat_interleave(2, dim=1)
    scores = (query @ key.transpose(-1, -2)) / 4.0
    return torch.softmax(scores.masked_fill(~mask[:, None], -torch.inf), dim=-1) @ value


def test_a_decoder_sees_itself_and_what_came_before_in_its_document() -> None:
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


def test_an_encoder_sees_its_whole_document_and_no_other() -> None:
    mask = dense_mask(POSITIONS, BIDIRECTIONAL)
    assert torch.equal(mask[0], torch.block_diag(torch.ones(3, 3), torch.ones(2, 2), torch.ones(1, 1)).bool())
    assert mask[1].all()


def test_a_prefix_sees_itself_whole_and_what_is_behind_it_is_causal() -> None:
    expected = [
        [1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 1, 1, 0],
        [0, 0, 0, 0, 0, 1],
    ]
    assert dense_mask(POSITIONS, 2)[0].int().tolist() == expected


def test_each_document_may_have_a_prefix_of_its_own() -> None:
    mask = dense_mask(POSITIONS, OF_EACH_DOCUMENT)
    assert torch.equal(mask[0, :3, :3], dense_mask(POSITIONS, 2)[0, :3, :3])
    assert torch.equal(mask[0, 3:, 3:], dense_mask(POSITIONS, CAUSAL)[0, 3:, 3:])
    assert torch.equal(mask[1], dense_mask(POSITIONS, 4)[1])


def test_documents_end_where_the_next_one_starts() -> None:
    assert document_ends(POSITIONS).tolist() == [[3, 3, 3, 5, 5, 6], [6, 6, 6, 6, 6, 6]]


@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6), prefix=st.integers(0, 8))
def test_the_rule_is_that_of_each_pair_of_tokens(lengths: list[int], prefix: int) -> None:
    tokens = [(document, place) for document, length in enumerate(lengths) for place in range(length)]
    mask = dense_mask(torch.tensor([[place for _, place in tokens]]), prefix)[0]
    for query, (query_document, query_place) in enumerate(tokens):
        for key, (key_document, key_place) in enumerate(tokens):
            both_in_prefix = query_place < prefix and key_place < prefix
            expected = query_document == key_document and (key_place <= query_place or both_in_prefix)
            assert mask[query, key] == expected


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 2e-2)])
def test_attention_on_a_cpu_follows_the_rule(dtype: torch.dtype, tolerance: float, mask: Mask) -> None:
    query, key, value = heads(6, dtype)
    ours = attention_for(POSITIONS, dtype, mask)(query, key, value)
    expected = reference(query.float(), key.float(), value.float(), dense_mask(POSITIONS, mask))
    assert ours.dtype == dtype
    assert (ours.float() - expected).abs().max() <= tolerance


def test_long_rows_in_bf16_follow_the_rule_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "EAGER_LENGTH", 5)
    query, key, value = heads(6, torch.bfloat16)
    ours = attention_for(POSITIONS, torch.bfloat16)(query, key, value)
    expected = reference(query.float(), key.float(), value.float(), dense_mask(POSITIONS))
    assert (ours.float() - expected).abs().max() <= 2e-2


@pytest.mark.parametrize("mask", [CAUSAL, BIDIRECTIONAL, 20, torch.tensor([[7], [90]]).expand(2, 160)])
@pytest.mark.filterwarnings("ignore:flex_attention called without")
def test_the_block_mask_of_the_gpu_follows_the_rule(monkeypatch: pytest.MonkeyPatch, mask: Mask) -> None:
    monkeypatch.setattr(attention, "_compiled_flex", lambda: flex_attention)
    positions = torch.arange(160, dtype=torch.int32).expand(2, 160) % torch.tensor([[50], [160]])
    query, key, value = heads(160)
    ours = attention._flex(positions, mask)(query, key, value)
    assert (ours - reference(query, key, value, dense_mask(positions, mask))).abs().max() <= 1e-6
