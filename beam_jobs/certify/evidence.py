"""What is certified: the files of a finished corpus and of its indexes, and the settings that they were made with.

A row is known by its reference: `(ordinal of its file) << 32 | row`. Documents come first, then removals, then the
documents of indexes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.finished import open_corpus
from beam_jobs.shuffle import read_part
from beam_jobs.units import Commit, Job, inputs_path
from stages.artifacts import MANIFEST, Manifest, join, read_json, read_manifest
from stages.errors import GristmillError
from stages.recipe import Corpus, Recipe
from stages.sources.files import status_of

UInt64 = npt.NDArray[np.uint64]

DOCUMENTS, REMOVALS, INDEX = "documents", "removals", "index"
ROW_BITS = np.uint64(32)


@dataclass(frozen=True)
class File:
    """One file of the corpus or of an index."""

    ordinal: int
    kind: str
    """`documents`, `removals` or `index`."""
    name: str
    """For people: its path below the corpus folder; of an index, its whole path."""
    path: str
    rows: int
    bytes: int
    sha256: str
    """As the manifest has it."""
    version: str
    """As the file system has it."""

    def references(self, rows: npt.NDArray[np.int64]) -> UInt64:
        """Those of some of its rows."""
        return np.uint64(self.ordinal << 32) | rows.astype(np.uint64)


@dataclass(frozen=True)
class Evidence:
    """All that is certified, and by what it is judged."""

    folder: str
    manifest: str
    """The hash of the corpus manifest."""
    settings: Corpus
    """The recipe's section as it was when the run was made."""
    ledger: Mapping[str, Any]
    variants: int
    files: Sequence[File]

    def of_kind(self, kind: str) -> list[File]:
        """The files of a kind, in order."""
        return [file for file in self.files if file.kind == kind]

    @cached_property
    def first_index(self) -> np.uint64:
        """The references of indexes begin here."""
        return np.uint64((len(self.files) - len(self.of_kind(INDEX))) << 32)

    def file_of(self, reference: int) -> File:
        """The file of a reference."""
        return self.files[reference >> int(ROW_BITS)]


def inputs(recipe: Recipe) -> dict[str, Any]:
    """What will be certified, as JSON values with sizes and versions; GristmillError if it is not there."""
    corpus = open_corpus(recipe)
    found = [(kind, corpus.folder, corpus.manifest, kind) for kind in (DOCUMENTS, REMOVALS)]
    compared_with = {one["path"]: one["sha256"] for one in corpus.manifest.facts.get("index", ())}
    indexes = corpus.settings.near_duplicates.index
    found += [(INDEX, folder, _index_manifest(folder, compared_with), "signatures") for folder in indexes]
    return {
        "folder": corpus.folder,
        "manifest": corpus.manifest.sha256,
        "settings": corpus.settings.model_dump(mode="json"),
        "ledger": corpus.manifest.facts["ledger"],
        "variants": sum(one["documents"] for one in corpus.manifest.facts["variants"].values()),
        "files": [{"ordinal": ordinal, **file} for ordinal, file in enumerate(_files(found, corpus.settings))],
    }


def _index_manifest(folder: str, compared_with: Mapping[str, str]) -> Manifest:
    """The manifest of an index; GristmillError if the run was compared with another, known by path and hash.

    A run of an earlier version does not say which.
    """
    manifest = read_manifest(folder, "corpus")
    if compared_with.get(join(folder, MANIFEST), manifest.sha256) != manifest.sha256:
        raise GristmillError(
            f"corpus.near_duplicates.index: {folder}: was made anew since; the corpus can be proven only with the "
            "index that it was compared with: run `make corpus` again"
        )
    return manifest


def _files(found: Sequence[tuple[str, str, Manifest, str]], settings: Corpus) -> Iterator[dict[str, Any]]:
    for kind, folder, manifest, listed in found:
        for file in manifest.files.get(listed, []):
            path = join(folder, file.path)
            yield {
                **{"kind": kind, "name": path if kind == INDEX else file.path, "path": path},
                **{"rows": file.rows, "bytes": file.bytes, "sha256": file.sha256},
                "version": status_of(path, settings.reading.http).version,
            }


def read_evidence(job: Job) -> Evidence:
    """What this run of the job certifies."""
    value = read_json(inputs_path(job))
    settings = Corpus.model_validate_json(json.dumps(value["settings"]))
    files = [File(**file) for file in value["files"]]
    return Evidence(**{**value, "settings": settings, "files": files})


def unit_of_file(evidence: Evidence, file: File, **inputs: Any) -> dict[str, Any]:
    """The inputs of a unit that reads one file, with the manifest's hash, so that another corpus is certified anew."""
    return {"corpus": evidence.manifest, "file": asdict(file), **inputs}


def listed(commits: Sequence[Commit], *kinds: str) -> dict[str, list[dict[str, Any]]]:
    """The files of some kinds that units have written, as JSON values."""
    return {kind: [file.to_json() for one in commits for file in one.files.get(kind, ())] for kind in kinds}


def read_parts(folder: str, files: Sequence[Mapping[str, Any]], part: int, schema: pa.Schema) -> pa.Table:
    """One part of all these files, in their order."""
    found = [read_part(join(folder, file["path"]), part) for file in files]
    return pa.concat_tables([schema.empty_table(), *found]).combine_chunks()
