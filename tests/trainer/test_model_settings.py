"""The parts of a model in a whole run: trained, exported, or refused before anything is trained."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from stages.errors import GristmillError
from tests.trainer.tiny_run import LENGTH, VOCABULARY, Workspace
from trainer.checkpoint import settings_of

GPT2 = (
    *("pretrain.model.norm=layer", "pretrain.model.positions=learned", f"pretrain.model.maximum_positions={LENGTH}"),
    *("pretrain.model.activation=gelu", "pretrain.model.key_value_heads=4", "pretrain.model.initialization=xavier"),
)
QWEN3 = ("pretrain.model.qk_norm=true", "pretrain.model.initialization=kaiming", "pretrain.model.tied_embeddings=false")


def vectors(path: Path, scale: float) -> str:
    save_file({"embedding.weight": torch.full((VOCABULARY, 32), scale)}, path)
    return f"pretrain.model.embeddings={path}"


@pytest.mark.parametrize(("overrides", "kind"), [(GPT2, "gpt2"), (QWEN3, "qwen3")], ids=["GPT-2", "Qwen3"])
def test_a_model_of_other_parts_learns_and_is_exported(
    workspace: Workspace, overrides: tuple[str, ...], kind: str
) -> None:
    workspace.pretrain(*overrides)
    lines = [json.loads(line) for line in (workspace.output / "metrics.jsonl").read_text().splitlines()]
    losses = [line["validation_loss"] for line in lines if "validation_loss" in line]
    assert losses[-1] < losses[0]
    assert json.loads((workspace.output / "model" / "config.json").read_text())["model_type"] == kind


def test_a_model_that_cannot_be_exported_is_refused_before_training(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"no Hugging Face model has norm = layer.*qk_norm = true"):
        workspace.pretrain("pretrain.model.norm=layer", "pretrain.model.qk_norm=true")
    assert not workspace.output.exists()


def test_rows_longer_than_the_learned_positions_are_refused(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"rows have 32 tokens, more than model\.maximum_positions = 31"):
        workspace.pretrain(*GPT2, "pretrain.model.maximum_positions=31")


def test_a_file_of_vectors_counts_by_its_content_and_not_its_name(workspace: Workspace, tmp_path: Path) -> None:
    first, same, other = (tmp_path / f"{name}.safetensors" for name in ("first", "same", "other"))
    settings = [
        settings_of(workspace.recipe(vectors(path, scale))) for path, scale in ((first, 1.0), (same, 1.0), (other, 2.0))
    ]
    assert settings[0] == settings[1] != settings[2]


def test_a_run_does_not_go_on_with_other_vectors(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    workspace.pretrain(vectors(path, 0.1), "pretrain.steps=4")
    before = (workspace.output / "manifest.json").stat().st_mtime_ns
    workspace.pretrain(vectors(path, 0.1), "pretrain.steps=4")
    assert (workspace.output / "manifest.json").stat().st_mtime_ns == before, "there was something to do"
    with pytest.raises(GristmillError, match=r"made with pretrain\.model\.embeddings"):
        workspace.pretrain(vectors(path, 0.2), "pretrain.steps=4")


def test_a_file_of_vectors_that_is_not_there_is_an_error(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"model\.embeddings: cannot read none\.safetensors: No such file"):
        workspace.pretrain("pretrain.model.embeddings=none.safetensors")
