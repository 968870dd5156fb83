"""The size of a model as it is told from its settings is that of the model itself."""

import pytest

from stages.model_size import model_size
from stages.recipe import Model
from trainer.model import new_transformer

SHAPES = [
    Model(),
    Model(layers=2, width=48, heads=3, key_value_heads=1),
    Model(layers=1, width=64, feed_forward=100, tied_embeddings=False),
    Model(depth=1),
    Model(layers=2, width=48, heads=3, key_value_heads=1, qk_norm=True, norm="layer"),
    Model(layers=2, width=48, heads=3, key_value_heads=3, activation="gelu"),
    Model(layers=2, width=48, activation="relu2", feed_forward=100),
    Model(layers=1, width=64, positions="learned", maximum_positions=20, activation="gelu", tied_embeddings=False),
]


@pytest.mark.parametrize("settings", SHAPES)
def test_parameters_are_those_of_the_model(settings: Model) -> None:
    model = new_transformer(settings, 300, seed=1)
    size = model_size(settings, 300)
    assert size.all == sum(parameter.numel() for parameter in model.parameters())
    heads = 0 if settings.tied_embeddings else model.untied_head.weight.numel()
    assert size.embedding == model.embedding.weight.numel() + heads
