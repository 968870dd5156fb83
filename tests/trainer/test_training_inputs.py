"""Opening what the tokenizer job left: anything that is not as it should be is one line that says what to do."""

from dataclasses import asdict

import pyarrow as pa
import pytest

from stages.artifacts import read_manifest
from stages.errors import GristmillError
from tests.trainer.tiny_run import LENGTH, VOCABULARY, Workspace, output_file, rewrite_manifest
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


@pytest.mark.parametrize("name", ["train-0.arrow", "validation-0.arrow", "tokenizer/tokenizer.model"])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.5, 0.8, 0.9999])
def test_a_flipped_bit_is_found_anywhere(workspace: Workspace, name: str, place: float) -> None:
    path = workspace.folder / "tokenizer" / name
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)
    with pytest.raises(GristmillError, match=f"{name}: damaged.*delete it and run `make tokenizer`"):
        opened(workspace)


@pytest.mark.parametrize("name", ["train-0.arrow", "validation-0.arrow"])
@pytest.mark.parametrize("lost", [1, 100])
def test_a_truncated_shard_is_found(workspace: Workspace, name: str, lost: int) -> None:
    path = workspace.folder / "tokenizer" / name
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(GristmillError, match=f"{name}: damaged.*delete it and run `make tokenizer`"):
        opened(workspace)


def test_a_shard_of_another_version_is_found(workspace: Workspace) -> None:
    job = workspace.folder / "tokenizer"
    table = pa.ipc.open_file((job / "train-0.arrow").read_bytes()).read_all().drop_columns(["doc_offsets"])
    with pa.OSFile(str(job / "train-0.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    listed = asdict(output_file(job, "train-0.arrow", len(table)))
    rewrite_manifest(workspace, lambda value: value["files"].update(train=[listed]))
    with pytest.raises(GristmillError, match=r"train-0\.arrow: no shard of this version \(tokens, doc_ends, doc_ids\)"):
        opened(workspace)


def test_fewer_rows_than_a_batch_are_refused(workspace: Workspace) -> None:
    with pytest.raises(GristmillError, match=r"fewer than pretrain\.batch_rows = 5000; add sources or lower it"):
        opened(workspace, "pretrain.batch_rows=5000")


def test_an_empty_validation_split_is_refused(workspace: Workspace) -> None:
    rewrite_manifest(workspace, lambda value: value["files"].update(validation=[]))
    with pytest.raises(GristmillError, match=r"no rows; raise corpus\.split\.validation"):
        opened(workspace)
