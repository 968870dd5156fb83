"""The corpus job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.command import JobCommand
from beam_jobs.corpus.close import close
from beam_jobs.corpus.inputs import resolve_inputs
from beam_jobs.units import Phase
from stages.recipe import Recipe

LIBRARIES = (
    "fastwarc",
    "lxml",
    "mwparserfromhell",
    "nlpaug",
    "numpy",
    "py3langid",
    "pyarrow",
    "resiliparse",
    "scipy",
    "trafilatura",
)


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.corpus import buckets, choose, clusters, extract, finish

    return (
        Phase("extract", extract.plan, extract.work, extract.settings),
        Phase("buckets", buckets.plan, buckets.work, buckets.settings),
        Phase("clusters", clusters.plan, clusters.work, clusters.settings),
        Phase("choose", choose.plan, choose.work, choose.settings),
        Phase("finish", finish.plan, finish.work, finish.settings),
    )


def inputs(recipe: Recipe) -> list[dict[str, object]]:
    """The files of all sources with their sizes and versions."""
    return [file.to_json() for file in resolve_inputs(recipe.corpus.sources)]


COMMAND = JobCommand("corpus", LIBRARIES, inputs, phases, close)
