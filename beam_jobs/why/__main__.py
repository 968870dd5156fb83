"""`python -m beam_jobs.why`: answers for one page of a corpus."""

from beam_jobs.why.command import main
from stages.console import run_command

if __name__ == "__main__":
    run_command(main)
