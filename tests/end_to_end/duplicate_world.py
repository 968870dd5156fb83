"""Documents that are alike in every way that the search for duplicates must tell apart, as JSON lines."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VOCABULARY = ["".join(random.Random(seed).choices("etaoinshrdlu", k=3 + seed % 7)) for seed in range(3000)]
CHAIN = 40
SETTINGS = """
[corpus]
unit_megabytes = 0.03
[corpus.language]
keep = []
threshold = 0.0
[corpus.isolation]
enabled = false
[corpus.screening]
enabled = false
[corpus.quality.gopher_quality]
enabled = false
[corpus.quality.gopher_repetition]
enabled = false
[corpus.quality.c4]
enabled = false
[corpus.quality.fineweb]
enabled = false
[corpus.split]
validation = 0.2
test = 0.1
"""


def words(seed: int, count: int) -> list[str]:
    """Words of a text that is like no other."""
    return random.Random(seed).choices(VOCABULARY, k=count)


def changed(text: list[str], places: list[int]) -> list[str]:
    """The text with other words at some places."""
    return [f"changed{place}" if place in places else word for place, word in enumerate(text)]


def documents() -> Iterator[dict[str, Any]]:
    """Yields rows, each with key, text, url and date."""
    for name, text, url, date in _texts():
        yield {"key": name, "text": " ".join(text), "url": url, "date": date}


def _texts() -> Iterator[tuple[str, list[str], str | None, str | None]]:
    for number in range(60):
        yield f"alone-{number}", words(number, 150 + number), None, None
    for number in range(25):  # families: an original, near-duplicates with one to five words changed, exact copies
        text = words(1000 + number, 200)
        yield f"family-{number}", text, f"https://site.test/{number}", "2026-01-01"
        for copy in range(1 + number % 5):
            places = random.Random(number * 10 + copy).sample(range(200), 1 + copy)
            yield f"family-{number}-near-{copy}", changed(text, places), f"https://mirror.test/{number}/{copy}", None
        for copy in range(number % 3):
            yield f"family-{number}-same-{copy}", [word.upper() for word in text], None, None
    for number in range(20):  # cousins: alike by about 0.72 to 0.78, which is no reason to go but one to stay together
        text = words(2000 + number, 200)
        yield f"cousin-{number}-a", text, None, None
        yield f"cousin-{number}-b", changed(text, random.Random(number).sample(range(200), 6)), None, None
    chain = words(3000, 100 + 6 * CHAIN)
    for number in range(CHAIN):  # each about 0.89 alike to the next, the ends not at all
        yield f"chain-{number}", chain[6 * number : 6 * number + 100], None, None
    for number in range(6):  # short ones, which have one shingle or none
        yield (
            f"short-{number}",
            [["two", "words"], ["Two", "words!"], ["other"], ["?!"], ["?!"], ["!"]][number],
            None,
            None,
        )
    for number in range(8):  # versions of a page
        for day in range(1, 4):
            text = words(4000 + number * 10 + day, 80 + 20 * (3 - day))
            yield f"page-{number}-{day}", text, f"http://pages.test/{number}", f"2026-02-0{day}T10:00:00Z"


def write_world(folder: Path, fragments: int, seed: int = 0, rows: list[dict[str, Any]] | None = None) -> None:
    """Writes the documents, shuffled by a seed, to some files."""
    folder.mkdir(parents=True)
    every = list(documents()) if rows is None else rows
    random.Random(seed).shuffle(every)
    for number in range(fragments):
        lines = [json.dumps(row) + "\n" for row in every[number::fragments]]
        (folder / f"{number:03d}.jsonl").write_text("".join(lines))


def write_recipe(path: Path, world: Path, settings: str = "") -> Path:
    """Writes a recipe beside an output folder of the same name."""
    source = (
        f'[[corpus.sources]]\nname = "made"\nformat = "jsonl"\npaths = ["{world}/*.jsonl"]\nid_column = "key"\n'
        'url_column = "url"\ndate_column = "date"\n'
    )
    recipe = path.with_suffix(".toml")
    recipe.write_text(f'name = "{path.name}"\noutput = "{path}"\n{SETTINGS}{settings}{source}')
    return recipe
