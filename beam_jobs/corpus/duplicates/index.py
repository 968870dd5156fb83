"""The index: signatures of the documents of a run, by which a later run compares its own without reading their text."""

from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.candidates import SIGNATURE_SETTINGS, signature_settings
from stages.artifacts import join, read_manifest
from stages.errors import GristmillError
from stages.near_duplicates.addresses import address_key
from stages.near_duplicates.signatures import signatures_and_contents
from stages.recipe import NearDuplicates, Recipe


def index_schema(near_duplicates: NearDuplicates) -> pa.Schema:
    """One row for each document that stayed: what a later run needs to know of it."""
    return pa.schema(
        [
            pa.field("id", pa.uint64(), nullable=False),
            pa.field("content_hash", pa.uint64(), nullable=False),
            pa.field("address", pa.uint64(), nullable=False),
            pa.field("signature", pa.list_(signature_type(near_duplicates)), nullable=False),
        ]
    )


def index_table(documents: pa.Table, near_duplicates: NearDuplicates) -> pa.Table:
    """A table of `index_schema` of documents, given with their `id`, `url` and `text`."""
    texts, urls = documents.column("text").to_pylist(), documents.column("url").to_pylist()
    signatures, contents = signatures_and_contents(texts, near_duplicates)
    offsets = np.arange(0, signatures.size + 1, signatures.shape[1], dtype=np.int32)
    columns = {
        "id": documents.column("id"),
        "content_hash": contents,
        "address": [address_key(url) for url in urls],
        "signature": pa.ListArray.from_arrays(pa.array(offsets), pa.array(signatures.ravel())),
    }
    return pa.table(columns, schema=index_schema(near_duplicates))


def signature_type(near_duplicates: NearDuplicates) -> pa.DataType:
    """The type of one MinHash value."""
    return pa.uint64() if near_duplicates.reference == "datatrove" else pa.uint32()


def index_files(recipe: Recipe) -> list[dict[str, Any]]:
    """The files of all indexes as JSON values; GristmillError for a folder that has none, or other signatures."""
    return [file for folder in recipe.corpus.near_duplicates.index for file in _files_of(folder, recipe)]


def _files_of(folder: str, recipe: Recipe) -> list[dict[str, Any]]:
    manifest = read_manifest(folder, "corpus")
    if not manifest.files.get("signatures"):
        raise GristmillError(
            f"corpus.near_duplicates.index: {folder}: holds no signatures; run `make corpus` for it again with "
            "corpus.near_duplicates.write_index = true"
        )
    theirs = manifest.facts.get("recipe", {}).get("near_duplicates", {})
    for name, ours in signature_settings(recipe.corpus.near_duplicates).items():
        if theirs.get(name) != ours:
            raise GristmillError(
                f"corpus.near_duplicates.index: {folder}: was made with {name} = {theirs.get(name)!r}, not {ours!r}; "
                f"signatures can be compared only where {', '.join(sorted(SIGNATURE_SETTINGS))} are equal"
            )
    return [
        {"signatures": {**file.to_json(), "path": join(folder, file.path)}} for file in manifest.files["signatures"]
    ]
