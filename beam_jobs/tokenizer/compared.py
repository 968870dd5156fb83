"""The tokenizers of others that the report measures on the same text: where they are, and what they are."""

import hashlib
from collections.abc import Iterator
from typing import Any

from stages.artifacts import exists, join, open_file
from stages.errors import GristmillError
from stages.measured_tokenizers import Format, other_tokenizer
from stages.recipe import Recipe
from stages.tokenizer import HUGGING_FACE_FILES, MODEL_FILE
from stages.tokenizer_measures import MeasuredTokenizer

KEY = "tokenizer.report.compare"
FILES: tuple[tuple[str, Format], ...] = ((MODEL_FILE, "sentencepiece"), (HUGGING_FACE_FILES[0], "hugging_face"))
"""What is looked for in a folder, in this order."""


def compared_tokenizers(recipe: Recipe) -> list[dict[str, str]]:
    """Names as the recipe gives them, files, formats and SHA-256, in the recipe's order.

    What is not there is a GristmillError that names it.
    """
    return [_found(name) for name in recipe.tokenizer.report.compare] if recipe.tokenizer.report.megabytes else []


def _found(name: str) -> dict[str, str]:
    for path, format_ in _places(name):
        if exists(path):
            return {"name": name, "path": path, "format": format_, "sha256": hashlib.sha256(_read(path)).hexdigest()}
    if name.endswith((".model", ".json")):
        raise GristmillError(f"{KEY}: {name}: there is no such file")
    raise GristmillError(f"{KEY}: {name}: no folder that holds a {FILES[0][0]} or a {FILES[1][0]}, and no such file")


def _places(name: str) -> Iterator[tuple[str, Format]]:
    if name.endswith(".model"):
        yield name, "sentencepiece"
    elif name.endswith(".json"):
        yield name, "hugging_face"
    else:
        yield from ((join(name, file), format_) for file, format_ in FILES)


def _read(path: str) -> bytes:
    with open_file(path) as file:
        return file.read()


def load_compared(found: dict[str, Any]) -> MeasuredTokenizer:
    """Loads one of `compared_tokenizers`; a file that is no tokenizer is a GristmillError that names it."""
    return other_tokenizer(_read(found["path"]), found["format"], f"{KEY}: {found['path']}")


def check_compared(recipe: Recipe) -> None:
    """Raises GristmillError for the first that cannot be loaded."""
    for found in compared_tokenizers(recipe):
        load_compared(found)
