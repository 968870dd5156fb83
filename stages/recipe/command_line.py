"""The two arguments that every command has: the recipe and what overrides it."""

import argparse

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


def parsed_recipe(parsed: argparse.Namespace) -> Recipe:
    """The recipe that the arguments name, with its overrides; raises GristmillError as `load_recipe` does."""
    return load_recipe(parsed.recipe, parsed.set)
