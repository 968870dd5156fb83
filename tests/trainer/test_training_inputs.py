"""Opening what the tokenizer job left: anything that is not as it should be is one line that says what to do."""

import pytest

from stages.artifacts import read_manifest
from stages.errors import GristmillError
from tests.trainer.tiny_run import LENGTH, VOCABULARY, Workspace, rewrite_manifest
from trainer.inputs import Inputs, open_inputs


def opened(workspace: Workspace, *overrides: str) -> Inputs:
    recipe = workspace.recipe(*overrides)
    return open_inputs(recipe, read_manifest(recipe.folder("tokenizer"), "tokenizer"))


def test_opens_rows_and_tokenizer(workspace: Workspace) -> None:
    inputs = opened(workspace)
    assert inputs.train.width == inputs.validation.width == LENGTH + 1
    assert len(inputs.train) > len(inputs.validation) > 0
    assert inputs.tokenizer.vocabulary_size == VOCABULARY


@pytest.mark.parametrize("name", ["train-0.arrow", "validation-0.arrow", "tokenizer/tokenizer.model"])
def test_a_missing_file_is_named(workspace: Workspace, name: str) -> None:
    (workspace.folder / "tokenizer" / name).unlink()
    with pytest.raises(GristmillError, match=f"{name}: missing; run `make tokenizer`"):
        opened(workspace)


@pytest.mark.parametrize("name", ["train-0.arrow", "tokenizer/tokenizer.model"])
def test_a_flipped_bit_is_found(workspace: Workspace, name: str) -> None:
    path = workspace.folder / "tokenizer" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(GristmillError, match=f"{name}: damaged.*delete it and run `make tokenizer`"):
        opened(workspace)


def test_a_truncated_shard_is_found(workspace: Workspace) -> None:
    path = workspace.folder / "tokenizer" / "train-0.arrow"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(GristmillError, match=r"train-0\.arrow: damaged"):
        opened(workspace)


def test_fewer_rows_than_a_batch_are_refused(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"fewer than pretrain\.batch_rows = 5000; add sources or lower it"):
        opened(workspace, "pretrain.batch_rows=5000")


def test_an_empty_validation_split_is_refused(workspace: Workspace) -> None:
    rewrite_manifest(workspace, lambda value: value["files"].update(validation=[]))
    with pytest.raises(GristmillError, match=r"no rows; raise corpus\.split\.validation"):
        opened(workspace)
