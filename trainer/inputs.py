"""What the tokenizer job left for training: rows and tokenizer, opened and checked against its manifest."""

from dataclasses import dataclass
from pathlib import Path

from stages.artifacts import Manifest, OutputFile, join, sha256_of
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.shards import PackedRows
from stages.tokenizer import Tokenizer


@dataclass(frozen=True)
class Inputs:
    """Everything that training reads."""

    train: PackedRows
    validation: PackedRows
    tokenizer: Tokenizer
    manifest: str
    """The SHA-256 of the tokenizer job's manifest: the identity of the data."""


def open_inputs(recipe: Recipe, manifest: Manifest) -> Inputs:
    """Opens the shards and the tokenizer.

    Every file is hashed first: a bit that flipped on disk would train quietly. A file that is missing or not the one in
    the manifest, or too few rows, is a GristmillError.
    """
    folder = recipe.folder("tokenizer")
    for kind in ("train", "validation", "tokenizer"):
        for file in manifest.files.get(kind, []):
            _check(join(folder, file.path), file)
    inputs = Inputs(
        PackedRows(manifest.paths("train", folder)),
        PackedRows(manifest.paths("validation", folder)),
        Tokenizer.load(join(folder, "tokenizer")),
        manifest.sha256,
    )
    if len(inputs.train) < recipe.pretrain.batch_rows:
        raise GristmillError(
            f"{folder}: the training split has {len(inputs.train)} rows, fewer than pretrain.batch_rows ="
            f" {recipe.pretrain.batch_rows}; add sources or lower it"
        )
    if not len(inputs.validation):
        raise GristmillError(f"{folder}: the validation split has no rows; raise corpus.split.validation")
    return inputs


def _check(path: str, file: OutputFile) -> None:
    if not Path(path).is_file():
        raise GristmillError(f"{path}: missing; run `make tokenizer`")
    if Path(path).stat().st_size != file.bytes or sha256_of(path) != file.sha256:
        raise GristmillError(
            f"{path}: damaged: not the file that the manifest lists; delete it and run `make tokenizer`"
        )
