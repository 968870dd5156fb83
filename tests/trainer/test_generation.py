"""Sampling: what may be chosen, and when it ends."""

import torch

from stages.recipe import Generation, Model
from stages.tokenizer import Tokenizer
from tests.trainer.tiny_run import VOCABULARY
from trainer.generation import choose, generate
from trainer.model import Decoder, new_decoder

LOGITS = torch.tensor([0.0, 3.0, 1.0, 2.9, -1.0])


def drawn(settings: Generation, count: int = 200) -> set[int]:
    generator = torch.Generator().manual_seed(1)
    return {choose(LOGITS, settings, generator) for _ in range(count)}


def model_that_prefers(token: int) -> Decoder:
    """A decoder whose logits are all zero but for one token's."""
    model = new_decoder(Model(layers=1, width=8, heads=1, key_value_heads=1, tied_embeddings=False), VOCABULARY, seed=1)
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


def test_equal_seeds_give_equal_text_longer_than_the_window(tokenizer: Tokenizer) -> None:
    model = new_decoder(Model(layers=1, width=32, heads=2, key_value_heads=2), VOCABULARY, seed=1)
    settings = Generation(tokens=40, temperature=1.0, top_k=0)
    state = torch.get_rng_state()
    first, second, other = (generate(model, tokenizer, "the ", settings, 8, seed) for seed in (1, 1, 2))
    assert first == second != other
    assert first.startswith("the ")
    assert torch.equal(torch.get_rng_state(), state)


def test_text_ends_with_the_document_or_at_the_number_of_tokens(tokenizer: Tokenizer) -> None:
    settings = Generation(tokens=5, temperature=0.0)
    mill = int(tokenizer.encode("mill")[-1])
    assert generate(model_that_prefers(tokenizer.eos_id), tokenizer, "the ", settings, 16, 1) == "the "
    longer = generate(model_that_prefers(mill), tokenizer, "the ", settings, 16, 1)
    assert longer == "the " + 5 * tokenizer.decode([mill])
