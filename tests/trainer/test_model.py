"""The Transformer: documents in one row do not touch, whatever its mask and parts."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from stages.recipe import Model
from stages.shards import PackedRows
from tests.trainer.tiny_run import LENGTH, VOCABULARY
from trainer.attention import BIDIRECTIONAL, CAUSAL, Mask
from trainer.loader import micro_batch_of
from trainer.model import FeedForward, LayerNorm, Transformer, new_norm, new_transformer

SHAPE: dict[str, Any] = {"layers": 2, "width": 32, "heads": 4, "key_value_heads": 2}
PARTS: dict[str, dict[str, Any]] = {
    "default": {},
    "untied": {"tied_embeddings": False},
    "LayerNorm": {"norm": "layer"},
    "learned positions": {"positions": "learned", "maximum_positions": LENGTH},
    "GELU": {"activation": "gelu"},
    "squared ReLU": {"activation": "relu2"},
    "QK-norm": {"qk_norm": True},
    "QK-norm by LayerNorm": {"qk_norm": True, "norm": "layer"},
    "Xavier": {"initialization": "xavier"},
    "Kaiming": {"initialization": "kaiming"},
    "GPT-2": {"norm": "layer", "positions": "learned", "maximum_positions": LENGTH, "activation": "gelu"},
}
MASKS = {"causal": CAUSAL, "bidirectional": BIDIRECTIONAL, "prefix": 3}


def model_of(parts: dict[str, Any]) -> Transformer:
    return new_transformer(Model(**SHAPE, **parts), VOCABULARY, seed=1)


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_logits_of_a_packed_document_are_those_of_the_document_alone(
    rows: PackedRows, parts: dict[str, Any], mask: Mask
) -> None:
    model = model_of(parts)
    batch = micro_batch_of(rows.take(np.arange(8)))
    compared = 0
    with torch.no_grad():
        together = model(batch.tokens, batch.positions, mask) @ model.head.T
        for number in range(8):
            starts = torch.nonzero(batch.positions[number] == 0).flatten().tolist()
            for start, end in zip(starts, [*starts[1:], LENGTH], strict=True):
                tokens = batch.tokens[number : number + 1, start:end]
                alone = model(tokens, torch.arange(end - start)[None], mask) @ model.head.T
                assert (alone[0] - together[number, start:end]).abs().max() <= 1e-6
                compared += 1
    assert compared > 8


@pytest.mark.parametrize(("mask", "seen_from"), [(CAUSAL, 12), (5, 12), (15, 0), (BIDIRECTIONAL, 0)])
def test_a_token_changes_nothing_where_it_is_not_seen(mask: Mask, seen_from: int) -> None:
    model = model_of({})
    tokens = torch.arange(20)[None]
    changed = tokens.clone()
    changed[0, 12] = 99
    positions = torch.arange(20)[None]
    with torch.no_grad():
        before, after = model(tokens, positions, mask), model(changed, positions, mask)
    assert torch.equal(before[0, :seen_from], after[0, :seen_from])
    assert (before[0, seen_from:] != after[0, seen_from:]).any(dim=-1).all()


@pytest.mark.parametrize("positions", [{}, {"positions": "learned", "maximum_positions": 20}])
def test_the_order_of_tokens_counts(positions: dict[str, Any]) -> None:
    model = model_of(positions)
    tokens = torch.arange(20)[None]
    with torch.no_grad():
        forwards = model(tokens, torch.arange(20)[None], BIDIRECTIONAL)
        backwards = model(tokens.flip(1), torch.arange(20)[None], BIDIRECTIONAL).flip(1)
    assert (forwards - backwards).abs().max() > 1e-4


def test_norms_are_those_of_their_papers() -> None:
    hidden = torch.randn(3, 8, generator=torch.Generator().manual_seed(1)) + 2.0
    scale = torch.arange(1.0, 9.0)
    for kind, centred in (("rms", hidden), ("layer", hidden - hidden.mean(-1, keepdim=True))):
        norm = new_norm(Model(norm=kind), 8)
        norm.load_state_dict({"weight": scale})
        expected = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * scale
        assert torch.allclose(norm(hidden), expected, atol=1e-6)
    assert isinstance(norm, LayerNorm)


def test_activations_are_those_of_their_papers() -> None:
    hidden = torch.randn(3, 8, generator=torch.Generator().manual_seed(1))
    for kind in ("swiglu", "gelu", "relu2"):
        block = FeedForward(Model(width=8, heads=2, key_value_heads=2, activation=kind))
        up = block.up(hidden)
        inner = {
            "swiglu": lambda up=up, block=block: functional.silu(block.gate(hidden)) * up,
            "gelu": lambda up=up: up * 0.5 * (1 + torch.erf(up / 2**0.5)),
            "relu2": lambda up=up: torch.where(up > 0, up * up, 0.0),
        }[kind]()
        assert torch.allclose(block(hidden), block.down(inner), atol=1e-6)


def test_queries_and_keys_are_normalised_head_by_head() -> None:
    """Then the size of their matrices changes nothing."""
    model = model_of({"qk_norm": True})
    tokens, positions = torch.arange(20)[None], torch.arange(20)[None]
    with torch.no_grad():
        for layer in model.layers:
            # So large that the epsilon of the norms is lost, and scores without norms would not be alike.
            layer.attention.query.weight.mul_(10.0)
            layer.attention.key.weight.mul_(10.0)
        large = model(tokens, positions)
        for layer in model.layers:
            head = torch.arange(32)[:, None] // 8
            layer.attention.query.weight.mul_(1.0 + head)
        larger = model(tokens, positions)
    assert (large - larger).abs().max() <= 1e-4


def test_weights_have_the_names_that_checkpoints_know() -> None:
    block = ("attention_norm", *(f"attention.{one}" for one in ("query", "key", "value", "output")))
    block += ("feed_forward_norm", *(f"feed_forward.{one}" for one in ("gate", "up", "down")))
    names = ["embedding", *(f"layers.{number}.{one}" for number in range(2) for one in block), "norm"]
    assert list(model_of({}).state_dict()) == [f"{name}.weight" for name in names]
