"""The size of a model as it is told from its settings is that of the model itself."""

import pytest

from stages.model_size import model_size
from stages.recipe import Model
from trainer.model import new_decoder

SHAPES = [
    Model(),
    Model(layers=2, width=48, heads=3, key_value_heads=1),
    Model(layers=1, width=64, feed_forward=100, tied_embeddings=False),
]


@pytest.mark.parametrize("settings", SHAPES)
def test_parameters_are_those_of_the_decoder(settings: Model) -> None:
    decoder = new_decoder(settings, 300, seed=1)
    size = model_size(settings, 300)
    assert size.all == sum(parameter.numel() for parameter in decoder.parameters())
    heads = 0 if settings.tied_embeddings else decoder.untied_head.weight.numel()
    assert size.embedding == decoder.embedding.weight.numel() + heads
