"""The cost of a token, against a count of all products of a step, and the table of cards."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from stages.recipe import Model
from trainer.flops import flops_a_token, peak_flops
from trainer.model import new_transformer

LENGTH = 16


@pytest.mark.parametrize("tied", [True, False])
def test_the_formula_is_what_torch_counts(tied: bool) -> None:
    settings = Model(layers=2, width=32, heads=4, key_value_heads=2, tied_embeddings=tied)
    model = new_transformer(settings, 96, seed=1)
    # In bf16 a CPU takes plain products for attention, which torch counts.
    model = model.bfloat16()
    tokens = torch.arange(LENGTH)[None] % 96
    with FlopCounterMode(display=False) as counter:
        (model(tokens, tokens) @ model.head.T).sum().backward()
    vectors = sum(one.numel() for one in model.layers.parameters() if one.ndim == 1)
    assert flops_a_token(model, LENGTH) * LENGTH == counter.get_total_flops() + 6 * vectors * LENGTH


@pytest.mark.parametrize(
    ("name", "tera"),
    [
        ("NVIDIA H200", 989),
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA H100 PCIe", 756),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA L40S", 362),
        ("NVIDIA L4", 121),
        ("NVIDIA GeForce RTX 4090", 165.2),
        ("a100", 312),
    ],
)
def test_cards_are_known_by_their_names(name: str, tera: float) -> None:
    assert peak_flops(name) == tera * 1e12


def test_other_cards_are_not_guessed() -> None:
    assert peak_flops("Tesla T4") is None
