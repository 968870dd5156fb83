"""The command: fast when there is nothing to do, one line when there is something wrong."""

import subprocess
import sys

import pytest

from tests.trainer.tiny_run import Workspace


def command(workspace: Workspace, *overrides: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "trainer.pretrain", *workspace.arguments(*overrides)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_a_second_run_does_nothing_and_does_not_load_torch(workspace: Workspace) -> None:
    workspace.pretrain("pretrain.steps=1")
    before = {path: path.stat().st_mtime_ns for path in workspace.folder.rglob("*")}
    program = f"import sys; from trainer.pretrain import main; main({workspace.arguments('pretrain.steps=1')!r})"
    program += "; assert not {'torch', 'transformers'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"pretrain: nothing to do ({workspace.output})\n"
    assert {path: path.stat().st_mtime_ns for path in workspace.folder.rglob("*")} == before


@pytest.mark.parametrize("lost", ["model/model.safetensors", "metrics.jsonl", "manifest.json"])
def test_a_lost_result_is_made_again_without_training(
    workspace: Workspace, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.pretrain("pretrain.steps=2")
    before = workspace.results()
    (workspace.output / lost).unlink()
    workspace.pretrain("pretrain.steps=2")
    assert workspace.results() == before
    assert "step 2/2" not in capsys.readouterr().out.partition("going on from")[2]


@pytest.mark.parametrize("name", ["code_version", "library_versions"])
def test_other_code_or_libraries_are_something_to_do(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    workspace.pretrain("pretrain.steps=1")
    other = {"code_version": "abc", "library_versions": {"torch": "0.1"}}[name]
    monkeypatch.setattr(f"trainer.pretrain.{name}", lambda _: other)
    workspace.pretrain("pretrain.steps=1")
    assert "nothing to do" not in capsys.readouterr().out
    workspace.pretrain("pretrain.steps=1")
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["pretrain.stepz=3"], "unknown key pretrain.stepz"),
        (["pretrain.steps=0"], "pretrain.steps: Input should be greater than 0"),
        (["output=gs://bucket/run"], "gs://bucket/run/pretrain: training reads and writes local files"),
        (["name=other", "output="], "build/other/tokenizer/manifest.json: not there; run `make tokenizer` first"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_status(workspace: Workspace, overrides: list[str], message: str) -> None:
    done = command(workspace, *overrides)
    assert done.returncode == 1
    assert message in done.stderr and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_damaged_shard_is_one_line_and_leaves_nothing(workspace: Workspace) -> None:
    shard = workspace.folder / "tokenizer" / "train-0.arrow"
    shard.write_bytes(shard.read_bytes()[:-8])
    done = command(workspace)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {shard}: damaged") and done.stderr.count("\n") == 1
    assert not list(workspace.output.glob("[!.]*"))
