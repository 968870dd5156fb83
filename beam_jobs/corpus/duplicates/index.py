"""The index: signatures of the documents of a run, by which a later run compares its own without reading their text."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from beam_jobs.corpus.candidates import SIGNATURE_SETTINGS, signature_settings
from stages.artifacts import MANIFEST, Manifest, exists, is_local, join, read_manifest
from stages.errors import GristmillError
from stages.near_duplicates.addresses import address_key
from stages.near_duplicates.signatures import SIGNATURE_VERSION, signatures_and_contents
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
    return [
        {"signatures": {**file.to_json(), "path": join(folder, file.path)}}
        for folder in recipe.corpus.near_duplicates.index
        for file in _manifest(folder, recipe).files["signatures"]
    ]


def index_inputs(recipe: Recipe) -> list[dict[str, Any]]:
    """The manifests of all indexes with their hashes; raises as `index_files` does."""
    folders = recipe.corpus.near_duplicates.index
    return [
        {"source": "", "path": join(folder, MANIFEST), "sha256": _manifest(folder, recipe).sha256} for folder in folders
    ]


def _resolved(folder: str) -> str:
    return str(Path(folder.removeprefix("file://")).resolve()) if is_local(folder) else folder.rstrip("/")


def _manifest(folder: str, recipe: Recipe) -> Manifest:
    """The manifest of an index whose signatures can be compared with this run's."""
    if _resolved(folder) == _resolved(recipe.folder("corpus")):
        raise GristmillError(f"corpus.near_duplicates.index: {folder}: is this run's own folder; name an earlier run's")
    if not exists(join(folder, MANIFEST)):
        raise GristmillError(
            f"corpus.near_duplicates.index: {folder}: no finished corpus is there; name the folder of an earlier run, "
            "as build/<name>/corpus"
        )
    manifest = read_manifest(folder, "corpus")
    if not manifest.files.get("signatures"):
        raise GristmillError(
            f"corpus.near_duplicates.index: {folder}: holds no signatures; run `make corpus` for it again with "
            "corpus.near_duplicates.write_index = true"
        )
    if manifest.facts.get("signature_version") != SIGNATURE_VERSION:
        raise GristmillError(
            f"corpus.near_duplicates.index: {folder}: its signatures were made by another version; run `make corpus` "
            "for it again"
        )
    theirs = manifest.facts.get("recipe", {}).get("near_duplicates", {})
    for name, ours in signature_settings(recipe.corpus.near_duplicates).items():
        if theirs.get(name) != ours:
            raise GristmillError(
                f"corpus.near_duplicates.index: {folder}: was made with {name} = {theirs.get(name)!r}, not {ours!r}; "
                f"signatures can be compared only where {', '.join(sorted(SIGNATURE_SETTINGS))} are equal"
            )
    return manifest
