"""A small finished corpus and the shards of it, written without a run: for the commands that look into shards."""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stages.artifacts import Manifest, OutputFile, read_manifest, sha256_of, write_manifest
from stages.packing import PACKERS, PackedPieces
from stages.recipe import Tokenizer as TokenizerSettings
from stages.shards import Run, TokenizedDocuments, shard_schema, write_shard
from stages.tokenizer import MODEL_FILE, Tokenizer, train_tokenizer
from tests.beam_jobs.stored_corpus import StoredCorpus

SPLITS = {"train": 30, "validation": 4, "test": 3}
LENGTH = 32


def _words() -> list[str]:
    generator = random.Random(1)
    words = ["".join(generator.choices("aeioulmnrstéà", k=generator.randint(2, 7))) for _ in range(200)]
    return [*words, "水車", "風車", "𐍈"]


WORDS = _words()


def text(number: int) -> str:
    """A text of its own for each number, some longer than two rows, with letters that the vocabulary lacks."""
    generator = random.Random(number)
    words = [generator.choice(WORDS) for _ in range(generator.choice((4, 12, 30, 90)))]
    return f"{number}: " + " ".join(words) + "\n" + chr(0x4E00 + number) * 3


@dataclass(frozen=True)
class StoredShards:
    """Where all of it lies."""

    folder: Path
    corpus: StoredCorpus
    tokenizer: Tokenizer

    @property
    def recipe(self) -> str:
        """The recipe's file."""
        return str(self.corpus.recipe_file)

    def documents(self, split: str) -> dict[int, dict[str, Any]]:
        """The documents of a split by their ids."""
        return {row["id"]: row for row in self.corpus.rows["documents"] if row["split"] == split}

    def whole(self, row: dict[str, Any]) -> list[int]:
        """The tokens of a document, with `<s>` and `</s>`."""
        return [self.tokenizer.bos_id, *self.tokenizer.encode(row["text"]).tolist(), self.tokenizer.eos_id]

    def shard(self, split: str, number: int = 0) -> Path:
        """The path of a shard."""
        return self.folder / "tokenizer" / split / f"shard-{number:05d}.arrow"

    def write(self, packing: str = "best_fit", copies: int = 1, **facts: Any) -> None:
        """Packs all documents, those of training so many times, into two shards of training and one of the others."""
        files = {"tokenizer": list(self._tokenizer_files())}
        for split in SPLITS:
            rows = list(self.documents(split).values())
            parts = [rows[::2], rows[1::2]] if split == "train" else [rows]
            files[split] = [
                self._shard(split, number, part, packing, copies if split == "train" else 1)
                for number, part in enumerate(parts)
            ]
        facts = {
            "vocabulary_size": self.tokenizer.vocabulary_size,
            "sequence_length": LENGTH,
            "corpus": read_manifest(str(self.folder / "corpus"), "corpus").sha256,
            "corpora": {},
        } | facts
        write_manifest(str(self.folder / "tokenizer"), Manifest("tokenizer", files, facts))

    def _tokenizer_files(self) -> Any:
        folder = self.folder / "tokenizer" / "tokenizer"
        for path in sorted(folder.iterdir(), reverse=True):
            yield OutputFile(f"tokenizer/{path.name}", path.stat().st_size, sha256_of(path), 0)

    def _shard(self, split: str, number: int, rows: list[dict[str, Any]], packing: str, copies: int) -> OutputFile:
        tokens = [self.whole(row) for row in rows]
        lengths = np.array([len(one) for one in tokens], np.int64)
        documents = TokenizedDocuments(
            np.array([row["id"] for row in rows], np.uint64),
            np.concatenate([np.array(one, np.uint16) for one in tokens]),
            np.cumsum(lengths) - lengths,
        )
        packed = _times(PACKERS[packing](lengths, LENGTH + 1), copies)
        metadata = {
            "sequence_length": str(LENGTH),
            "tokenizer": sha256_of(self.folder / "tokenizer" / "tokenizer" / MODEL_FILE),
            "packing": packing,
            "tokens": str(int(lengths.sum()) * copies),
        }
        schema = shard_schema(LENGTH, self.tokenizer.vocabulary_size, metadata, [Run(0, "", packed.rows)])
        path = self.shard(split, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, schema, packed, documents, self.tokenizer.padding_id)
        return OutputFile(f"{split}/{path.name}", path.stat().st_size, sha256_of(path), packed.rows)


def _times(packed: PackedPieces, copies: int) -> PackedPieces:
    """The same rows several times."""
    pieces = len(packed.documents)
    starts = [packed.row_starts[:-1] + copy * pieces for copy in range(copies)]
    return replace(
        packed,
        documents=np.tile(packed.documents, copies),
        starts=np.tile(packed.starts, copies),
        stops=np.tile(packed.stops, copies),
        row_starts=np.concatenate([*starts, [copies * pieces]]),
    )


def make_stored_shards(folder: Path) -> StoredShards:
    """Writes a corpus, a tokenizer trained on half of it, and the shards."""
    corpus = StoredCorpus(folder)
    number = 0
    for split, count in SPLITS.items():
        for _ in range(count):
            number += 1
            corpus.document(number, text(number), split=split)
    corpus.document(1_001, "teh mlil grinds", parent_id=1, augmentation="keyboard(rate=0.05)", split="train")
    corpus.write()
    settings = TokenizerSettings(vocabulary_size=350, sentinels=0, character_coverage=0.98)
    lines = [line for one in range(1, 20) for line in text(one).split("\n")]
    model = train_tokenizer(lines, settings)
    tokenizer = Tokenizer(model)
    path = folder / "tokenizer" / "tokenizer"
    path.mkdir(parents=True)
    for name, data in {MODEL_FILE: model, **tokenizer.hugging_face_files()}.items():
        (path / name).write_bytes(data)
    shards = StoredShards(folder, corpus, tokenizer)
    shards.write()
    return shards
