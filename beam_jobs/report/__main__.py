"""`python -m beam_jobs.report`: writes the page that shows a finished corpus."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the command, so that a package which is missing is one line, and runs it."""
    from beam_jobs.report import command

    command.main(arguments)


if __name__ == "__main__":
    run_command(main)
