"""The files that rules are read from (lists, evaluation sets, models), and their hashes, which decide results too."""

import hashlib
import importlib.util

from stages.artifacts import MANIFEST, exists, join, library_versions, open_file
from stages.augmentation.models import check_models
from stages.augmentation.wordnet_files import LEXICON
from stages.errors import GristmillError
from stages.recipe import Corpus
from stages.sources.files import expand

BLOCK_BYTES = 1 << 20
MODEL_LIBRARIES = ("torch", "transformers", "tokenizers")


def resource_hashes(settings: Corpus) -> dict[str, str]:
    """The SHA-256 of each file that a rule of the recipe reads, by path; a missing one is a GristmillError."""
    return {path: _sha256(path) for key, paths in _named(settings).items() for path in _files(key, paths)}


def augmentation_resources(settings: Corpus) -> dict[str, str]:
    """The SHA-256 of each file that an augmenter of the recipe reads, by path; a missing one is a GristmillError.

    Of models also the versions of the libraries that run them, by name: they decide what models say.
    """
    found: dict[str, str] = {}
    for number, augmentation in enumerate(settings.augmentation):
        key = f"corpus.augmentation.{number}"
        for step in augmentation.own_steps:
            if step.needs_wordnet:
                found[join(settings.wordnet, LEXICON)] = _wordnet(key, step.augmenter, settings.wordnet)
            check_models(step, key)
            for name, folder in (("model", step.model), ("back_model", step.back_model)):
                if folder:
                    found.update(library_versions(MODEL_LIBRARIES))
                    found.update({path: _sha256(path) for path in _files(f"{key}.{name}", (folder,))})
            if step.function:
                path = _source_of(f"{key}.function", step.function)
                found[path] = _sha256(path)
    return found


def _wordnet(key: str, augmenter: str, folder: str) -> str:
    path = join(folder, LEXICON)
    if not exists(path):
        raise GristmillError(f"{key}: {augmenter} needs WordNet, which is not at {folder}; run `make wordnet`")
    return _sha256(path)


def _source_of(key: str, function: str) -> str:
    """The file that a plug-in's module is read from."""
    module = function.rpartition(".")[0]
    try:
        spec = importlib.util.find_spec(module)
    except ImportError as error:
        raise GristmillError(f"{key}: {function}: {error}") from error
    if spec is None or not spec.origin:
        raise GristmillError(f"{key}: {function}: there is no module {module} here; install it, or set PYTHONPATH")
    return spec.origin


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
