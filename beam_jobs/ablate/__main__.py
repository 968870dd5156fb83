"""`python -m beam_jobs.ablate`: makes the data of all variants that a recipe compares."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the command, so that a package which is missing is one line, and runs it."""
    from beam_jobs.ablate.command import make_data

    make_data(arguments)


if __name__ == "__main__":
    run_command(main)
