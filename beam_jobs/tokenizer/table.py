"""What the training split is made of, by source and by language: for the manifest, the screen and the report."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from beam_jobs.units import Commit
from stages.console import say, show_table
from stages.recipe import Mixture

COUNTS = ("documents", "variants", "copies", "tokens", "bytes")


def mixture_table(encoded: Iterable[Commit], packed: Iterable[Commit], mixture: Mixture) -> dict[str, Any]:
    """Rows by source and by language.

    `documents` are originals and `variants` are not; both are counted once, `copies` are how often they come again.
    `epochs` is the tokens in the mixture by those that there are, `share` that of the tokens, and `asked` the share of
    `mixture.unit` that the weights ask for.
    """
    available = [group for commit in encoded for group in commit.counts["groups"]]
    used = [group for commit in packed for group in commit.counts["groups"]]
    total = sum(mixture.weights.values())
    by_source = list(_rows("source", available, used))
    for row in by_source if total else ():
        row["asked"] = mixture.weights.get(row["name"], 0.0) / total
    return {
        "unit": mixture.unit,
        "maximum_epochs": mixture.maximum_epochs,
        "sources": by_source,
        "languages": list(_rows("language", available, used)),
    }


def _rows(key: str, available: Sequence[dict[str, Any]], used: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    all_tokens = sum(group["tokens"] for group in used)
    for name in sorted({group[key] for group in available if group["documents"]}):
        counts = dict.fromkeys(COUNTS, 0)
        for group in used:
            if group[key] == name:
                counts["variants" if group["is_variant"] else "documents"] += group["documents"]
                for one in ("copies", "tokens", "bytes"):
                    counts[one] += group[one]
        there = sum(group["tokens"] for group in available if group[key] == name)
        yield {
            "name": name,
            **counts,
            "epochs": round(counts["tokens"] / there, 4),
            "share": round(counts["tokens"] / max(all_tokens, 1), 6),
        }


def show_mixture(table: dict[str, Any]) -> None:
    """Shows both tables, and what weights could not have."""
    for kind in ("sources", "languages"):
        rows = [
            (
                row["name"],
                row["documents"],
                row["variants"],
                row["copies"],
                row["tokens"],
                f"{row['share']:.1%}",
                f"{row['epochs']:.2f}",
            )
            for row in table[kind]
        ]
        header = (kind[:-1], "documents", "variants", "copies", "tokens", "share", "epochs")
        show_table(f"the training split by {kind[:-1]}", header, rows)
    for row in capped(table):
        say(
            f"note: {row['name']} has {row['share']:.1%} of the tokens, not the {row['asked']:.1%} of the weights: its"
            f" documents are seen {table['maximum_epochs']:g} times, which is mixture.maximum_epochs"
        )


def capped(table: dict[str, Any]) -> list[dict[str, Any]]:
    """The sources that are too small for their weight."""
    limit = 0.99 * table["maximum_epochs"]
    return [row for row in table["sources"] if row["epochs"] >= limit and row["share"] < 0.99 * row.get("asked", 0.0)]
