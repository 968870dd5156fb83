"""Whole runs: what they leave, and that a stop of any kind changes no byte of it."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from stages.artifacts import read_manifest, sha256_of
from stages.errors import GristmillError
from tests.trainer.tiny_run import Workspace, rewrite_manifest
from trainer.checkpoint import Checkpoints
from trainer.training import Trainer

PRECISIONS = ("bf16", "fp32")


@pytest.fixture(scope="module")
def finished(
    new_workspace: Callable[[Path], Workspace], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Workspace]:
    """An unbroken run in each precision."""
    runs = {}
    for precision in PRECISIONS:
        runs[precision] = new_workspace(tmp_path_factory.mktemp(precision))
        runs[precision].pretrain(f"pretrain.precision={precision}")
    return runs


@contextmanager
def handled(number: signal.Signals, handler: Any) -> Iterator[None]:
    usual = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, usual)


@pytest.fixture(autouse=True)
def usual_interrupts() -> Iterator[None]:
    """Ctrl-C as on a terminal, also where the tests run in the background."""
    with handled(signal.SIGINT, signal.default_int_handler):
        yield


def interrupt_in_step(monkeypatch: pytest.MonkeyPatch, number: int, *signals: int) -> None:
    """Sends signals, Ctrl-C if none is given, in the middle of a step."""
    usual = Trainer._backward
    waiting = list(signals or [signal.SIGINT])

    def backward(self: Trainer, *arguments: object) -> torch.Tensor:
        loss = usual(self, *arguments)
        while waiting and self.progress.step == number - 1:
            signal.raise_signal(waiting.pop())
        return loss

    monkeypatch.setattr(Trainer, "_backward", backward)


def test_a_run_leaves_model_metrics_and_a_manifest_that_explains_them(finished: dict[str, Workspace]) -> None:
    run = finished["bf16"]
    manifest = read_manifest(str(run.output), "pretrain")
    inputs = read_manifest(str(run.folder / "tokenizer"), "tokenizer")
    for file in (*manifest.files["model"], *manifest.files["metrics"]):
        assert sha256_of(run.output / file.path) == file.sha256
    records = [json.loads(line) for line in (run.output / "metrics.jsonl").read_text().splitlines()]
    steps = [record for record in records if "loss" in record]
    evaluations = [record for record in records if "validation_loss" in record]
    results = manifest.facts["results"]
    assert [record["step"] for record in steps] == list(range(1, 13))
    assert [record["step"] for record in evaluations] == [5, 10, 12]
    assert results["validation_loss"] == evaluations[-1]["validation_loss"] < evaluations[0]["validation_loss"]
    assert results["train_loss"] == steps[-1]["loss"]
    assert results["tokens_seen"] == steps[-1]["tokens"] > 0
    assert manifest.facts["inputs"] == {"tokenizer": inputs.sha256}
    assert manifest.facts["samples"][0]["text"].startswith("the old ")


def test_results_and_samples_are_printed(finished: dict[str, Workspace], capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(finished["fp32"].output / "model")
    finished["fp32"].pretrain("pretrain.precision=fp32")
    printed = capsys.readouterr().out
    results = read_manifest(str(finished["fp32"].output), "pretrain").facts["results"]
    for name in ("validation_loss", "perplexity", "bits_per_byte", "unigram_entropy"):
        assert name.replace("_", " ") in printed and f"{results[name]:.4f}".rstrip("0") in printed
    assert "sampled text:\nthe old " in printed
    assert str(finished["fp32"].output / "model") in printed


def test_equal_runs_give_equal_bytes(finished: dict[str, Workspace], workspace: Workspace) -> None:
    workspace.pretrain("pretrain.precision=bf16")
    assert workspace.results() == finished["bf16"].results()
    assert (workspace.output / "manifest.json").read_bytes() == (finished["bf16"].output / "manifest.json").read_bytes()
    assert finished["bf16"].results() != finished["fp32"].results()


def test_a_killed_run_goes_on_to_the_same_bytes(finished: dict[str, Workspace], workspace: Workspace) -> None:
    settings = workspace.arguments("pretrain.checkpoint_every=1")
    slow = "import time, trainer.training as t; step = t.Trainer.step\n"
    slow += "t.Trainer.step = lambda *a: (time.sleep(0.2), step(*a))[1]\n"
    slow += f"from trainer.pretrain import main; main({settings!r})"
    process = subprocess.Popen([sys.executable, "-c", slow], stdout=subprocess.DEVNULL)
    while not list(workspace.checkpoints.glob("step-*5")):
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not (workspace.output / "model").exists()
    workspace.pretrain()
    assert workspace.results() == finished["bf16"].results()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("step", [3, 8])
def test_an_interrupted_run_saves_its_step_and_goes_on_to_the_same_bytes(
    finished: dict[str, Workspace],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    step: int,
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_in_step(patch, step)
        workspace.pretrain(f"pretrain.precision={precision}")
    assert max(workspace.checkpoints.iterdir()).name == f"step-{step:06d}"
    workspace.pretrain(f"pretrain.precision={precision}")
    assert workspace.results() == finished[precision].results()


def test_a_request_to_end_saves_its_step_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with handled(signal.SIGTERM, signal.default_int_handler):
        interrupt_in_step(monkeypatch, 3, signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            workspace.pretrain()
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert max(workspace.checkpoints.iterdir()).name == "step-000003"


def test_a_signal_that_is_ignored_stays_ignored(
    finished: dict[str, Workspace], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with handled(signal.SIGINT, signal.SIG_IGN):
        interrupt_in_step(monkeypatch, 3)
        workspace.pretrain()
    assert workspace.results() == finished["bf16"].results()


def test_a_second_interrupt_leaves_at_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt_in_step(monkeypatch, 6, signal.SIGINT, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        workspace.pretrain()
    assert max(workspace.checkpoints.iterdir()).name == "step-000004"


def test_a_run_that_could_not_save_is_not_finished(
    finished: dict[str, Workspace], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Checkpoints, *_: object) -> None:
        raise GristmillError("no room")

    with monkeypatch.context() as patch, pytest.raises(GristmillError, match="no room"):
        patch.setattr(Checkpoints, "save", fail)
        workspace.pretrain()
    assert not (workspace.output / "manifest.json").exists()
    workspace.pretrain()
    assert workspace.results() == finished["bf16"].results()


def test_a_run_that_changes_a_finished_one_is_not_finished_until_it_ends(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise GristmillError("no room")

    workspace.pretrain()
    with monkeypatch.context() as patch, pytest.raises(GristmillError, match="no room"):
        patch.setattr("trainer.run.export_model", fail)
        workspace.pretrain("pretrain.generation.tokens=3")
    assert not (workspace.output / "manifest.json").exists()


def test_a_damaged_newest_checkpoint_costs_steps_and_no_bytes(
    finished: dict[str, Workspace],
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_in_step(patch, 10)
        workspace.pretrain()
    path = workspace.checkpoints / "step-000010" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    workspace.pretrain()
    printed = capsys.readouterr().out
    assert (
        "step-000010: damaged checkpoint" in printed and f"going on from {workspace.checkpoints}/step-000008" in printed
    )
    assert workspace.results() == finished["bf16"].results()


def test_checkpoints_of_other_settings_are_refused(
    finished: dict[str, Workspace], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(GristmillError, match=r"made with pretrain\.learning_rate = 0\.01, the recipe says 0\.5"):
        finished["bf16"].pretrain("pretrain.learning_rate=0.5")
    capsys.readouterr()
    finished["bf16"].pretrain()
    assert capsys.readouterr().out.startswith("pretrain: nothing to do"), "the finished run must be as it was"


def test_checkpoints_of_other_data_are_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_in_step(patch, 3)
        workspace.pretrain()
    rewrite_manifest(workspace, lambda value: value["facts"].update(other=1))
    with pytest.raises(GristmillError, match="made from other data; delete the folder to start over"):
        workspace.pretrain()


def test_another_environment_is_noted(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt_in_step(patch, 3)
        workspace.pretrain()
    monkeypatch.setattr("trainer.pretrain.library_versions", lambda _: {"torch": "0.1"})
    workspace.pretrain()
    assert "note: it was written with another torch;" in capsys.readouterr().out
    environments = read_manifest(str(workspace.output), "pretrain").facts["environments"]
    assert [environment["torch"] for environment in environments] == [torch.__version__, "0.1"]
