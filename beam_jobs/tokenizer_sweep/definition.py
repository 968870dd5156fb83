"""The sweep as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand, make, on_beam, parse_arguments
from beam_jobs.tokenizer.corpora import corpora
from beam_jobs.tokenizer.definition import corpus_inputs, sample_phases
from beam_jobs.tokenizer.shares import check_sample
from beam_jobs.tokenizer_sweep.close import close
from beam_jobs.units import Phase
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.command_line import parsed_recipe

LIBRARIES = ("matplotlib", "numpy", "pyarrow", "sentencepiece")


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.tokenizer_sweep import compare

    return (*sample_phases(), Phase("compare", compare.plan, compare.work, compare.settings))


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The corpora, and what else of the recipe decides the results."""
    tokenizer = recipe.tokenizer.model_dump(mode="json", exclude={"pretrained", "packing"})
    return [*corpus_inputs(recipe), {"tokenizer": tokenizer}, {"model": recipe.pretrain.model.fingerprint()}]


def check(recipe: Recipe, _workers: int) -> None:
    """Tells what the corpora lack, or that there is nothing to measure on, before any work."""
    if not recipe.tokenizer.report.megabytes:
        raise GristmillError("tokenizer.report.megabytes = 0: a sweep needs text to measure on")
    check_sample(corpora(recipe), recipe)


COMMAND = JobCommand("tokenizer_sweep", LIBRARIES, inputs, phases, close, check)


def run(arguments: Sequence[str]) -> None:
    """Does the sweep from its command line, or says that there is nothing to do."""
    own, beam_options = parse_arguments(COMMAND.name, arguments)
    recipe = swept(parsed_recipe(own))
    make(COMMAND, recipe, own.workers, on_beam(own.runner, own.workers, beam_options))


def swept(recipe: Recipe) -> Recipe:
    """The recipe without the keys that mean nothing here: a given tokenizer, and others to compare with."""
    report = recipe.tokenizer.report.model_copy(update={"compare": ()})
    tokenizer = recipe.tokenizer.model_copy(update={"pretrained": "", "report": report})
    return recipe.model_copy(update={"tokenizer": tokenizer})
