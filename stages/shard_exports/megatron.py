"""Megatron-LM's indexed dataset: a `.bin` of tokens and an `.idx` for each split; a document is a sequence.

The format is that of Megatron Core's `megatron/core/datasets/indexed_dataset.py` (version 1, all little-endian):

    magic `MMIDIDX`, two NUL · uint64 version · uint8 type of the tokens · uint64 sequences · uint64 document indices
    int32 [sequences] lengths · int64 [sequences] bytes before each in the .bin · int64 [documents + 1] first sequences
"""

import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from stages.rebuilt_documents import rebuilt_documents
from stages.shard_exports.export import Format, Part, Source, Written
from stages.splits import SPLITS

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<9sQBQQ")
UINT16, INT32 = 8, 4
"""The codes of the two types of tokens."""
SMALL_VOCABULARY = 65_500
"""Megatron takes 16 bits for fewer tokens (`DType.optimal_dtype`)."""
AT_ONCE = 1 << 16
BUFFER_BYTES = 1 << 20


def write_indexed_dataset(binary: Path, index: Path, shards: Iterable[str], vocabulary_size: int) -> Written:
    """Writes the documents of shards, with their `<s>` and `</s>`, in the order in which they begin in the rows.

    Raises GristmillError as `rebuilt_documents` does.
    """
    is_small = vocabulary_size < SMALL_VOCABULARY
    dtype = np.dtype("<u2" if is_small else "<i4")
    documents = tokens = 0
    with binary.open("wb", BUFFER_BYTES) as data, index.open("w+b", BUFFER_BYTES) as positions:
        positions.write(bytes(HEADER.size))
        for shard in shards:
            for document in rebuilt_documents(shard):
                data.write(document.tokens.astype(dtype, copy=False).tobytes())
                positions.write(struct.pack("<i", len(document.tokens)))
                documents, tokens = documents + 1, tokens + len(document.tokens)
        _append_pointers(positions, documents, dtype.itemsize)
        for first in range(0, documents + 1, AT_ONCE):
            positions.write(np.arange(first, min(first + AT_ONCE, documents + 1), dtype="<i8").tobytes())
        positions.seek(0)
        positions.write(HEADER.pack(MAGIC, VERSION, UINT16 if is_small else INT32, documents, documents + 1))
    return Written(documents, tokens)


def _append_pointers(positions: IO[bytes], documents: int, itemsize: int) -> None:
    """Sums the lengths that stand in the file, some at a time."""
    before = 0
    for first in range(0, documents, AT_ONCE):
        positions.seek(HEADER.size + 4 * first)
        lengths = np.frombuffer(positions.read(4 * min(AT_ONCE, documents - first)), "<i4")
        ends = before + np.cumsum(lengths, dtype=np.int64) * itemsize
        positions.seek(HEADER.size + 4 * documents + 8 * first)
        positions.write(np.concatenate([[before], ends[:-1]]).astype("<i8").tobytes())
        before = int(ends[-1])
    positions.seek(0, 2)


def _parts(source: Source) -> list[Part]:
    def write(paths: Sequence[Path], shards: Iterable[str]) -> Written:
        return write_indexed_dataset(paths[0], paths[1], shards, source.vocabulary_size)

    return [Part((f"{split}.bin", f"{split}.idx"), split, shards, write) for split, shards in source.shards.items()]


def _readme(source: Source) -> str:
    prefixes = "\n".join(f"- `{split}` (`{split}.bin`, `{split}.idx`)" for split in source.shards)
    return f"""# {source.name}: Megatron-LM indexed datasets

{prefixes}

Each document is one sequence, with `<s>` ({source.bos_id}) before and `</s>` ({source.eos_id}) behind it. There are
{source.vocabulary_size:,} tokens; `tokenizer.json` is their tokenizer for Hugging Face, `tokenizer.model` for
SentencePiece.

```pycon
>>> from megatron.core.datasets.indexed_dataset import IndexedDataset
>>> document = IndexedDataset("train")[0]
```

In Megatron-LM's `pretrain_gpt.py`, name the prefixes with `--train-data-path`, `--valid-data-path` and
`--test-data-path`, and this folder as `--tokenizer-model` with `--tokenizer-type HuggingFaceTokenizer`.
`--reset-position-ids --reset-attention-mask --eod-mask-loss` keep documents that share a sample apart.
"""


MEGATRON = Format("documents", _parts, _readme, re.compile(rf"({'|'.join(SPLITS)})\.(bin|idx)"))
