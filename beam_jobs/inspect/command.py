"""The command: finds the shard and the row, looks their documents up, and shows all of it."""

from collections.abc import Sequence

from beam_jobs.inspect.answer import show_row, show_shard
from beam_jobs.inspect.documents import look_up
from beam_jobs.inspect.shard import Shard, find_shard
from stages.artifacts import join, read_manifest
from stages.errors import GristmillError
from stages.recipe.command_line import parsed_recipe, recipe_parser
from stages.tokenizer import Tokenizer


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    parser = recipe_parser("python -m beam_jobs.inspect", "What is in one row of a shard.")
    parser.add_argument(
        "--shard", default="train/0", help="a file, or one of the run's: train/0, train/shard-00000.arrow (%(default)s)"
    )
    parser.add_argument("--row", default="0", help="its number, from the end if negative (%(default)s)")
    parser.add_argument("--whole", action="store_true", help="show texts whole, however long")
    own = parser.parse_args(arguments)
    recipe = parsed_recipe(own)
    folder = recipe.folder("tokenizer")
    manifest = read_manifest(folder, "tokenizer")
    shard = find_shard(folder, manifest, own.shard.strip())
    number = _row(shard, own.row.strip())
    found = look_up(recipe, manifest, shard.rows.row(number).doc_ids)
    show_shard(shard)
    show_row(shard, number, found, Tokenizer.load(join(folder, "tokenizer")), own.whole)


def _row(shard: Shard, given: str) -> int:
    count = len(shard.rows)
    if not count:
        raise GristmillError(f"ROW={given}: {shard.name} has no rows")
    try:
        number = int(given)
    except ValueError:
        number = count
    if not -count <= number < count:
        raise GristmillError(f"ROW={given}: {shard.name} has rows 0 to {count - 1}; -1 is the last")
    return number % count
