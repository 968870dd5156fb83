"""The decoder: documents in one row do not touch, and weights come from the seed alone."""

import numpy as np
import pytest
import torch

from stages.recipe import Model
from stages.shards import PackedRows
from tests.trainer.tiny_run import LENGTH, VOCABULARY
from trainer.loader import micro_batch_of
from trainer.model import feed_forward_width, new_decoder

SETTINGS = Model(layers=2, width=32, heads=4, key_value_heads=2)


@pytest.mark.parametrize("tied", [True, False])
def test_logits_of_a_packed_document_are_those_of_the_document_alone(rows: PackedRows, tied: bool) -> None:
    model = new_decoder(SETTINGS.model_copy(update={"tied_embeddings": tied}), VOCABULARY, seed=1)
    batch = micro_batch_of(rows.take(np.arange(len(rows))))
    compared = 0
    with torch.no_grad():
        together = model(batch.tokens, batch.positions) @ model.head.T
        for number in range(len(rows)):
            starts = torch.nonzero(batch.positions[number] == 0).flatten().tolist()
            for start, end in zip(starts, [*starts[1:], LENGTH], strict=True):
                tokens = batch.tokens[number : number + 1, start:end]
                alone = model(tokens, torch.arange(end - start)[None]) @ model.head.T
                assert (alone[0] - together[number, start:end]).abs().max() <= 1e-6
                compared += 1
    assert compared > len(rows)


def test_a_later_token_changes_nothing_before_it() -> None:
    model = new_decoder(SETTINGS, VOCABULARY, seed=1)
    tokens = torch.arange(20)[None]
    changed = tokens.clone()
    changed[0, 12] = 99
    positions = torch.arange(20)[None]
    with torch.no_grad():
        before, after = model(tokens, positions), model(changed, positions)
    assert torch.equal(before[0, :12], after[0, :12])
    assert not torch.equal(before[0, 12:], after[0, 12:])


def test_weights_depend_on_the_seed_and_not_on_global_random_state() -> None:
    first = new_decoder(SETTINGS, VOCABULARY, seed=1).state_dict()
    state = torch.get_rng_state()
    torch.rand(3)
    second = new_decoder(SETTINGS, VOCABULARY, seed=1).state_dict()
    torch.set_rng_state(state)
    other = new_decoder(SETTINGS, VOCABULARY, seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["embedding.weight"], other.embedding.weight)


def test_what_is_added_to_the_residual_stream_starts_smaller() -> None:
    weights = new_decoder(Model(layers=8, width=128, heads=4), VOCABULARY, seed=1).state_dict()
    assert weights["layers.3.attention.query.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    for name in ("attention.output", "feed_forward.down"):
        assert weights[f"layers.3.{name}.weight"].std().item() == pytest.approx(0.02 / 4, rel=0.05)


def test_the_feed_forward_width_is_eight_thirds_rounded_up_or_as_set() -> None:
    assert feed_forward_width(Model(width=256, heads=4)) == 704
    assert feed_forward_width(Model(width=768, heads=4)) == 2048
    assert feed_forward_width(Model(width=256, heads=4, feed_forward=100)) == 100
