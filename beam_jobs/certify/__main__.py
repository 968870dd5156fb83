"""`python -m beam_jobs.certify`: proves the finished corpus of a recipe once more, from its results alone."""

import time
from collections.abc import Sequence

from stages.console import run_command, say


def main(arguments: Sequence[str]) -> None:
    """Imports the job, so that a package which is missing is one line, and runs it."""
    from beam_jobs.certify.definition import COMMAND
    from beam_jobs.command import run_job

    began = time.monotonic()
    run_job(COMMAND, arguments)
    say(f"{COMMAND.name}: {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    run_command(main)
