"""The corpus job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.corpus.close import close
from beam_jobs.corpus.duplicates.index import index_inputs
from beam_jobs.corpus.inputs import resolve_inputs
from beam_jobs.corpus.resources import augmentation_resources, resource_hashes
from beam_jobs.units import Phase, Rounds
from stages.recipe import Recipe

LIBRARIES = (
    "brotli",
    "budoux",
    "ftfy",
    "isal",
    "justext",
    "lxml",
    "lxml_html_clean",
    "mwparserfromhell",
    "nlpaug",
    "numpy",
    "phonenumbers",
    "py3langid",
    "pyarrow",
    "pypinyin",
    "resiliparse",
    "safetensors",
    "scipy",
    "tld",
    "trafilatura",
    "webencodings",
    "xxhash",
    "zstandard",
)


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.corpus import cut, extract, finish, repeated
    from beam_jobs.corpus.duplicates import (
        across,
        buckets,
        choose,
        clusters,
        collect,
        conclude,
        contract,
        gather,
        settle,
    )
    from beam_jobs.corpus.variants import apart, augment, statistics, words

    return (
        Phase("extract", extract.plan, extract.work, extract.settings),
        Phase("repeated", repeated.plan, repeated.work, repeated.settings),
        Phase("cut", cut.plan, cut.work, cut.settings),
        Phase("gather", gather.plan, gather.work, gather.settings),
        Phase("buckets", buckets.plan, buckets.work, buckets.settings),
        Phase("contract", contract.plan, contract.work, contract.settings),
        Phase("clusters", clusters.plan, clusters.work, clusters.settings),
        Phase("collect", collect.plan, collect.work, collect.settings),
        Phase("choose", choose.plan, choose.work, choose.settings),
        Phase("conclude", conclude.plan, conclude.work, conclude.settings),
        Phase("settle", settle.plan, settle.work, settle.settings),
        Phase("across", across.plan, across.work, across.settings),
        Phase("moved", across.plan_moved, across.work_moved, across.settings),
        Phase("words", words.plan, words.work, words.settings),
        Phase("word_sums", words.plan_sums, words.work_sums, words.settings),
        Phase("statistics", statistics.plan, statistics.work, statistics.settings),
        Phase("augment", augment.plan, augment.work, augment.settings),
        Phase("apart", apart.plan, apart.work, apart.settings),
        Phase("finish", finish.plan, finish.work, finish.settings),
    )


def rounds() -> Sequence[Rounds]:
    """The rounds that `clusters` and `conclude` may wait for."""
    from beam_jobs.corpus.duplicates import components, giants

    return components.ROUNDS, giants.ROUNDS


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The files of all sources with their sizes and versions, and the files that rules read, which have no source."""
    files = [file.to_json() for file in resolve_inputs(recipe.corpus.sources, recipe.corpus.reading.http)]
    resources = {**resource_hashes(recipe.corpus), **augmentation_resources(recipe.corpus)}
    named: list[dict[str, object]] = [
        {"source": "", "path": path, "sha256": resources[path]} for path in sorted(resources)
    ]
    return [*files, *named, *index_inputs(recipe)]


def check(recipe: Recipe, workers: int) -> None:
    """Judges a first record: a broken parser or model is told here, with its name, before workers are started."""
    from stages.isolated_judging import FIRST_RECORD, isolated_function, judged

    list(judged([FIRST_RECORD], recipe.corpus))
    if workers > 1:
        isolated_function(recipe.corpus).close()  # each worker has its own


COMMAND = JobCommand("corpus", LIBRARIES, inputs, phases, close, check, rounds)
