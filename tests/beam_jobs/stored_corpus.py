"""A small finished corpus, written in the schemas of a run without a run: for the commands that ask about one."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.corpus.close import STAGES
from beam_jobs.corpus.examples import EXAMPLE_SCHEMA, Examples
from beam_jobs.corpus.measurements import MEASUREMENT_SCHEMA
from stages.document import DOCUMENT_SCHEMA, REMOVAL_SCHEMA
from stages.quality.bounds import first_missed
from stages.recipe import Corpus, load_recipe

RECIPE = """
name = "small"
output = "{output}"
[[corpus.sources]]
name = "web"
paths = ["pages/*.warc.gz"]
[corpus.language]
keep = ["en", "fr"]
"""
SCHEMAS = {
    "documents": DOCUMENT_SCHEMA,
    "removals": REMOVAL_SCHEMA,
    "measurements": MEASUREMENT_SCHEMA,
    "examples": EXAMPLE_SCHEMA,
}
GOOD = {
    "words": 100.0,
    "mean_word_length": 5.0,
    "alphabetic_words": 0.95,
    "stop_words": 6.0,
    "top_2_gram_characters": 0.05,
    "sentences": 9.0,
    "terminal_lines": 0.8,
    "short_lines": 0.1,
}
"""What a text measures that passes all rules of the default recipe; the others are not measured here."""


@dataclass
class StoredCorpus:
    """Collects records and writes them as a finished run would have."""

    folder: Path
    settings: str = RECIPE
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in SCHEMAS})
    removed: list[tuple[str, str]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recipe_file.parent.mkdir(parents=True, exist_ok=True)
        self.recipe_file.write_text(self.settings.format(output=self.folder))
        self.examples = Examples()

    @property
    def recipe_file(self) -> Path:
        """The recipe of the run."""
        return self.folder.with_suffix(".toml")

    @property
    def corpus(self) -> Corpus:
        """The settings of the run."""
        return load_recipe(self.recipe_file).corpus

    def identity(self, number: int, **changes: Any) -> dict[str, Any]:
        """The columns that documents and removals share."""
        origin = {"file": "pages/a.warc.gz", "offset": number * 100}
        given = {
            "id": number,
            "source": "web",
            "url": f"https://www.site.test/page/{number}",
            "date": "2026-01-02T03:04:05Z",
            "title": f"Page {number}",
            "origin": origin,
        }
        return given | {name: value for name, value in changes.items() if name in given}

    def measured(self, number: int, values: Mapping[str, float], language: str = "en") -> str | None:
        """Stores what the rules measured, and returns the rule that removes it."""
        values = GOOD | values
        refusal = first_missed(values, self.corpus.quality)
        rule = refusal.rule if refusal else None
        self.rows["measurements"].append({"id": number, "language": language, "rule": rule, **values})
        return rule

    def document(
        self, number: int, text: str = "A text.", *, measured: Mapping[str, float] = GOOD, **changes: Any
    ) -> None:
        """A record that was kept."""
        row = {
            **self.identity(number, **changes),
            "text": text,
            "published": None,
            "language": "en",
            "language_score": 0.9,
            "edits": [],
            "split": "train",
        }
        row |= changes
        if not row.get("parent_id"):
            assert self.measured(number, measured, row["language"]) is None
        self.rows["documents"].append(row)

    def low_quality(
        self, number: int, text: str = "A poor text.", *, measured: Mapping[str, float], **changes: Any
    ) -> None:
        """A record that a quality rule removed."""
        refusal = first_missed(GOOD | measured, self.corpus.quality)
        assert refusal is not None
        self.measured(number, measured)
        found = {"value": refusal.value, "threshold": refusal.threshold}
        self.removal(number, "quality", refusal.rule, example=text, **found, **changes)

    def removal(self, number: int, stage: str, rule: str, example: str = "", **changes: Any) -> None:
        """A record that some stage removed."""
        row = {**self.identity(number, **changes), "stage": stage, "rule": rule, "value": None, **changes}
        self.rows["removals"].append(row)
        self.removed.append((stage, rule))
        if example:
            self.examples.add(row, example)

    def ledger(self) -> dict[str, Any]:
        """The accounts, which close."""
        originals = sum(not row.get("parent_id") for row in self.rows["documents"])
        left = originals + len(self.removed)
        found = {}
        for stage in STAGES:
            rules = [rule for where, rule in self.removed if where == stage]
            counts = {rule: rules.count(rule) for rule in sorted(set(rules))}
            found[stage] = {"read": left, "kept": left - len(rules), "removed": counts}
            left -= len(rules)
        return found

    def write(self, files: int = 2) -> Path:
        """Writes all, every kind cut into some files; returns the recipe's file."""
        self.rows["examples"] = self.examples.table().to_pylist()
        listed = {kind: list(self._write(kind, files)) for kind in SCHEMAS}
        originals = [row for row in self.rows["documents"] if not row.get("parent_id")]
        facts = {
            "ledger": self.ledger(),
            "splits": {
                "train": {"documents": len(originals), "characters": sum(len(row["text"]) for row in originals)}
            },
            "sources": {"web": {"records": len(originals) + len(self.removed), "documents": len(originals)}},
            "variants": {"keyboard(rate=0.05)": {"documents": len(self.rows["documents"]) - len(originals)}},
            "recipe": self.corpus.model_dump(mode="json"),
            "seed": 1,
            "libraries": {"python": "3.11"},
            **self.facts,
        }
        manifest = {"job": "corpus", "files": listed, "facts": facts}
        (self.folder / "corpus" / "manifest.json").write_text(json.dumps(manifest))
        return self.recipe_file

    def _write(self, kind: str, files: int) -> Iterable[dict[str, Any]]:
        rows = self.rows[kind]
        for number in range(files):
            part = rows[number::files]
            path = self.folder / "corpus" / kind / f"part-{number:05d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(part, schema=SCHEMAS[kind]), path)
            name = str(path.relative_to(self.folder / "corpus"))
            yield {"path": name, "bytes": path.stat().st_size, "sha256": "0" * 64, "rows": len(part)}
