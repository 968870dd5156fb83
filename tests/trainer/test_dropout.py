"""Dropout: a share of the numbers, the same ones for the same seed, draw and place, and none in evaluation."""

from pathlib import Path

import pytest
import torch

from stages.recipe import Model
from tests.trainer.tiny_run import VOCABULARY, Workspace
from trainer.dropout import Dropout
from trainer.model import new_transformer

DROPOUT = "pretrain.model.dropout=0.3"
ONES = torch.ones(40, 50)


def test_a_share_is_zero_and_the_mean_stays() -> None:
    found = Dropout(0.25, seed=1, draw=2)(torch.ones(400, 500), 3)
    assert found.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (found == 0).float().mean().item() == pytest.approx(0.25, abs=0.005)
    assert Dropout(0.0, seed=1, draw=2)(ONES, 3) is ONES


def test_choices_depend_on_seed_draw_and_place_and_not_on_global_random_state() -> None:
    state = torch.get_rng_state()
    found = Dropout(0.5, seed=1, draw=2)(ONES, 3)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(found, Dropout(0.5, seed=1, draw=2)(ONES, 3))
    for seed, draw, place in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
        other = Dropout(0.5, seed, draw)(ONES, place)
        assert (found == other).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_a_model_drops_only_where_it_has_a_draw() -> None:
    settings = Model(layers=2, width=32, heads=4, key_value_heads=2)
    tokens = positions = torch.arange(20)[None]
    usual = new_transformer(settings, VOCABULARY, seed=1)
    dropping = new_transformer(settings.model_copy(update={"dropout": 0.5}), VOCABULARY, seed=1)
    with torch.no_grad():
        assert torch.equal(dropping(tokens, positions), usual(tokens, positions))
        assert torch.equal(usual(tokens, positions, draw=1), usual(tokens, positions))
        first, again, second = (dropping(tokens, positions, draw=draw) for draw in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, usual(tokens, positions))
    assert not torch.equal(first, second)


def test_a_run_that_goes_on_is_that_of_an_unbroken_one(workspace: Workspace) -> None:
    workspace.pretrain(DROPOUT)
    whole = workspace.results()
    for checkpoint in workspace.checkpoints.glob("step-*"):
        if checkpoint.name != "step-000008":
            for path in checkpoint.iterdir():
                path.unlink()
            checkpoint.rmdir()
    (workspace.output / "manifest.json").unlink()
    workspace.pretrain(DROPOUT)
    assert workspace.results() == whole


def test_dropout_changes_what_is_learned(workspace: Workspace) -> None:
    workspace.pretrain()
    usual = workspace.results()
    for path in sorted(workspace.checkpoints.rglob("*"), reverse=True):
        Path.rmdir(path) if path.is_dir() else path.unlink()
    workspace.pretrain(DROPOUT)
    assert workspace.results()["metrics.jsonl"] != usual["metrics.jsonl"]
