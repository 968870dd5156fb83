"""`python -m beam_jobs.quality_model`: trains the quality models that a recipe describes."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the job, so that a package which is missing is one line, and runs it."""
    from beam_jobs.command import run_job
    from beam_jobs.quality_model.definition import COMMAND

    run_job(COMMAND, arguments)


if __name__ == "__main__":
    run_command(main)
