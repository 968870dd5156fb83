"""A tokenizer and packed shards small enough to train on in a second, laid out as the tokenizer job leaves them."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from stages.artifacts import Manifest, write_manifest
from stages.recipe import Tokenizer as TokenizerSettings
from stages.shards import PackedRows, shard_schema, write_shard
from stages.tokenizer import Tokenizer, train_tokenizer
from tests.trainer.tiny_run import LENGTH, RECIPE, VOCABULARY, Workspace, origins, output_file, packed, sentences


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    model = train_tokenizer(sentences(200, seed=1), TokenizerSettings(vocabulary_size=VOCABULARY, sentinels=0))
    (folder / "tokenizer.model").write_bytes(model)
    for name, content in Tokenizer.load(str(folder)).hugging_face_files().items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> Tokenizer:
    return Tokenizer.load(str(tokenizer_folder))


@pytest.fixture(scope="session")
def write_rows(tokenizer: Tokenizer) -> Callable[[Path, int, int], int]:
    """Writes a shard with the rows of so many sentences of a seed, and returns how many rows it has."""

    def write(path: Path, count: int, seed: int) -> int:
        documents = [
            [tokenizer.bos_id, *tokenizer.encode(text).tolist(), tokenizer.eos_id] for text in sentences(count, seed)
        ]
        schema = shard_schema(LENGTH, VOCABULARY, {"sequence_length": str(LENGTH)})
        return write_shard(path, schema, *packed(documents), tokenizer.padding_id)

    return write


@pytest.fixture
def rows(write_rows: Callable[[Path, int, int], int], tmp_path: Path) -> PackedRows:
    """Three shards of different size."""
    paths = [tmp_path / f"rows-{number}.arrow" for number in range(3)]
    for number, path in enumerate(paths):
        write_rows(path, 10 + 7 * number, number)
    return PackedRows([str(path) for path in paths])


@pytest.fixture
def workspace(new_workspace: Callable[[Path], Workspace], tmp_path: Path) -> Workspace:
    return new_workspace(tmp_path / "run")


@pytest.fixture(scope="session")
def new_workspace(
    tokenizer_folder: Path, tokenizer: Tokenizer, write_rows: Callable[[Path, int, int], int]
) -> Callable[[Path], Workspace]:
    def make(folder: Path) -> Workspace:
        job = folder / "tokenizer"
        (job / "tokenizer").mkdir(parents=True)
        tokenizer.copy_to(str(job / "tokenizer"))
        counts = {"train": (write_rows(job / "train-0.arrow", 40, 2), "train-0.arrow")}
        counts["validation"] = (write_rows(job / "validation-0.arrow", 12, 3), "validation-0.arrow")
        files = {kind: [output_file(job, name, count)] for kind, (count, name) in counts.items()}
        pq.write_table(origins(12), job / "held_out-0.parquet")
        files["held_out"] = [output_file(job, "held_out-0.parquet", 12)]
        names = sorted(path.name for path in (job / "tokenizer").iterdir())
        files["tokenizer"] = [output_file(job, f"tokenizer/{name}") for name in names]
        facts = {"vocabulary_size": VOCABULARY, "padding_id": tokenizer.padding_id, "sequence_length": LENGTH}
        write_manifest(str(job), Manifest("tokenizer", files, facts))
        (folder / "recipe.toml").write_text(RECIPE.format(output=folder))
        return Workspace(folder)

    return make
