"""What the page shows of a tokenizer's report."""

from collections.abc import Iterator, Mapping
from typing import Any

from beam_jobs.tokenizer.measures import HEADER, seen_groups, shown_figures, whose_text

CELLS_SHOWN = 60
LINE_END, SIGN = "\n", "\u21b5"


def shown_tokenizer(report: Mapping[str, Any]) -> dict[str, Any]:
    """The tables and lists of the section; the first tokenizer of the report is the run's own."""
    own = report["tokenizers"][0]
    return {
        **{key: own[key] for key in ("vocabulary_size", "pieces", "all")},
        "whose": whose_text(report),
        "seen": seen_groups(report) if len(report["seen"]) < len(own["cells"]) else [],
        "header": [name.capitalize() for name in HEADER],
        "tables": list(_tables(report["tokenizers"])),
        "pieces_shown": [
            (title, [(one["piece"].replace(LINE_END, SIGN), one["times"]) for one in own[key]])
            for title, key in (("Longest pieces", "longest"), ("Most common tokens", "common"))
        ],
    }


def _tables(tokenizers: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    own = tokenizers[0]
    yield "Language", [_row("all", own["all"]), *(_row(row["name"], row) for row in own["languages"])]
    yield "Source", [_row(row["name"], row) for row in own["sources"]]
    if len(own["sources"]) > 1 and len(own["languages"]) > 1:
        largest = sorted(own["cells"], key=lambda row: (-row["bytes"], row["source"], row["language"]))[:CELLS_SHOWN]
        yield "Source and language", [_row(f"{row['source']}, {row['language']}", row) for row in largest]
    if len(tokenizers) > 1:
        yield "Tokenizer", [_row(f"{one['name']}, {one['vocabulary_size']:,}", one["all"]) for one in tokenizers]


def _row(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "figures": shown_figures(row), "lost": row["lost_documents"], "bytes": row["bytes"]}
