"""`python -m beam_jobs.tokenizer`: trains the tokenizer and packs the shards that a recipe describes."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the job, so that a package which is missing is one line, and runs it."""
    from beam_jobs.command import run_job
    from beam_jobs.tokenizer.definition import COMMAND

    run_job(COMMAND, arguments)


if __name__ == "__main__":
    run_command(main)
