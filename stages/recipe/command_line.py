"""The arguments that commands have in common: the recipe and what overrides it, and the number of workers."""

import argparse
import os

from stages.recipe.loading import load_recipe
from stages.recipe.whole import Recipe

DEFAULT_RECIPE = "recipes/sample.toml"


def recipe_parser(prog: str, description: str = "", epilog: str = "") -> argparse.ArgumentParser:
    """A parser that knows `--recipe FILE` and `--set "KEY=VALUE …"`, which can be given several times."""
    parser = argparse.ArgumentParser(prog=prog, description=description, epilog=epilog, allow_abbrev=False)
    parser.add_argument(
        "--recipe", default=DEFAULT_RECIPE, metavar="FILE", help="the TOML file of the run (%(default)s)"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="settings that go before those of the recipe"
    )
    return parser


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Adds `--workers`, a number above 0; by default one a core."""
    parser.add_argument(
        "--workers", type=_positive, default=os.cpu_count(), help="local worker processes (%(default)s)"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of workers")
    return int(text)


def parsed_recipe(parsed: argparse.Namespace) -> Recipe:
    """The recipe that the arguments name, with its overrides; raises GristmillError as `load_recipe` does."""
    return load_recipe(parsed.recipe, parsed.set)
