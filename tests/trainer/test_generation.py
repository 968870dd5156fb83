"""Sampling: what may be chosen, and when it ends."""

import pytest
import torch

from stages.recipe import Generation, Model
from stages.tokenizer import Tokenizer
from tests.trainer.tiny_run import VOCABULARY
from trainer import generation
from trainer.generation import choose, generate
from trainer.model import Transformer, new_transformer

LOGITS = torch.tensor([0.0, 3.0, 1.0, 2.9, -1.0])


def drawn(settings: Generation, count: int = 200) -> set[int]:
    generator = torch.Generator().manual_seed(1)
    return {choose(LOGITS, settings, generator) for _ in range(count)}


def model_that_prefers(token: int) -> Transformer:
    """A decoder whose logits are all zero but for one token's."""
    model = new_transformer(
        Model(layers=1, width=8, heads=1, key_value_heads=1, tied_embeddings=False), VOCABULARY, seed=1
    )
    with torch.no_grad():
        model.untied_head.weight.zero_()
        model.embedding.weight.fill_(1.0)
        model.untied_head.weight[token] = 10.0
    return model


def test_temperature_zero_takes_the_likeliest() -> None:
    assert drawn(Generation(temperature=0.0)) == {1}


def test_only_the_likeliest_are_drawn() -> None:
    assert drawn(Generation(temperature=1.0, top_k=2)) == {1, 3}
    assert drawn(Generation(temperature=5.0, top_k=0), 500) == {0, 1, 2, 3, 4}


def test_a_low_temperature_sharpens() -> None:
    assert drawn(Generation(temperature=0.01, top_k=0)) == {1}


def test_equal_seeds_give_equal_text(tokenizer: Tokenizer) -> None:
    model = new_transformer(Model(layers=1, width=32, heads=2, key_value_heads=2), VOCABULARY, seed=1)
    settings = Generation(tokens=40, temperature=1.0, top_k=0)
    state = torch.get_rng_state()
    first, second, other = (generate(model, tokenizer, "the ", settings, 8, seed) for seed in (1, 1, 2))
    assert first == second != other
    assert first.startswith("the ")
    assert torch.equal(torch.get_rng_state(), state)


def test_text_ends_with_the_document(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    mill = int(tokenizer.encode("mill")[-1])
    script = iter([mill, tokenizer.eos_id, mill])
    monkeypatch.setattr(generation, "choose", lambda *_: next(script))
    text = generate(model_that_prefers(mill), tokenizer, "the ", Generation(tokens=3), 16, 1)
    assert text == "the " + tokenizer.decode([mill])


def test_text_ends_at_the_number_of_tokens(tokenizer: Tokenizer) -> None:
    mill = int(tokenizer.encode("mill")[-1])
    text = generate(model_that_prefers(mill), tokenizer, "the ", Generation(tokens=5, temperature=0.0), 16, 1)
    assert text == "the " + 5 * tokenizer.decode([mill])


def test_no_more_than_the_window_is_read(tokenizer: Tokenizer) -> None:
    model = model_that_prefers(9)
    lengths: list[int] = []
    model.register_forward_pre_hook(lambda _, inputs: lengths.append(inputs[0].shape[1]))
    generate(model, tokenizer, "", Generation(tokens=6, temperature=0.0), 4, 1)
    assert lengths == [1, 2, 3, 4, 4, 4]
