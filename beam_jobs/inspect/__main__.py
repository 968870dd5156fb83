"""`python -m beam_jobs.inspect`: shows one row of a shard."""

from collections.abc import Sequence

from stages.console import run_command


def main(arguments: Sequence[str]) -> None:
    """Imports the command, so that a package which is missing is one line, and runs it."""
    from beam_jobs.corpus.lean_pyarrow import without_pandas
    from beam_jobs.inspect import command

    without_pandas()
    command.main(arguments)


if __name__ == "__main__":
    run_command(main)
