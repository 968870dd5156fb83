"""`python -m beam_jobs.sample`: builds the example inputs."""

from beam_jobs.sample.command import main
from stages.console import run_command

run_command(main)
