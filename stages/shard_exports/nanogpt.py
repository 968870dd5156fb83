"""nanoGPT's flat files: the tokens of all documents of a split end to end, 16 bits each, little-endian.

nanoGPT (https://github.com/karpathy/nanoGPT) maps `train.bin` and `val.bin` with `np.memmap(…, dtype=np.uint16)` and
takes blocks at random places.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from stages.errors import GristmillError
from stages.rebuilt_documents import rebuilt_documents
from stages.shard_exports.export import Format, Part, Source, Written

LARGEST_VOCABULARY = 1 << 16
DEFAULT_VOCABULARY = 50_304
"""What nanoGPT's train.py takes without a `meta.pkl`."""
NAMES = {"train": "train.bin", "validation": "val.bin", "test": "test.bin"}
BUFFER_BYTES = 1 << 20


def write_flat_tokens(path: Path, shards: Iterable[str]) -> Written:
    """Writes the documents of shards, with their `<s>` and `</s>`, in the order in which they begin in the rows.

    Raises GristmillError as `rebuilt_documents` does.
    """
    documents = tokens = 0
    with path.open("wb", BUFFER_BYTES) as file:
        for shard in shards:
            for document in rebuilt_documents(shard):
                file.write(document.tokens.astype("<u2", copy=False).tobytes())
                documents, tokens = documents + 1, tokens + len(document.tokens)
    return Written(documents, tokens)


def _parts(source: Source) -> list[Part]:
    if source.vocabulary_size > LARGEST_VOCABULARY:
        raise GristmillError(
            f"nanogpt: its tokens have 16 bits, and the vocabulary of {source.name} has {source.vocabulary_size:,} of"
            f" at most {LARGEST_VOCABULARY:,}; export as megatron or hugging_face"
        )

    def write(paths: Sequence[Path], shards: Iterable[str]) -> Written:
        return write_flat_tokens(paths[0], shards)

    return [Part((NAMES[split],), split, shards, write) for split, shards in source.shards.items()]


def _readme(source: Source) -> str:
    names = "\n".join(f"- `{NAMES[split]}`: the {split} split" for split in source.shards)
    return f"""# {source.name}: flat tokens for nanoGPT

{names}

Documents stand end to end, each with `<s>` ({source.bos_id}) before and `</s>` ({source.eos_id}) behind it, as uint16,
little-endian. There are {source.vocabulary_size:,} tokens; `tokenizer.json` is their tokenizer for Hugging Face,
`tokenizer.model` for SentencePiece.

nanoGPT's `train.py` takes {DEFAULT_VOCABULARY:,} tokens unless a `meta.pkl` beside the data says how many there are.
This writes one:

```pycon
>>> import pickle, pathlib
>>> pathlib.Path("meta.pkl").write_bytes(pickle.dumps({{"vocab_size": {source.vocabulary_size}}}))
```
"""


NANOGPT = Format("documents", _parts, _readme, re.compile("|".join(map(re.escape, NAMES.values()))))
