"""Examples of removed texts: which are kept, and that they hold no personal data."""

import random

from beam_jobs.corpus.examples import EXAMPLE_CHARACTERS, EXAMPLES_PER_RULE, Examples, merged
from stages.recipe import Cleaning

TEXT = "Write to jane.doe@mill.org or call +49 30 901820."


def removal(number: int, rule: str = "minimum_words") -> dict[str, object]:
    return {"id": number, "stage": "quality", "rule": rule, "value": 1.0, "url": None, "title": None}


def shown(examples: Examples) -> list[str]:
    return examples.table().column("text").to_pylist()


def test_personal_data_is_masked_as_in_documents() -> None:
    examples = Examples(Cleaning())
    examples.add(removal(1), TEXT)
    (text,) = shown(examples)
    assert "jane.doe" not in text
    assert "901820" not in text
    assert text.startswith("Write to ")
    assert shown(examples) == merged([examples.table()]).column("text").to_pylist()


def test_what_the_recipe_does_not_mask_stays() -> None:
    examples = Examples(Cleaning(mask_personal_data=()))
    examples.add(removal(1), TEXT)
    assert shown(examples) == [TEXT]


def test_the_same_are_kept_in_any_order_and_from_any_parts() -> None:
    rows = [(removal(number, rule), f"{number} {rule}") for number in range(50) for rule in ("a", "b")]
    whole, first, second = Examples(), Examples(), Examples()
    for row, text in rows:
        whole.add(row, text)
    random.Random(1).shuffle(rows)
    for place, (row, text) in enumerate(rows):
        (first if place % 3 else second).add(row, text)
    assert merged([second.table(), first.table()]).equals(whole.table())
    assert whole.table().num_rows == 2 * EXAMPLES_PER_RULE


def test_the_beginning_is_kept_and_the_length_told() -> None:
    examples = Examples()
    examples.add(removal(1), "a" * 10_000)
    (row,) = examples.table().to_pylist()
    assert (len(row["text"]), row["characters"]) == (EXAMPLE_CHARACTERS, 10_000)
