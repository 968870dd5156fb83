"""The weights at the start: from the settings and the seed alone, as large as the papers say, or as given."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from stages.errors import GristmillError
from stages.recipe import Model
from tests.trainer.tiny_run import VOCABULARY
from trainer.model import Transformer, new_transformer

SMALL = Model(layers=2, width=32, heads=4, key_value_heads=2)


def deviations(**settings: str) -> dict[str, float]:
    model = new_transformer(Model(layers=8, width=128, heads=4, **settings), VOCABULARY, seed=1)
    return {name: value.std().item() for name, value in model.state_dict().items()}


def with_vectors(path: Path, **settings: bool) -> Transformer:
    return new_transformer(SMALL.model_copy(update={"embeddings": str(path), **settings}), VOCABULARY, seed=1)


@pytest.mark.parametrize("initialization", ["normal", "xavier", "kaiming"])
def test_weights_depend_on_the_seed_and_not_on_global_random_state(initialization: str) -> None:
    settings = SMALL.model_copy(update={"initialization": initialization})
    first = new_transformer(settings, VOCABULARY, seed=1).state_dict()
    state = torch.get_rng_state()
    torch.rand(3)
    second = new_transformer(settings, VOCABULARY, seed=1).state_dict()
    torch.set_rng_state(state)
    other = new_transformer(settings, VOCABULARY, seed=2).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert all(not torch.equal(first[name], other[name]) for name in first if first[name].ndim > 1)
    assert all((first[name] == 1).all() for name in first if first[name].ndim == 1)


def test_what_is_added_to_the_residual_stream_starts_smaller() -> None:
    found = deviations()
    assert found["layers.3.attention.query.weight"] == pytest.approx(0.02, rel=0.05)
    for name in ("attention.output", "feed_forward.down"):
        assert found[f"layers.3.{name}.weight"] == pytest.approx(0.02 / 4, rel=0.05)


def test_xavier_follows_both_sides_of_a_matrix() -> None:
    found = deviations(initialization="xavier")
    assert found["layers.3.attention.query.weight"] == pytest.approx((2 / 256) ** 0.5, rel=0.02)
    for name in ("up", "down"):
        assert found[f"layers.3.feed_forward.{name}.weight"] == pytest.approx((2 / (128 + 384)) ** 0.5, rel=0.02)


@pytest.mark.parametrize(("activation", "gain"), [("swiglu", 1.0), ("gelu", 2.0), ("relu2", 2.0)])
def test_kaiming_follows_the_side_of_the_input_and_makes_up_for_a_rectifier(activation: str, gain: float) -> None:
    found = deviations(initialization="kaiming", activation=activation)
    inner = 384 if activation == "swiglu" else 512
    assert found["layers.3.feed_forward.up.weight"] == pytest.approx((1 / 128) ** 0.5, rel=0.02)
    assert found["layers.3.feed_forward.down.weight"] == pytest.approx((gain / inner) ** 0.5, rel=0.02)


@pytest.mark.parametrize("initialization", ["normal", "xavier", "kaiming"])
def test_embeddings_and_heads_start_small_in_every_way(initialization: str) -> None:
    learned = {"positions": "learned", "maximum_positions": 64, "tied_embeddings": False}
    settings = Model(width=128, initialization=initialization, **learned)
    found = new_transformer(settings, VOCABULARY, seed=1).state_dict()
    for name in ("embedding.weight", "position_embedding.weight", "untied_head.weight"):
        assert found[name].std().item() == pytest.approx(0.02, rel=0.05)


def test_given_vectors_take_the_place_of_the_embedding_and_of_nothing_else(tmp_path: Path) -> None:
    given = torch.randn(VOCABULARY, 32, generator=torch.Generator().manual_seed(5))
    path = tmp_path / "vectors.safetensors"
    save_file({"embedding.weight": given, "other": given + 1.0}, path)
    found, usual = with_vectors(path).state_dict(), new_transformer(SMALL, VOCABULARY, seed=1).state_dict()
    assert torch.equal(found.pop("embedding.weight"), given)
    assert all(torch.equal(value, usual[name]) for name, value in found.items())
    assert not torch.equal(with_vectors(path, tied_embeddings=False).head, given)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"wte": torch.ones(VOCABULARY, 32)}, "vectors.safetensors has no matrix named embedding.weight"),
        ({"embedding.weight": torch.ones(VOCABULARY, 16)}, r"is \[330, 16\]; .* make it \[330, 32\]"),
        ({"embedding.weight": torch.full((VOCABULARY, 32), torch.nan)}, "not finite numbers"),
        ({"embedding.weight": torch.ones(VOCABULARY, 32, dtype=torch.int32)}, "not finite numbers"),
    ],
)
def test_vectors_that_do_not_fit_are_an_error(tmp_path: Path, tensors: dict[str, torch.Tensor], message: str) -> None:
    path = tmp_path / "vectors.safetensors"
    save_file(tensors, path)
    with pytest.raises(GristmillError, match=message):
        with_vectors(path)


@pytest.mark.parametrize("content", [None, b"words 1 2 3\n"])
def test_a_file_that_holds_no_tensors_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vectors.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GristmillError, match=r"vectors.txt is no safetensors file"):
        with_vectors(path)
