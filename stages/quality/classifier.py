"""The score of a classifier that `make quality-model` trained: how much a text is like the positive set."""

from functools import cache

from stages.errors import GristmillError
from stages.quality.prepared import Measured, Prepared
from stages.quality_model.linear import LinearModel
from stages.quality_model.model_files import load_linear, trained_languages
from stages.recipe import Classifier


def measure(prepared: Prepared, settings: Classifier) -> Measured:
    """Measures `quality_score`, a probability of 0 to 1, if the model was trained on the text's language.

    A missing or damaged model is a GristmillError.
    """
    model, languages = _model(settings.model)
    if prepared.language not in languages:
        return Measured({})
    return Measured({"quality_score": model.score(prepared.text)})


@cache
def _model(folder: str) -> tuple[LinearModel, frozenset[str]]:
    try:
        return load_linear(folder), trained_languages(folder)
    except GristmillError as error:
        raise GristmillError(f"corpus.quality.classifier.model: {error}") from error
