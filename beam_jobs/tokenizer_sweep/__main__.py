"""`python -m beam_jobs.tokenizer_sweep`: which vocabulary a recipe's text asks for."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the job, so that a package which is missing is one line, and runs it."""
    from beam_jobs.tokenizer_sweep.definition import run

    run(arguments)


if __name__ == "__main__":
    run_command(main)
