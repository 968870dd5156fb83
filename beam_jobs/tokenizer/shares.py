"""The mixture of a run: sizes by source and language, what they make of the recipe, and how many shards that is."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from beam_jobs.tokenizer.corpora import JoinedCorpus, corpora
from beam_jobs.units import Commit
from stages.errors import GristmillError
from stages.mixture import Cells, Group, check_names, factors
from stages.recipe import Mixture, Recipe, TokenizerSample
from stages.splits import SPLITS

BYTES_PER_TOKEN = 4.0
"""Taken before there are tokens, to tell how many shards a mixture of so many tokens needs."""


def is_mixed(mixture: Mixture) -> bool:
    """Whether documents of the training split are repeated or left out."""
    by_language = mixture.language_weights or mixture.language_temperature > 1.0
    return bool(mixture.weights or mixture.epochs or mixture.size or by_language)


def measured_factors(encoded: Iterable[Commit], mixture: Mixture) -> Cells:
    """How often the documents of each source and language are seen, by what `encode` counted."""
    sizes: Counter[Group] = Counter()
    for commit in encoded:
        for group in commit.counts["groups"]:
            sizes[group["source"], group["language"]] += group[mixture.unit]
    return factors(sizes, mixture)


def check(recipe: Recipe) -> None:
    """Raises GristmillError where the recipe asks for what the corpora do not have, before any work."""
    every = corpora(recipe)
    if is_mixed(recipe.mixture):
        expected_bytes(every, recipe.mixture)
    check_sample(every, recipe)
    models = [_classifier(corpus) for corpus in every if corpus.member.trains]
    if recipe.mixture.curriculum.by == "quality_score" and not any(models):
        raise GristmillError(NO_SCORES)


def check_sample(every: Iterable[JoinedCorpus], recipe: Recipe) -> None:
    """Raises GristmillError where the tokenizer's sample asks for sources or languages that there are not."""
    sample = recipe.tokenizer.sample
    if recipe.tokenizer.pretrained or not (sample.weights or sample.language_weights):
        return
    _, sizes = _group_sizes(every)
    asked = Mixture(weights=sample.weights, language_weights=sample.language_weights)
    check_names(sizes, asked, "tokenizer.sample")


def sample_mixture(sample: TokenizerSample, there: Collection[Group]) -> Mixture:
    """The sample as a mixture in which no text comes twice; its size is in millions of bytes or of lines.

    Weights of what is not there are left out: all of a source can have gone since its name was checked.
    """
    sources, languages = ({group[axis] for group in there} for axis in (0, 1))
    shares = {
        "weights": {name: weight for name, weight in sample.weights.items() if name in sources},
        "language_weights": {name: weight for name, weight in sample.language_weights.items() if name in languages},
    }
    size = sample.sentences / 1e6 if sample.sentences else sample.megabytes
    temperature = sample.language_temperature
    return Mixture(size=size, maximum_epochs=1.0, language_temperature=temperature).model_copy(update=shares)


NO_SCORES = (
    "mixture.curriculum.by = 'quality_score': no training document has a score; run `make quality-model`, "
    "set corpus.quality.classifier.model and run `make corpus` again"
)


def _classifier(corpus: JoinedCorpus) -> str:
    quality: Mapping[str, Any] = corpus.manifest.facts.get("recipe", {}).get("quality", {})
    return str(quality.get("classifier", {}).get("model", ""))


def shard_counts(recipe: Recipe) -> dict[str, int]:
    """How many shards each split has; it follows from the texts and the recipe, not from how the texts are cut."""
    every, mixture = corpora(recipe), recipe.mixture
    sizes = {split: float(sum(corpus.split_bytes(split) for corpus in every)) for split in SPLITS}
    if is_mixed(mixture):
        sizes["train"] = expected_bytes(every, mixture)
    shard_bytes = int(recipe.tokenizer.packing.shard_megabytes_of_text * 1e6)
    return {split: -(-int(size) // shard_bytes) for split, size in sizes.items()}


def expected_bytes(every: Iterable[JoinedCorpus], mixture: Mixture) -> float:
    """About how many bytes of text the mixture will have; tokens are taken for bytes, of which it takes 4."""
    documents, sizes = _group_sizes(every)
    asked = mixture
    if mixture.unit == "tokens":
        asked = mixture.model_copy(update={"size": mixture.size * BYTES_PER_TOKEN})
    found = factors(documents if mixture.unit == "documents" else sizes, asked)
    return max(sum(factor * sizes[group] for group, factor in found.items()), 1.0)


def _group_sizes(every: Iterable[JoinedCorpus]) -> tuple[Counter[Group], Counter[Group]]:
    """Documents and bytes of the originals for training, by source and language."""
    documents: Counter[Group] = Counter()
    sizes: Counter[Group] = Counter()
    for corpus in every:
        if not corpus.member.trains:
            continue
        if "groups" not in corpus.manifest.facts:
            raise GristmillError(f"{corpus.member.folder}: made by another version; make this corpus again")
        for group in corpus.manifest.facts["groups"]:
            if group["split"] == "train":
                documents[group["source"], group["language"]] += group["documents"]
                sizes[group["source"], group["language"]] += group["bytes"]
    return documents, sizes
