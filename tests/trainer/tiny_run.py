"""The tiny world of the trainer's tests: a recipe, sentences, and rows packed from them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from stages.artifacts import MANIFEST, OutputFile, sha256_of
from stages.packing import PackedPieces
from stages.recipe import Recipe, load_recipe
from stages.shards import DOCUMENTS_SCHEMA, TokenizedDocuments
from trainer import pretrain

LENGTH = 32
VOCABULARY = 330
WORDS = (
    *("the", "old", "mill", "by", "river", "grinds", "wheat", "rye", "and"),
    *("barley", "into", "flour", "while", "water", "turns", "its", "heavy", "wheel"),
)
RECIPE = """
name = "tiny"
output = "{output}"
[[corpus.sources]]
name = "words"
format = "text"
paths = ["none"]
[pretrain]
steps = 12
batch_rows = 4
micro_batch_rows = 2
warmup_steps = 3
learning_rate = 0.01
evaluate_every = 5
evaluation_rows = 6
checkpoint_every = 4
threads = 1
[pretrain.model]
layers = 2
width = 32
heads = 4
key_value_heads = 2
[pretrain.generation]
prompts = ["the old "]
tokens = 8
"""


@dataclass(frozen=True)
class Workspace:
    """A folder with a recipe and the outputs of the tokenizer job."""

    folder: Path

    @property
    def recipe_file(self) -> Path:
        return self.folder / "recipe.toml"

    @property
    def output(self) -> Path:
        return self.folder / "pretrain"

    @property
    def checkpoints(self) -> Path:
        return self.output / "checkpoints"

    def recipe(self, *overrides: str) -> Recipe:
        return load_recipe(self.recipe_file, overrides)

    def arguments(self, *overrides: str) -> list[str]:
        return ["--recipe", str(self.recipe_file), *(part for one in overrides for part in ("--set", one))]

    def pretrain(self, *overrides: str) -> None:
        pretrain.main(self.arguments(*overrides))

    def results(self) -> dict[str, bytes]:
        """The files that must not differ between two equal runs."""
        paths = [self.output / "metrics.jsonl", *sorted((self.output / "model").iterdir())]
        return {path.name: path.read_bytes() for path in paths}


def sentences(count: int, seed: int) -> list[str]:
    """Documents of 2 to 30 words, some longer than a row."""
    generator = np.random.default_rng(seed)
    return [" ".join(generator.choice(WORDS, generator.integers(2, 31))) + "\n" for _ in range(count)]


def packed(documents: Sequence[Sequence[int]]) -> tuple[PackedPieces, TokenizedDocuments]:
    """Documents one after another, cut where a row ends; every third row keeps five places of padding."""
    lengths = [len(document) for document in documents]
    starts = np.cumsum([0, *lengths])
    pieces: list[tuple[int, int, int]] = []
    row_starts, room = [0], LENGTH + 1
    for number, length in enumerate(lengths):
        place = 0
        while place < length:
            if not room:
                row_starts.append(len(pieces))
                room = LENGTH + 1 - (5 if len(row_starts) % 3 == 0 else 0)
            taken = min(room, length - place)
            pieces.append((number, place, place + taken))
            place, room = place + taken, room - taken
    columns = np.array(pieces, np.int64).T
    found = PackedPieces(*columns, np.array([*row_starts, len(pieces)], np.int64))
    ids = np.arange(len(documents), dtype=np.uint64)
    return found, TokenizedDocuments(ids, np.concatenate(documents), starts[:-1])


def origins(count: int) -> pa.Table:
    """Where documents 0 and up came from: every third is of another source and in another language."""
    kinds = [("book", "de") if number % 3 == 0 else ("mill", "en") for number in range(count)]
    sources, languages = zip(*kinds, strict=True)
    urls = [f"https://example.org/{number}" for number in range(count)]
    return pa.table([pa.array(range(count), pa.uint64()), sources, languages, urls], schema=DOCUMENTS_SCHEMA)


def output_file(folder: Path, name: str, rows: int = 0) -> OutputFile:
    path = folder / name
    return OutputFile(name, path.stat().st_size, sha256_of(path), rows)


def rewrite_manifest(workspace: Workspace, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the tokenizer job's manifest as another run of it would."""
    path = workspace.folder / "tokenizer" / MANIFEST
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
