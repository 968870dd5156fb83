"""The command: writes `report/report.html` beside the corpus and says where it is."""

from collections.abc import Callable, Sequence
from typing import Any

from beam_jobs.corpus.finished import open_corpus
from beam_jobs.report.page import rendered
from beam_jobs.tokenizer.measures import read_report
from stages.artifacts import Manifest, join, read_manifest, write_bytes
from stages.console import say
from stages.errors import GristmillError
from stages.recipe import Recipe
from stages.recipe.command_line import parsed_recipe, recipe_parser

PAGE = "report.html"


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    recipe = parsed_recipe(recipe_parser("python -m beam_jobs.report", __doc__.splitlines()[0]).parse_args(arguments))
    corpus = open_corpus(recipe)
    tokenizer = _made_of(recipe, "tokenizer", lambda facts: facts.get("corpus") == corpus.manifest.sha256)
    wanted = tokenizer.sha256 if tokenizer else ""
    pretrain = _made_of(recipe, "pretrain", lambda facts: facts.get("inputs", {}).get("tokenizer") == wanted)
    measured = read_report(recipe.folder("tokenizer"), tokenizer) if tokenizer else None
    page = rendered(recipe.name, corpus, tokenizer, pretrain, measured).encode()
    path = join(recipe.folder("report"), PAGE)
    write_bytes(path, page)
    say(f"report: {len(page) / 1e6:.1f} MB, written to {path}")


def _made_of(recipe: Recipe, job: str, is_of_this: Callable[[dict[str, Any]], bool]) -> Manifest | None:
    """What a later job made of this corpus; None if it has not run, or ran on another."""
    try:
        manifest = read_manifest(recipe.folder(job), job)
    except GristmillError:
        return None
    return manifest if is_of_this(manifest.facts) else None
