"""A few removed texts for each rule, for a person to read: the same ones however the inputs are cut into units.

Of each stage and rule the records with the smallest hashes are kept; the smallest of all units' smallest are the
smallest of all. Personal data is masked as in documents, since these texts are kept whether the recipe keeps removed
texts or not.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from stages.document import identifier
from stages.recipe import Cleaning

EXAMPLES_PER_RULE = 8
EXAMPLE_CHARACTERS = 4_000
EXAMPLE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("url", pa.string()),
        pa.field("title", pa.string()),
        pa.field("characters", pa.int64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)
"""`text` is the beginning, `characters` the length of the whole."""


class Examples:
    """Collects the removed texts to show; `cleaning` tells what is to be masked in texts that have not come so far."""

    def __init__(self, cleaning: Cleaning | None = None) -> None:
        self._cleaning = cleaning
        self._rows: dict[tuple[str, str], list[tuple[int, dict[str, Any]]]] = {}

    def add(self, removal: Mapping[str, Any], text: str) -> None:
        """Offers a row of removals with its text."""
        shown = {name: removal[name] for name in ("id", "stage", "rule", "value", "url", "title")}
        self.add_row({**shown, "characters": len(text), "text": text[:EXAMPLE_CHARACTERS]})

    def add_row(self, row: Mapping[str, Any]) -> None:
        """Offers a row of EXAMPLE_SCHEMA."""
        kept = self._rows.setdefault((row["stage"], row["rule"]), [])
        rank = identifier(f"example:{row['id']}")
        if len(kept) == EXAMPLES_PER_RULE and rank > kept[-1][0]:
            return
        kept.append((rank, dict(row)))
        kept.sort(key=lambda one: (one[0], one[1]["id"]))
        del kept[EXAMPLES_PER_RULE:]

    def table(self) -> pa.Table:
        """The examples as rows of EXAMPLE_SCHEMA, by stage and rule."""
        rows = [self._masked(row) for key in sorted(self._rows) for _, row in self._rows[key]]
        return pa.Table.from_pylist(rows, schema=EXAMPLE_SCHEMA)

    def _masked(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._cleaning is None:
            return row
        # Imported only here: those who only read examples need no numbering plans.
        from stages.personal_data import mask_personal_data

        return {**row, "text": mask_personal_data(row["text"], self._cleaning)[0]}


def merged(tables: Iterable[pa.Table]) -> pa.Table:
    """The examples of all units as one table."""
    examples = Examples()
    for table in tables:
        for row in table.to_pylist():
            examples.add_row(row)
    return examples.table()
