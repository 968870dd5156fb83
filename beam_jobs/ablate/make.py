"""One variant: its documents and its shards, made in this process by the ordinary jobs."""

from pathlib import Path
from typing import Any

from beam_jobs.ablate.linked import JOBS, link_from
from beam_jobs.ablate.variants import Variant
from beam_jobs.command import make, run_here
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
from stages.artifacts import Manifest, list_files, read_manifest
from stages.console import muted
from stages.errors import GristmillError


def make_variant(variant: Variant, base: Variant) -> Manifest:
    """Makes a variant, or finds that it is there; returns the manifest of its shards.

    The base must be finished before a variant that is like it. A GristmillError names the variant.
    """
    folder = Path(variant.folder)
    try:
        if variant.like_base:
            link_from(Path(base.folder), folder)
        with muted():
            make(CORPUS, variant.recipe, 1, run_here)
            _check_keeps_some(read_manifest(f"{folder}/corpus", "corpus"))
            make(TOKENIZER, variant.recipe, 1, run_here)
        manifest = read_manifest(f"{folder}/tokenizer", "tokenizer")
        _check_keeps_some(manifest)
    except GristmillError as error:
        raise GristmillError(f"ablate: {variant.name}: {error}") from error
    if variant != base:
        # The base's is what other variants begin from; theirs would only fill the disk.
        for job in JOBS:
            _remove_work(folder / job, read_manifest(str(folder / job), job))
    return manifest


def _remove_work(folder: Path, manifest: Manifest) -> None:
    """Removes what phases of a finished job left for one another, but for what its manifest lists."""
    listed = {file.path for files in manifest.files.values() for file in files}
    for name in list_files(str(folder)):
        if name.startswith("work/") and name not in listed:
            (folder / name).unlink()


def _check_keeps_some(manifest: Manifest) -> None:
    splits: dict[str, Any] = manifest.facts["splits"]
    if not splits.get("train", {}).get("documents"):
        raise GristmillError("no document is left for training; leave this variant out in [ablate]")
