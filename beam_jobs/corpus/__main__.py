"""`python -m beam_jobs.corpus`: makes the corpus that a recipe describes."""

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from stages.console import run_command

if __name__ == "__main__":
    run_command(lambda arguments: run_job(COMMAND, arguments))
