"""The shape of a model: one dial or all sizes, and no key that means nothing."""

from pathlib import Path
from typing import Any

import pytest

from stages.errors import GristmillError
from stages.recipe import Model, load_recipe
from stages.recipe.ablate import SmallModel

RECIPE = """
name = "tiny"
[[corpus.sources]]
name = "words"
format = "text"
paths = ["none"]
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


@pytest.mark.parametrize("kind", [Model, SmallModel])
@pytest.mark.parametrize("depth", [1, 3, 12])
def test_depth_sets_all_sizes(kind: type[Model], depth: int) -> None:
    model = kind(depth=depth)
    assert (model.layers, model.width, model.heads, model.key_value_heads) == (depth, 64 * depth, depth, depth)
    assert model.head_size == 64


def test_depth_12_is_gpt2_small() -> None:
    model = Model(depth=12, activation="gelu")
    assert (model.layers, model.width, model.heads, model.feed_forward_width) == (12, 768, 12, 3072)


@pytest.mark.parametrize("size", ["layers", "width", "heads", "key_value_heads", "feed_forward"])
def test_depth_and_a_size_are_an_error(recipe_file: Path, size: str) -> None:
    message = rf"recipe.toml: pretrain.model: depth sets all sizes; leave out {size}, or depth"
    with pytest.raises(GristmillError, match=message):
        load_recipe(recipe_file, ["pretrain.model.depth=2", f"pretrain.model.{size}=4"])


def test_depth_0_leaves_the_sizes_alone() -> None:
    assert Model(depth=0, layers=3, width=48).layers == 3


@pytest.mark.parametrize(
    ("depth", "message"), [("-1", "greater than or equal to 0"), ("two", "valid integer"), ("true", "valid integer")]
)
def test_a_depth_that_is_no_count_is_an_error(recipe_file: Path, depth: str, message: str) -> None:
    with pytest.raises(GristmillError, match=rf"pretrain.model.depth: .*{message}"):
        load_recipe(recipe_file, [f"pretrain.model.depth={depth}"])


@pytest.mark.parametrize(
    ("settings", "width"),
    [
        ({"width": 256}, 704),
        ({"width": 768}, 2048),
        ({"width": 256, "activation": "gelu"}, 1024),
        ({"width": 256, "activation": "relu2"}, 1024),
        ({"width": 256, "feed_forward": 100}, 100),
        ({"width": 256, "feed_forward": 100, "activation": "gelu"}, 100),
    ],
)
def test_the_feed_forward_width_is_as_set_or_follows_the_width(settings: dict[str, Any], width: int) -> None:
    assert Model(**settings).feed_forward_width == width


def test_learned_positions_need_their_number(recipe_file: Path) -> None:
    with pytest.raises(GristmillError, match=r"pretrain.model: positions = learned needs maximum_positions"):
        load_recipe(recipe_file, ["pretrain.model.positions=learned"])
    load_recipe(recipe_file, ["pretrain.model.positions=learned", "pretrain.model.maximum_positions=64"])


@pytest.mark.parametrize(
    ("positions", "key", "value"), [("rotary", "maximum_positions", "64"), ("learned", "rope_theta", "500.0")]
)
def test_a_key_of_the_other_positions_is_an_error(recipe_file: Path, positions: str, key: str, value: str) -> None:
    overrides = {"pretrain.model.maximum_positions": "2048"} if positions == "learned" else {}
    overrides |= {"pretrain.model.positions": positions, f"pretrain.model.{key}": value}
    with pytest.raises(GristmillError, match=f"{key} means nothing to {positions} positions"):
        load_recipe(recipe_file, [f"{name}={text}" for name, text in overrides.items()])
