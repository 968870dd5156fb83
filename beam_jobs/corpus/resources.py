"""The files that rules are read from (lists, evaluation sets, models), and their hashes, which decide results too."""

import hashlib

from stages.artifacts import MANIFEST, join, open_file
from stages.errors import GristmillError
from stages.recipe import Corpus
from stages.sources.files import expand

BLOCK_BYTES = 1 << 20


def resource_hashes(settings: Corpus) -> dict[str, str]:
    """The SHA-256 of each file that a rule of the recipe reads, by path; a missing one is a GristmillError."""
    return {path: _sha256(path) for key, paths in _named(settings).items() for path in _files(key, paths)}


def _named(settings: Corpus) -> dict[str, tuple[str, ...]]:
    """The paths in the recipe, by the key that names them."""
    urls, quality = settings.urls, settings.quality
    models = {"classifier": quality.classifier.model, "perplexity": quality.perplexity.model}
    return {
        "corpus.urls.domains": urls.domains,
        "corpus.urls.addresses": urls.addresses,
        "corpus.urls.banned_words": urls.banned_words,
        "corpus.urls.soft_words": urls.soft_words,
        "corpus.urls.banned_substrings": urls.banned_substrings,
        "corpus.quality.c4.bad_words": quality.c4.bad_words,
        "corpus.decontamination.files": settings.decontamination.files,
        # A model's manifest holds the hashes of its files, and loading compares them.
        **{f"corpus.quality.{name}.model": (join(folder, MANIFEST),) for name, folder in models.items() if folder},
    }


def _files(key: str, paths: tuple[str, ...]) -> list[str]:
    found = []
    for pattern in paths:
        files = [file.path for file in expand(pattern)]
        if not files:
            advice = "; run `make quality-model` first" if key.endswith(".model") else ""
            raise GristmillError(f"{key}: {pattern}: no such file{advice}")
        found.extend(files)
    return sorted(found)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
