"""The quality model job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.corpus.definition import LIBRARIES as CORPUS_LIBRARIES
from beam_jobs.corpus.definition import check as check_corpus
from beam_jobs.corpus.extract import settings as extraction_settings
from beam_jobs.quality_model.close import close
from beam_jobs.quality_model.sets import set_files, training_recipe
from beam_jobs.units import Phase
from stages.artifacts import fingerprint_of
from stages.recipe import Recipe

LIBRARIES = tuple(sorted({*CORPUS_LIBRARIES, "safetensors", "scikit-learn"}))


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.quality_model import draw, texts, train

    return (
        Phase("draw", draw.plan, draw.work, draw.settings),
        Phase("texts", texts.plan, texts.work, texts.settings),
        Phase("train", train.plan, train.work, train.settings),
    )


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The files of both sets, each with the settings by which its texts are taken from it."""
    taken = fingerprint_of(extraction_settings(training_recipe(recipe)))
    return [{**file.to_json(), "taken": taken} for file in set_files(recipe)]


def check(recipe: Recipe, workers: int) -> None:
    """Judges a first record, as the corpus job does."""
    check_corpus(training_recipe(recipe), workers)


COMMAND = JobCommand("quality_model", LIBRARIES, inputs, phases, close, check)
