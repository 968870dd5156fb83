"""What the tokenizer job left for training: rows and tokenizer, opened and checked against its manifest."""

from dataclasses import dataclass
from pathlib import Path

from stages.artifacts import Manifest, OutputFile, join, sha256_of
from stages.errors import GristmillError
from stages.recipe import Model, Recipe
from stages.shards import Origin, PackedRows, read_origins
from stages.tokenizer import Tokenizer


@dataclass(frozen=True)
class Inputs:
    """Everything that training reads."""

    train: PackedRows
    validation: PackedRows
    tokenizer: Tokenizer
    manifest: str
    """The SHA-256 of the tokenizer job's manifest: the identity of the data."""
    origins: dict[int, Origin]
    """Where the held-out documents came from, by their ids."""


def open_inputs(recipe: Recipe, manifest: Manifest) -> Inputs:
    """Opens the shards and the tokenizer.

    Every file is hashed first: a bit that flipped on disk would train quietly. A file that is missing or not the one in
    the manifest, too few rows, or rows longer than the positions that are learned, is a GristmillError.
    """
    folder = recipe.folder("tokenizer")
    for kind in ("train", "validation", "tokenizer", "held_out"):
        for file in manifest.files.get(kind, []):
            _check(join(folder, file.path), file)
    inputs = Inputs(
        PackedRows(manifest.paths("train", folder)),
        PackedRows(manifest.paths("validation", folder)),
        Tokenizer.load(join(folder, "tokenizer")),
        manifest.sha256,
        read_origins(manifest.paths("held_out", folder)),
    )
    if len(inputs.train) < recipe.pretrain.batch_rows:
        raise GristmillError(
            f"{folder}: the training split has {len(inputs.train)} rows, fewer than pretrain.batch_rows ="
            f" {recipe.pretrain.batch_rows}; add sources or lower it"
        )
    if not len(inputs.validation):
        raise GristmillError(f"{folder}: the validation split has no rows; raise corpus.split.validation")
    length, positions = inputs.train.width - 1, recipe.pretrain.model.maximum_positions
    if 0 < positions < length:
        raise GristmillError(
            f"{folder}: the rows have {length} tokens, more than model.maximum_positions = {positions}; raise it"
        )
    return inputs


def hash_of_embeddings(settings: Model) -> str:
    """The SHA-256 of the file of given vectors, which shapes a model as settings do; empty if none is given."""
    if not settings.embeddings:
        return ""
    try:
        return sha256_of(settings.embeddings)
    except OSError as error:
        raise GristmillError(f"model.embeddings: cannot read {settings.embeddings}: {error.strerror}") from error


def _check(path: str, file: OutputFile) -> None:
    if not Path(path).is_file():
        raise GristmillError(f"{path}: missing; run `make tokenizer`")
    if Path(path).stat().st_size != file.bytes or sha256_of(path) != file.sha256:
        raise GristmillError(
            f"{path}: damaged: not the file that the manifest lists; delete it and run `make tokenizer`"
        )
