"""The frame that every job's command shares: arguments, the check whether there is anything to do, the run, the end.

Beam is imported only when there is something to do, so that a finished job says so at once.
"""

import argparse
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from beam_jobs.units import (
    Job,
    Phase,
    Rounds,
    begin_rounds,
    do_unit,
    end_rounds,
    inputs_path,
    plan_units,
    waits_for,
)
from stages import artifacts
from stages.artifacts import Manifest
from stages.console import say
from stages.recipe import Recipe, Section
from stages.recipe.command_line import add_workers, parsed_recipe, recipe_parser

RunPhases = Callable[[Job, Sequence[Phase]], None]
"""Does all units of some phases, each phase when the one before it is done."""


@dataclass(frozen=True)
class JobCommand:
    """What one job brings along."""

    name: str
    libraries: Sequence[str]
    """Distributions whose versions decide the bytes of the output."""
    inputs: Callable[[Recipe], Any]
    """What the job will read, as JSON values with sizes and versions; raises GristmillError if it is not there."""
    phases: Callable[[], Sequence[Phase]]
    """Imports and returns the phases."""
    close: Callable[[Job], Manifest]
    """When all units are done: checks the accounts, writes the manifest and shows the table."""
    check: Callable[[Recipe, int], None] = lambda _recipe, _workers: None
    """Before any work: GristmillError if what the work needs is not installed. Knows the number of workers."""
    rounds: Callable[[], Sequence[Rounds]] = tuple
    """Imports and returns the rounds that phases may wait for."""


def parse_arguments(name: str, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """This command's own arguments, and the rest, which are Beam's options."""
    parser = recipe_parser(f"python -m beam_jobs.{name}", epilog="All other options are Beam's.")
    add_workers(parser)
    parser.add_argument("--runner", default="", help="a Beam runner; empty for the local one")
    own, beam_options = parser.parse_known_args(arguments)
    if beam_options and not beam_options[0].startswith("-"):
        parser.error(f"unexpected {beam_options[0]!r}: all overrides are one --set, with spaces between")
    return own, beam_options


def run_job(command: JobCommand, arguments: Sequence[str]) -> None:
    """Does a job from its command line, or says that there is nothing to do."""
    own, beam_options = parse_arguments(command.name, arguments)
    make(command, parsed_recipe(own), own.workers, on_beam(own.runner, own.workers, beam_options))


def make(command: JobCommand, recipe: Recipe, workers: int, run: RunPhases) -> None:
    """Does a job of a recipe, or says that there is nothing to do; `run` does the phases, with so many workers."""
    versions = artifacts.library_versions(command.libraries)
    job = Job(command.name, recipe, tuple(sorted(versions.items())))
    inputs = command.inputs(recipe)
    code = artifacts.code_version(f"beam_jobs.{command.name}.__main__")
    section: Section | None = getattr(recipe, command.name, None)  # a job that only checks another one has none
    settings = [section and section.fingerprint(), recipe.seed]
    fingerprint = artifacts.fingerprint_of(settings, inputs, code, versions)
    if artifacts.is_finished(job.folder, fingerprint):
        say(f"{job.name}: nothing to do, {job.folder} is up to date")
        return
    with artifacts.sole_writer(job.folder):
        artifacts.write_json(inputs_path(job), inputs)
        command.check(recipe, workers)
        rounds = {one.name: one for one in command.rounds()}
        run_phases(job, command.phases(), rounds, functools.partial(run, job))
        manifest = command.close(job)
        _sweep(job, manifest)
        artifacts.mark_finished(job.folder, fingerprint)
    say(f"{job.name}: written to {job.folder}")


def on_beam(runner: str, workers: int, options: Sequence[str]) -> RunPhases:
    """What runs phases as a Beam pipeline, under live bars; options are those of Beam."""

    def run(job: Job, phases: Sequence[Phase]) -> None:
        # Beam warns on import of packages that it lacks and we do not need; a root handler keeps that off the screen.
        logging.getLogger().addHandler(logging.NullHandler())
        from beam_jobs.pipeline import build
        from beam_jobs.progress import JobProgress
        from beam_jobs.runner import run_pipeline

        with JobProgress(job, [phase.name for phase in phases]):
            run_pipeline(lambda pipeline: build(pipeline, job, phases), runner, workers, options)

    return run


def run_here(job: Job, phases: Sequence[Phase]) -> None:
    """Does the units of phases one after another in this process: for jobs so small that a runner costs more."""
    for phase in phases:
        for unit in plan_units(job, phase):
            do_unit(job, phase, unit)


def run_phases(
    job: Job, phases: Sequence[Phase], rounds: Mapping[str, Rounds], run: Callable[[Sequence[Phase]], None]
) -> None:
    """Runs phases in one pipeline if it can be done in one; where phases wait, rounds come first, a pipeline each."""
    for name in rounds:
        begin_rounds(job, name)
    run(phases)
    while (waited := waits_for(job, phases[-1].name)) is not None:
        number = 0
        run(rounds[waited].phases(number))
        while not rounds[waited].is_over(job, number):
            number += 1
            run(rounds[waited].phases(number))
        end_rounds(job, waited, number + 1)
        run(phases)


def _sweep(job: Job, manifest: Manifest) -> None:
    """Removes what earlier runs with other settings left of the products."""
    listed = {file.path for files in manifest.files.values() for file in files}
    folders = {*manifest.files, *(path.split("/")[0] for path in listed)}
    for name in artifacts.list_files(job.folder):
        if name.split("/")[0] in folders - {"work"} and "/" in name and name not in listed:
            artifacts.remove(artifacts.join(job.folder, name))
