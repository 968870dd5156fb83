"""The optimizers: what decays, what learns, what comes back bit for bit, and what none of them reads."""

import math
from typing import get_args

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from stages.recipe import Model, Pretrain
from stages.recipe.optimization import DEFAULTS
from stages.shards import PackedRows
from tests.trainer.tiny_run import VOCABULARY
from trainer.evaluation import unigram_entropy
from trainer.lion import Lion
from trainer.loader import IGNORED, Loader
from trainer.model import new_transformer
from trainer.optimizer import Optimizer, parameter_groups
from trainer.training import Trainer

MODEL = Model(layers=2, width=32, heads=4, key_value_heads=2)
CPU = torch.device("cpu")
RATES = {"adamw": 1e-2, "adam": 1e-2, "sgd": 0.2, "adafactor": 3e-2, "muon": 1e-2, "lion": 3e-3}
"""Of a model this small; the defaults are for larger ones."""


def settings(optimizer: str, **changes: object) -> Pretrain:
    usual = {"steps": 120, "warmup_steps": 5, "precision": "fp32", "model": MODEL, "learning_rate": RATES[optimizer]}
    return Pretrain.model_validate({**usual, "optimizer": optimizer, **changes})


def new_trainer(optimizer: str, **changes: object) -> Trainer:
    return Trainer(new_transformer(MODEL, VOCABULARY, seed=1), settings(optimizer, **changes), CPU)


def test_every_optimizer_has_defaults() -> None:
    assert get_args(Pretrain.model_fields["optimizer"].annotation) == tuple(DEFAULTS) == tuple(RATES)
    for name, values in DEFAULTS.items():
        found = Pretrain.model_validate({"optimizer": name})
        assert {key: getattr(found, key) for key in values} == values


@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_every_optimizer_learns_more_than_how_often_each_token_occurs(rows: PackedRows, optimizer: str) -> None:
    trainer, loader = new_trainer(optimizer), Loader(rows, 7, 8, 8)
    losses = [trainer.step(loader.batch(8 * number)).loss for number in range(120)]
    labels = torch.cat([loader.batch(8 * number).micro_batches[0].labels.flatten() for number in range(4)])
    assert losses[0] == pytest.approx(math.log(VOCABULARY), abs=0.1)
    assert sum(losses[-10:]) / 10 < unigram_entropy(labels[labels != IGNORED])


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_a_restored_trainer_goes_on_bit_for_bit(rows: PackedRows, optimizer: str, precision: str) -> None:
    loader = Loader(rows, 7, 4, 2)
    trainer, restored = (new_trainer(optimizer, precision=precision, ema_decay=0.9) for _ in range(2))
    for seen in range(0, 12, 4):
        trainer.step(loader.batch(seen))
    kept = {part: {name: one.clone() for name, one in named.items()} for part, named in trainer.tensors().items()}
    assert {"model", "optimizer", "average"} == kept.keys() and kept["optimizer"]
    restored.restore(trainer.progress, kept)
    for seen in range(12, 24, 4):
        assert trainer.step(loader.batch(seen)) == restored.step(loader.batch(seen))
    first, second = trainer.tensors(), restored.tensors()
    for part, named in first.items():
        assert named.keys() == second[part].keys()
        assert all(torch.equal(value, second[part][name]) for name, value in named.items())


@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_every_weight_is_changed_by_one_optimizer(rows: PackedRows, optimizer: str) -> None:
    trainer = new_trainer(optimizer, model=MODEL.model_copy(update={"tied_embeddings": False}))
    before = {name: value.clone() for name, value in trainer.model.named_parameters()}
    trainer.step(Loader(rows, 7, 4, 2).batch(0))
    assert [name for name, value in trainer.model.named_parameters() if torch.equal(value, before[name])] == []
    assert {key.rsplit("/", 1)[0] for key in trainer.tensors()["optimizer"]} == before.keys()


def test_muon_is_for_the_matrices_inside_the_layers(rows: PackedRows) -> None:
    trainer = new_trainer("muon", model=MODEL.model_copy(update={"tied_embeddings": False}))
    trainer.step(Loader(rows, 7, 4, 2).batch(0))
    quantities: dict[str, set[str]] = {}
    for key in trainer.tensors()["optimizer"]:
        name, quantity = key.rsplit("/", 1)
        quantities.setdefault(name, set()).add(quantity)
    for name, parameter in trainer.model.named_parameters():
        inner = name.startswith("layers.") and parameter.ndim == 2
        assert quantities[name] == ({"momentum_buffer"} if inner else {"step", "exp_avg", "exp_avg_sq"})


@pytest.mark.parametrize("tied", [True, False])
def test_matrices_decay_and_norms_and_embeddings_do_not(tied: bool) -> None:
    model = new_transformer(MODEL.model_copy(update={"tied_embeddings": tied}), VOCABULARY, seed=1)
    decaying, steady = parameter_groups(model, 0.1)
    names = [name for name, _ in model.named_parameters()]
    assert (decaying["weight_decay"], steady["weight_decay"]) == (0.1, 0.0)
    assert {name for name, _ in steady["params"]} == {
        name for name in names if "norm" in name or name == "embedding.weight"
    }
    assert len(decaying["params"]) + len(steady["params"]) == len(names)


@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_without_a_gradient_the_decay_alone_is_left_and_only_where_it_belongs(optimizer: str) -> None:
    model = new_transformer(MODEL, VOCABULARY, seed=1)
    before = {name: value.clone() for name, value in model.named_parameters()}
    ours = Optimizer(model, settings(optimizer, weight_decay=0.5))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    ours.step(0.001)
    for name, value in model.named_parameters():
        if "norm" in name or name == "embedding.weight":
            assert torch.equal(value, before[name])
        elif optimizer not in ("adam", "sgd"):
            assert torch.allclose(value, before[name] * (1 - 0.001 * 0.5), rtol=1e-6)
        else:
            assert value.norm() < before[name].norm()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_lion_follows_its_paper() -> None:
    """Algorithm 2 of Chen et al. 2023, one number at a time."""
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
    optimizer = Lion([{"params": [weight], "weight_decay": 0.1}], lr=0.01, betas=(0.9, 0.99))
    expected, momentum = weight.tolist(), [0.0, 0.0, 0.0]
    for gradient in ([0.3, -0.1, 0.0], [-0.2, -0.4, 0.1], [-0.001, 0.5, -3.0]):
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        for place, slope in enumerate(gradient):
            update = 0.9 * momentum[place] + 0.1 * slope
            sign = (update > 0) - (update < 0)
            expected[place] -= 0.01 * (sign + 0.1 * expected[place])
            momentum[place] = 0.99 * momentum[place] + 0.01 * slope
    assert weight.tolist() == pytest.approx(expected, abs=1e-6)
    assert optimizer.state[weight]["momentum"].tolist() == pytest.approx(momentum, abs=1e-6)


@pytest.mark.parametrize(
    ("optimizer", "key"),
    [("sgd", "beta1"), ("sgd", "beta2"), ("adamw", "momentum"), ("adafactor", "beta1"), ("lion", "momentum")],
)
def test_what_an_optimizer_does_not_read_is_an_error(optimizer: str, key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key} means nothing to {optimizer}; leave it out"):
        settings(optimizer, **{key: 0.5})
