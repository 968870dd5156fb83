"""Hugging Face datasets: Parquet files of packed rows, and the card that names the splits.

A row has its tokens without padding, as TRL's packing leaves them (`trl/data_utils.py`), so that the lengths of the
documents in it add up to its own:

    input_ids     list<int32>    up to T + 1 tokens
    seq_lengths   list<int32>    how many tokens of each document are in the row
    position_ids  list<int32>    counted from 0 in each document; what models of transformers tell documents apart by
    document_ids  list<uint64>   the ids of the documents
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stages.rebuilt_documents import spans
from stages.shard_exports.export import Format, Part, Source, Written
from stages.shards import MappedRows, PackedRows
from stages.splits import SPLITS

SCHEMA = pa.schema(
    [
        pa.field("input_ids", pa.list_(pa.int32())),
        pa.field("seq_lengths", pa.list_(pa.int32())),
        pa.field("position_ids", pa.list_(pa.int32())),
        pa.field("document_ids", pa.list_(pa.uint64())),
    ]
)
TOKENS_PER_GROUP = 1 << 22
"""Of a row group, at most, unless one row has more."""


def write_rows(path: Path, shards: Iterable[str]) -> Written:
    """Writes the rows of shards as one Parquet file; GristmillError if one is missing or damaged."""
    rows = tokens = 0
    # Positions grow by one: their differences take no room. Few tokens and lengths differ: a dictionary is best.
    with pq.ParquetWriter(
        path,
        SCHEMA,
        compression="zstd",
        use_dictionary=["input_ids.list.element", "seq_lengths.list.element"],
        column_encoding={"position_ids.list.element": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    ) as writer:
        for shard in shards:
            for batch in PackedRows([shard]).batches():
                for some in _cut(batch):
                    table = _table(some)
                    writer.write_table(table, row_group_size=len(table))
                    rows, tokens = rows + len(table), tokens + len(table.column(0).chunk(0).values)
    return Written(rows, tokens)


def _cut(batch: MappedRows) -> Iterator[MappedRows]:
    """Yields rows of a batch together that are no more than a group holds."""
    count, width = batch.tokens.shape
    step = max(1, TOKENS_PER_GROUP // width)
    for first in range(0, count, step):
        lists = batch.lists[first : first + step + 1]
        pieces = slice(lists[0], lists[-1])
        tokens = batch.tokens[first : first + step]
        yield MappedRows(tokens, lists - lists[0], batch.ends[pieces], batch.offsets[pieces], batch.ids[pieces])


def _table(rows: MappedRows) -> pa.Table:
    _, lengths = spans(rows)
    sums = np.concatenate([[0], np.cumsum(lengths)])
    row_starts = sums[rows.lists]
    inside = np.arange(rows.tokens.shape[1]) < np.diff(row_starts)[:, None]
    positions = np.arange(sums[-1]) - np.repeat(sums[:-1], lengths)
    columns = (
        (row_starts, rows.tokens[inside].astype(np.int32)),
        (rows.lists, lengths.astype(np.int32)),
        (row_starts, positions.astype(np.int32)),
        (rows.lists, rows.ids),
    )
    lists = [pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), pa.array(values)) for ends, values in columns]
    return pa.table(lists, schema=SCHEMA)


def _parts(source: Source) -> list[Part]:
    def write(paths: Sequence[Path], shards: Iterable[str]) -> Written:
        return write_rows(paths[0], shards)

    return [
        Part((f"data/{split}-{number:05d}-of-{len(shards):05d}.parquet",), split, [shard], write)
        for split, shards in source.shards.items()
        for number, shard in enumerate(shards)
    ]


def _readme(source: Source) -> str:
    splits = "\n".join(f"  - split: {split}\n    path: data/{split}-*" for split in source.shards)
    return f"""---
pretty_name: "{source.name}"
task_categories:
- text-generation
configs:
- config_name: default
  data_files:
{splits}
---

# {source.name}: packed rows of tokens

A row holds up to {source.sequence_length + 1:,} tokens of one or more documents: {source.sequence_length:,} to read and
one more to predict. Documents begin with `<s>` ({source.bos_id}) and end with `</s>` ({source.eos_id}); one that is
longer than a row goes on in another. Rows are not padded; `<pad>` is {source.padding_id}. There are
{source.vocabulary_size:,} tokens, and the tokenizer is in this folder.

| column | what it holds |
|---|---|
| `input_ids` | the tokens |
| `seq_lengths` | how many of them belong to each document, in order |
| `position_ids` | the place of each token in its document, within the row |
| `document_ids` | the ids of the documents in the corpus |

```pycon
>>> from datasets import load_dataset
>>> from transformers import AutoTokenizer
>>> rows, tokenizer = load_dataset("."), AutoTokenizer.from_pretrained(".")
```

Given `position_ids`, no attention mask and `use_cache=False`, models of `transformers` keep the documents of a row
apart; labels should be -100 where `position_ids` is 0. TRL's `SFTTrainer` does both by `seq_lengths`:
`SFTConfig(padding_free=True, dataset_kwargs={{"skip_prepare_dataset": True}})`.
"""


HUGGING_FACE = Format("rows", _parts, _readme, re.compile(rf"data/({'|'.join(SPLITS)})-\d{{5}}-of-\d{{5}}\.parquet"))
