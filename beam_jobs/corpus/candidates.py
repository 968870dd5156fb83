"""Candidate documents with their MinHash bands: what the search for near-duplicates begins from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.tables import CANDIDATE_SCHEMA, TableWriter, table_writer
from beam_jobs.units import Outputs
from stages.document import identifier
from stages.near_duplicates.addresses import address_key
from stages.near_duplicates.priority import timestamp
from stages.near_duplicates.signatures import band_keys, signatures_and_contents
from stages.recipe import NearDuplicates, Recipe

TEXTS_PER_BATCH = 512
"""Signatures are computed for so many texts at once."""
SIGNATURE_SETTINGS = {"bands", "rows", "shingle_words", "seed", "reference", "datatrove_hash", "datatrove_hash_bits"}
"""What of the settings decides signatures; the rest decides what is made of them."""
FACT_FIELDS = [
    pa.field("id", pa.uint64(), nullable=False),
    pa.field("content_hash", pa.uint64(), nullable=False),
    pa.field("address", pa.uint64(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("length", pa.uint32(), nullable=False),
    pa.field("time", pa.int64()),
    pa.field("quality_score", pa.float32()),
    pa.field("perplexity", pa.float32()),
    pa.field("tie", pa.uint64(), nullable=False),
]
"""What is known of a candidate beside its bands: who it is, and what its priority depends on."""


def candidates_phase(recipe: Recipe) -> str:
    """The phase whose candidates and signatures the search for duplicates begins from."""
    return "extract" if recipe.corpus.repeated_text.unit == "none" else "cut"


def signature_settings(near_duplicates: NearDuplicates) -> dict[str, Any]:
    """What decides signatures, as JSON values."""
    return near_duplicates.model_dump(mode="json", include=SIGNATURE_SETTINGS)


def band_column(band: int) -> str:
    """The column that holds the key of one LSH band."""
    return f"band_{band:03d}"


def signature_schema(near_duplicates: NearDuplicates) -> pa.Schema:
    """What later phases need of a candidate without its text: one row each, in the order of the candidates."""
    bands = (pa.field(band_column(band), pa.uint64(), nullable=False) for band in range(near_duplicates.bands))
    return pa.schema([*FACT_FIELDS, *bands])


class Candidates:
    """Writes candidates as they come, and their signatures in batches."""

    def __init__(self, documents: TableWriter, signatures: TableWriter, near_duplicates: NearDuplicates):
        self._documents = documents
        self._signatures = signatures
        self._settings = near_duplicates
        self._waiting: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Writes a row of CANDIDATE_SCHEMA."""
        self._documents.write(row)
        self._waiting.append(row)
        if len(self._waiting) == TEXTS_PER_BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes the signatures that wait for their batch to fill."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        texts = [row["text"] for row in rows]
        signatures, contents = signatures_and_contents(texts, self._settings)
        bands = band_keys(signatures, self._settings)
        columns = {
            **{name: [row[name] for row in rows] for name in ("id", "source", "quality_score", "perplexity")},
            "content_hash": contents,
            "address": [address_key(row["url"]) for row in rows],
            "length": [len(text) for text in texts],
            "time": [timestamp(row["date"]) for row in rows],
            "tie": [_tie(row) for row in rows],
            **{band_column(band): keys for band, keys in enumerate(np.ascontiguousarray(bands.T))},
        }
        self._signatures.write_table(pa.table(columns, schema=signature_schema(self._settings)))


def _tie(row: Mapping[str, Any]) -> int:
    """A hash of all that a record is but its place: what decides between copies of a text that has no id of its own."""
    facts = [row[name] for name in ("source", "url", "date", "title", "published")]
    return identifier(f"{facts} {row['text']}")


@contextmanager
def candidate_writer(outputs: Outputs, near_duplicates: NearDuplicates) -> Iterator[Candidates]:
    """Yields a writer of a unit's candidates and signatures."""
    with (
        table_writer(outputs, "candidates", CANDIDATE_SCHEMA) as documents,
        table_writer(outputs, "signatures", signature_schema(near_duplicates), hashes=True) as signatures,
    ):
        candidates = Candidates(documents, signatures, near_duplicates)
        yield candidates
        candidates.flush()
