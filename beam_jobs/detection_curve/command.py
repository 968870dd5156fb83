"""The command: a table of similarities and the probability with which a pair as similar is found."""

from collections.abc import Iterator, Sequence

from stages.console import say, show_table
from stages.near_duplicates.detection_curve import detection_probability, similarity_found
from stages.recipe import NearDuplicates
from stages.recipe.command_line import parsed_recipe, recipe_parser

SIMILARITIES = [number / 100 for number in range(30, 105, 5)]
BAR_WIDTH = 40
BYTES_PER_KEY = 16
"""Of a band: key and reference."""


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    description = "How likely the bands and rows of a recipe find a pair of similar documents."
    parsed = recipe_parser("python -m beam_jobs.detection_curve", description).parse_args(arguments)
    near_duplicates = parsed_recipe(parsed).corpus.near_duplicates
    bands, rows, threshold = near_duplicates.bands, near_duplicates.rows, near_duplicates.threshold
    show_table(
        f"corpus.near_duplicates: {bands} bands of {rows} rows, threshold {threshold:g}",
        ("Jaccard", "found", ""),
        list(_rows(near_duplicates)),
    )
    say(f"half of the pairs are found from {similarity_found(0.5, bands, rows):.3f} on")
    say(
        f"a pair at the threshold is found with probability {detection_probability(threshold, bands, rows):.4f}; "
        "what is found is compared by its true similarity"
    )
    say(f"{bands * rows} values, {bands * BYTES_PER_KEY} bytes a document in the shuffle")


def _rows(near_duplicates: NearDuplicates) -> Iterator[tuple[str, str, str]]:
    threshold = near_duplicates.threshold
    for similarity in sorted({*SIMILARITIES, threshold}):
        found = detection_probability(similarity, near_duplicates.bands, near_duplicates.rows)
        mark = " threshold" if similarity == threshold else ""
        yield f"{similarity:.2f}", f"{found:.4f}", f"|{'=' * round(BAR_WIDTH * found)}{mark}"
