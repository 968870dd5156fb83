"""`python -m beam_jobs.wordnet`: fetches WordNet, if a recipe needs it."""

from beam_jobs.wordnet.command import main
from stages.console import run_command

run_command(main)
