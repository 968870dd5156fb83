"""Whole runs with each optimizer, an average, skipped steps and an early end; also when they were stopped before."""

import json
import math
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from stages.artifacts import read_manifest
from stages.recipe.optimization import DEFAULTS
from tests.trainer.tiny_run import Workspace
from trainer.loader import Batch
from trainer.training import StepResult, Trainer

NewWorkspace = Callable[[Path], Workspace]


@pytest.fixture(autouse=True)
def usual_interrupts() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the tests run in the background."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


def records(run: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.output / "metrics.jsonl").read_text().splitlines()]


def interrupted(run: Workspace, monkeypatch: pytest.MonkeyPatch, number: int, *overrides: str) -> None:
    """Runs until Ctrl-C in the middle of a step."""
    usual = Trainer.step

    def step(self: Trainer, batch: Batch) -> StepResult:
        if self.progress.step == number - 1:
            signal.raise_signal(signal.SIGINT)
        return usual(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "step", step)
        run.pretrain(*overrides)
    assert max(run.checkpoints.iterdir()).name == f"step-{number:06d}"


@pytest.mark.parametrize("optimizer", DEFAULTS)
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    new_workspace: NewWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    overrides = (f"pretrain.optimizer={optimizer}", "pretrain.ema_decay=0.8", "pretrain.steps=6")
    whole, parts = new_workspace(tmp_path / "whole"), new_workspace(tmp_path / "parts")
    whole.pretrain(*overrides)
    interrupted(parts, monkeypatch, 3, *overrides)
    parts.pretrain(*overrides)
    assert parts.results() == whole.results()


def test_the_exported_model_is_the_average(workspace: Workspace) -> None:
    workspace.pretrain("pretrain.ema_decay=0.9")
    newest = max(workspace.checkpoints.iterdir())
    weights, average = (load_file(newest / f"{part}.safetensors") for part in ("model", "average"))
    exported = load_file(workspace.output / "model" / "model.safetensors")["model.embed_tokens.weight"]
    assert torch.equal(exported, average["embedding.weight"])
    assert not torch.equal(exported, weights["embedding.weight"])


def spoilt_step(number: int) -> Callable[[Trainer, Batch], StepResult]:
    """A step whose loss is no number, if it is that of the number."""
    usual = Trainer.step

    def step(self: Trainer, batch: Batch) -> StepResult:
        if self.progress.step != number - 1:
            return usual(self, batch)
        weight = self.working_model.norm.weight
        kept = weight.detach().clone()
        with torch.no_grad():
            weight.fill_(math.nan)
        result = usual(self, batch)
        with torch.no_grad():
            weight.copy_(kept)
        return result

    return step


@pytest.mark.parametrize("number", [4, 12])
def test_a_skipped_step_is_said_logged_and_counted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    monkeypatch.setattr(Trainer, "step", spoilt_step(number))
    workspace.pretrain()
    assert f"warning: step {number} is skipped" in capsys.readouterr().out
    assert [record["step"] for record in records(workspace) if record.get("skipped")] == [number]
    assert "NaN" not in (workspace.output / "metrics.jsonl").read_text()
    results = read_manifest(str(workspace.output), "pretrain").facts["results"]
    assert (results["steps"], results["skipped_steps"]) == (12, 1)


EARLY = ("pretrain.early_stopping_evaluations=2", "pretrain.evaluate_every=1", "pretrain.learning_rate=1e-30")
"""So small a rate changes no weight: no evaluation is better than the first."""


def test_a_run_that_gets_no_better_ends_early_also_when_it_was_stopped_before(
    new_workspace: NewWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = new_workspace(tmp_path / "whole"), new_workspace(tmp_path / "parts")
    whole.pretrain(*EARLY)
    assert [record["step"] for record in records(whole) if "validation_loss" in record] == [1, 2, 3]
    assert read_manifest(str(whole.output), "pretrain").facts["results"]["steps"] == 3
    assert max(whole.checkpoints.iterdir()).name == "step-000003"
    interrupted(parts, monkeypatch, 2, *EARLY)
    parts.pretrain(*EARLY)
    assert parts.results() == whole.results()
    (parts.output / "manifest.json").unlink()
    parts.pretrain(*EARLY)
    assert parts.results() == whole.results(), "an early end is not gone on from"
