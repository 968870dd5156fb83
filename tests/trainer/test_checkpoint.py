"""Checkpoints: whole or not at all, never of another run, and the one before if the newest is damaged."""

import json
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from stages.errors import GristmillError
from tests.trainer.tiny_run import Workspace
from trainer.checkpoint import Checkpoints, Identity, State, require_same, settings_of
from trainer.training import Progress

IDENTITY = Identity({"seed": 1, "pretrain.steps": 9}, "data")
TENSORS = {
    "model": {"norm.weight": torch.arange(2000, dtype=torch.float32)},
    "optimizer": {"norm.weight/step": torch.tensor(3.0)},
}


def state(step: int) -> State:
    return State(Progress(step, 4 * step, 100 * step), IDENTITY, [{"code": "a", "threads": 1}])


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Checkpoints]:
    def make(*steps: int, keep: int = 5) -> Checkpoints:
        checkpoints = Checkpoints(tmp_path / "checkpoints", keep)
        for step in steps:
            (tmp_path / "metrics.jsonl").write_text(f"{step}\n")
            checkpoints.save(state(step), TENSORS, tmp_path / "metrics.jsonl")
        return checkpoints

    return make


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Every write beyond so many bytes of a file fails, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_the_newest_comes_back_as_it_was_saved(save: Callable[..., Checkpoints]) -> None:
    found = save(3, 12, 7).newest()
    assert found is not None and found.state == state(12)
    assert found.metrics() == b"12\n"
    tensors = found.tensors()
    assert torch.equal(tensors["model"]["norm.weight"], TENSORS["model"]["norm.weight"])
    assert tensors["optimizer"]["norm.weight/step"] == 3.0 and tensors["optimizer"]["norm.weight/step"].shape == ()


def test_without_checkpoints_there_is_none(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "checkpoints", 2).newest() is None


def test_only_the_last_ones_are_kept(save: Callable[..., Checkpoints], tmp_path: Path) -> None:
    found = save(1, 2, 999_999, 1_000_000, keep=2).newest()
    assert names(tmp_path) == ["step-1000000", "step-999999"]
    assert found is not None and found.state.progress.step == 1_000_000


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "metrics.jsonl", "state.json"])
@pytest.mark.parametrize("damage", ["truncated", "missing", "flipped"])
def test_a_damaged_newest_one_is_named_and_passed_over(
    save: Callable[..., Checkpoints], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, damage: str
) -> None:
    checkpoints = save(1, 2)
    path = tmp_path / "checkpoints" / "step-000002" / name
    content = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    found = checkpoints.newest()
    assert found is not None and found.state.progress.step == 1
    assert "step-000002: damaged checkpoint" in " ".join(capsys.readouterr().out.split())


def test_a_damaged_one_is_replaced_when_its_step_comes_again(save: Callable[..., Checkpoints], tmp_path: Path) -> None:
    save(1, 2)
    (tmp_path / "checkpoints" / "step-000002" / "model.safetensors").write_bytes(b"")
    found = save(2).newest()
    assert found is not None and found.state.progress.step == 2
    assert names(tmp_path) == ["step-000001", "step-000002"]


def test_a_full_disk_is_one_line_and_leaves_no_half(save: Callable[..., Checkpoints], tmp_path: Path) -> None:
    save(1)
    with file_size_limit(4000), pytest.raises(GristmillError, match=r"step-000002: cannot be written.*make room"):
        save(2)
    assert names(tmp_path) == ["step-000001"]


def test_what_a_killed_write_left_is_removed(save: Callable[..., Checkpoints], tmp_path: Path) -> None:
    checkpoints = save(1)
    (tmp_path / "checkpoints" / ".tmp-step-000002-abc").mkdir()
    found = checkpoints.newest()
    assert found is not None and found.state.progress.step == 1
    assert names(tmp_path) == ["step-000001"]


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        (
            Identity({"seed": 2, "pretrain.steps": 9}, "data"),
            "made with seed = 1, the recipe says 2; delete the folder",
        ),
        (Identity({"seed": 1, "pretrain.steps": 8}, "data"), "made with pretrain.steps = 9, the recipe says 8"),
        (Identity({"seed": 1, "pretrain.steps": 9}, "others"), "made from other data; delete the folder"),
    ],
)
def test_one_of_another_run_is_refused(save: Callable[..., Checkpoints], identity: Identity, message: str) -> None:
    found = save(1).newest()
    assert found is not None
    require_same(found, IDENTITY)
    with pytest.raises(GristmillError, match=message):
        require_same(found, identity)


def test_the_settings_that_shape_steps_are_told_from_those_that_do_not(workspace: Workspace) -> None:
    usual = settings_of(workspace.recipe())
    free = ["pretrain.keep_checkpoints=9", "pretrain.checkpoint_every=1", "pretrain.threads=2", "pretrain.device=cpu"]
    assert settings_of(workspace.recipe(*free, "pretrain.generation.tokens=3")) == usual
    for shaping in ("seed=5", "pretrain.learning_rate=0.5", "pretrain.model.layers=1", "pretrain.evaluate_every=7"):
        assert settings_of(workspace.recipe(shaping)) != usual
    assert usual["pretrain.model.layers"] == 2
    assert json.loads(json.dumps(usual)) == usual, "what is read back must compare equal"
