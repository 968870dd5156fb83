"""`python -m beam_jobs.detection_curve`: the detection curve of a recipe's settings."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the command, so that a package which is missing is one line, and runs it."""
    from beam_jobs.detection_curve import command

    command.main(arguments)


if __name__ == "__main__":
    run_command(main)
