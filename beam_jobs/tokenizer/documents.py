"""The corpus as the tokenizer job reads it: fragments and totals from its manifest."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.units import Job
from stages.artifacts import Manifest, OutputFile, join, open_file, read_manifest

DOCUMENTS_PER_BATCH = 256
COLUMNS = ["id", "text", "split", "parent_id"]


def corpus_manifest(job: Job) -> Manifest:
    """The manifest of the corpus job."""
    return read_manifest(job.recipe.folder("corpus"), "corpus")


def fragments(job: Job) -> list[OutputFile]:
    """The corpus's files of documents, in order."""
    return corpus_manifest(job).files["documents"]


def read_documents(job: Job, fragment: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """Yields the documents of a fragment in batches, with the columns id, text, split and parent_id."""
    with open_file(join(job.recipe.folder("corpus"), fragment["path"])) as file:
        yield from pq.ParquetFile(file).iter_batches(batch_size=DOCUMENTS_PER_BATCH, columns=COLUMNS)


def draw(document_id: int, seed: int, purpose: str) -> int:
    """A 64-bit number that depends on the document, the seed and the purpose alone (BLAKE2b)."""
    data = f"{purpose}:{seed}:{document_id}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
