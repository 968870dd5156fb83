"""Phase 3: documents to tokens, dealt to shards by their ids.

A unit writes one Arrow file whose record batches are the shards of all splits in their order; the next phase reads one
batch of every file.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.tokenizer.documents import corpus_manifest, draw, fragments, read_documents
from beam_jobs.units import Job, NewFile, Outputs, Planned, Unit, commits_of
from stages.artifacts import join
from stages.recipe import Recipe
from stages.shards import token_type
from stages.splits import SPLITS
from stages.tokenizer import Tokenizer


def settings(recipe: Recipe) -> Any:
    """Only the seed: tokenizer and number of shards are among the inputs."""
    return recipe.seed


def shard_counts(job: Job) -> dict[str, int]:
    """How many shards each split has; it follows from the text alone."""
    shard_bytes = job.recipe.tokenizer.packing.shard_megabytes_of_text * 1e6
    splits = corpus_manifest(job).facts["splits"]
    return {split: -(-int(splits.get(split, {}).get("bytes", 0)) // int(shard_bytes)) for split in SPLITS}


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment of the corpus."""
    (trained,) = commits_of(job, "train")
    model = trained.files["tokenizer"][0].to_json()
    counts = shard_counts(job)
    return [
        Planned({"fragment": fragment.to_json(), "model": model, "shards": counts}, fragment.bytes)
        for fragment in fragments(job)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the tokens of a fragment; the counts are its documents and tokens."""
    tokenizer = Tokenizer.load(join(job.folder, "tokenizer"))
    shards = _Shards(unit.inputs["shards"])
    for batch in read_documents(job, unit.inputs["fragment"]):
        ids, splits = batch.column("id").to_pylist(), batch.column("split").to_pylist()
        texts = batch.column("text").to_pylist()
        encoded = tokenizer.encode_batch(texts)
        for document_id, split, text, tokens in zip(ids, splits, texts, encoded, strict=True):
            whole = np.concatenate(([tokenizer.bos_id], tokens, [tokenizer.eos_id]))
            shards.add(split, draw(document_id, job.recipe.seed, "shard"), document_id, whole, len(text.encode()))
    with outputs.create("tokens", ".arrow") as file:
        shards.write(file, token_type(tokenizer.vocabulary_size))
    return {"documents": file.rows, "tokens": shards.tokens}


class _Shards:
    """Documents on their way to a file of one record batch a shard."""

    def __init__(self, counts: dict[str, int]):
        self._counts = counts
        self._documents: dict[tuple[str, int], list[tuple[int, npt.NDArray[np.integer], int]]] = {}
        self.tokens = 0

    def add(self, split: str, number: int, document_id: int, tokens: npt.NDArray[np.integer], size: int) -> None:
        place = (split, number % self._counts[split])
        self._documents.setdefault(place, []).append((document_id, tokens, size))
        self.tokens += len(tokens)

    def write(self, file: NewFile, dtype: pa.DataType) -> None:
        schema = pa.schema([("id", pa.uint64()), ("tokens", pa.list_(dtype)), ("text_bytes", pa.uint32())])
        with pa.OSFile(str(file.path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for place in shard_order(self._counts):
                documents = self._documents.get(place, [])
                columns = list(zip(*documents, strict=True)) or [(), (), ()]
                arrays = [pa.array(column, type_) for column, type_ in zip(columns, schema.types, strict=True)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
                file.rows += len(documents)


def shard_order(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yields the shards in the order of their record batches."""
    for split in SPLITS:
        for number in range(counts[split]):
            yield split, number
