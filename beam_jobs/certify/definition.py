"""The certify job as a list of phases, and what its results depend on."""

from collections.abc import Sequence

from beam_jobs.certify.close import close
from beam_jobs.certify.evidence import inputs
from beam_jobs.command import JobCommand
from beam_jobs.units import Phase
from stages.recipe import Recipe

NAME = "certify"
LIBRARIES = ("datasketch", "numpy", "pyarrow", "scipy", "tld", "xxhash")


def phases() -> Sequence[Phase]:
    """The phases in order; imports the libraries that do the work."""
    from beam_jobs.certify import across_splits, check, pairs, read, sets

    return (
        Phase("read", read.plan, read.work, settings),
        Phase("pairs", pairs.plan, pairs.work, settings),
        Phase("sets", sets.plan, sets.work, settings),
        Phase("check", check.plan, check.work, settings),
        Phase("across_splits", across_splits.plan, across_splits.work, settings),
    )


def settings(_recipe: Recipe) -> None:
    """Nothing of the recipe matters: the settings are those of the run, whose manifest is an input of every unit."""


COMMAND = JobCommand(NAME, LIBRARIES, inputs, phases, close)
