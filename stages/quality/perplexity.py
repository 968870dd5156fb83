"""The perplexity of a text under the n-gram model that `make quality-model` trained on the positive set."""

from functools import cache

from stages.errors import GristmillError
from stages.quality.prepared import Measured, Prepared
from stages.quality_model.model_files import load_ngrams, trained_languages
from stages.quality_model.ngrams import NgramModel
from stages.recipe import Perplexity


def measure(prepared: Prepared, settings: Perplexity) -> Measured:
    """Measures `perplexity` per word or sign, 1 to 1e9, if the model was trained on the text's language.

    A missing or damaged model is a GristmillError.
    """
    model, languages = _model(settings.model)
    if prepared.language not in languages:
        return Measured({})
    return Measured({"perplexity": model.perplexity(prepared.text)})


@cache
def _model(folder: str) -> tuple[NgramModel, frozenset[str]]:
    try:
        return load_ngrams(folder), trained_languages(folder)
    except GristmillError as error:
        raise GristmillError(f"corpus.quality.perplexity.model: {error}") from error
