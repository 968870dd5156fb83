"""Candidate documents with their MinHash bands: what the search for near-duplicates begins from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from beam_jobs.corpus.tables import CANDIDATE_SCHEMA, TableWriter, table_writer
from beam_jobs.units import Outputs
from stages.near_duplicates.signatures import band_keys, content_hash, text_signatures
from stages.recipe import NearDuplicates, Recipe

TEXTS_PER_BATCH = 128
"""Signatures are computed for so many texts at once; past that the kernel gets no faster."""


def candidates_phase(recipe: Recipe) -> str:
    """The phase whose candidates and signatures the search for duplicates begins from."""
    return "extract" if recipe.corpus.repeated_text.unit == "none" else "cut"


def band_column(band: int) -> str:
    """The column that holds the key of one LSH band."""
    return f"band_{band:03d}"


def signature_schema(near_duplicates: NearDuplicates) -> pa.Schema:
    """What later phases need of a candidate without its text: one row each, in the order of the candidates."""
    return pa.schema(
        [
            pa.field("id", pa.uint64(), nullable=False),
            pa.field("length", pa.uint32(), nullable=False),
            pa.field("content_hash", pa.uint64(), nullable=False),
            *(pa.field(band_column(band), pa.uint64(), nullable=False) for band in range(near_duplicates.bands)),
        ]
    )


class Candidates:
    """Writes candidates as they come, and their signatures in batches."""

    def __init__(self, documents: TableWriter, signatures: TableWriter, near_duplicates: NearDuplicates):
        self._documents = documents
        self._signatures = signatures
        self._settings = near_duplicates
        self._waiting: list[tuple[int, str]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Writes a row of CANDIDATE_SCHEMA."""
        self._documents.write(row)
        self._waiting.append((row["id"], row["text"]))
        if len(self._waiting) == TEXTS_PER_BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes the signatures that wait for their batch to fill."""
        texts = [text for _, text in self._waiting]
        keys = band_keys(text_signatures(texts, self._settings), self._settings)
        for (document_id, text), row in zip(self._waiting, keys.tolist(), strict=True):
            bands = {band_column(band): key for band, key in enumerate(row)}
            self._signatures.write(
                {"id": document_id, "length": len(text), "content_hash": content_hash(text), **bands}
            )
        self._waiting = []


@contextmanager
def candidate_writer(outputs: Outputs, near_duplicates: NearDuplicates) -> Iterator[Candidates]:
    """Yields a writer of a unit's candidates and signatures."""
    with (
        table_writer(outputs, "candidates", CANDIDATE_SCHEMA) as documents,
        table_writer(outputs, "signatures", signature_schema(near_duplicates)) as signatures,
    ):
        candidates = Candidates(documents, signatures, near_duplicates)
        yield candidates
        candidates.flush()
