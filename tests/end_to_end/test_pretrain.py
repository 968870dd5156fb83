"""From the raw files of the tiny world to a model directory: the whole way, as a person types it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.world import World

ROOT = Path(__file__).parents[2]


def pretrain(recipe: Path) -> list[str]:
    return [sys.executable, "-m", "trainer.pretrain", "--recipe", str(recipe)]


@pytest.fixture(scope="module")
def trained(world: World, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("trained") / "out"
    shutil.copytree(finished, output)
    subprocess.run(pretrain(world.recipe(output)), cwd=ROOT, check=True)
    return output


def test_the_loss_falls_below_the_unigram_entropy(trained: Path) -> None:
    results = manifest(trained / "pretrain")["facts"]["results"]
    assert results["validation_loss"] < results["unigram_entropy"]
    lines = [json.loads(line) for line in (trained / "pretrain" / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 240
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_the_model_directory_loads_and_continues_a_text(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = trained / "pretrain" / "model"
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    tokens = tokenizer("The language", return_tensors="pt")
    text = tokenizer.decode(model.generate(**tokens, max_new_tokens=5, do_sample=False)[0], skip_special_tokens=True)
    assert text.startswith("The language")


def test_a_killed_run_goes_on_and_trains_the_same_weights(world: World, trained: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    shutil.copytree(trained, output, ignore=shutil.ignore_patterns("pretrain"))
    recipe = world.recipe(output)
    process = subprocess.Popen(pretrain(recipe), cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    checkpoints = output / "pretrain" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("step-*/state.json")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (output / "pretrain" / "manifest.json").exists(), "the kill came too late to prove anything"
    result = subprocess.run(pretrain(recipe), cwd=ROOT, check=True, capture_output=True, text=True)
    assert "going on from" in result.stdout
    assert hashes(output / "pretrain") == hashes(trained / "pretrain")


def test_a_second_run_does_nothing_and_says_so(trained: Path) -> None:
    before = hashes(trained / "pretrain")
    recipe = trained.with_suffix(".toml")
    result = subprocess.run(pretrain(recipe), cwd=ROOT, check=True, capture_output=True, text=True)
    assert "pretrain: nothing to do" in result.stdout
    assert hashes(trained / "pretrain") == before
