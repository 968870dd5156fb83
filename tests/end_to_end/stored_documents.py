"""Finished corpora of a few documents, written without a run, and the tokenizer job over them."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_jobs.command import run_job
from beam_jobs.tokenizer.definition import COMMAND
from beam_jobs.units import Commit, Job, Phase, Unit, do_unit, marker_path
from stages.artifacts import Manifest, OutputFile, exists, sha256_of, write_manifest
from stages.document import DOCUMENT_SCHEMA, identifier
from stages.shards import PackedRows
from tests.end_to_end.results import manifest

RECIPE = """
name = "stored"
output = "{output}"
[[corpus.sources]]
name = "web"
paths = ["none"]
[tokenizer]
vocabulary_size = 400
sentinels = 4
sample.megabytes = 0.5
[tokenizer.packing]
sequence_length = 64
shard_megabytes_of_text = 0.01
"""


def text(name: str, words: int = 40) -> str:
    """So many words, drawn by the name."""
    generator = random.Random(name)
    return " ".join(generator.choice(WORDS) for _ in range(words))


def _words() -> list[str]:
    generator = random.Random(1)
    return ["".join(generator.choices("aeioubcdfglmnprst", k=generator.randint(2, 9))) for _ in range(500)]


WORDS = _words()


def document(
    name: str, split: str = "train", source: str = "web", language: str = "en", **changes: Any
) -> dict[str, Any]:
    """A document with an id and a text that its name decides."""
    return {
        "id": identifier(name),
        "source": source,
        "origin": {"file": "a", "offset": 0},
        "text": text(name),
        "language": language,
        "language_score": 0.9,
        "edits": [],
        "split": split,
        **changes,
    }


def documents(prefix: str, count: int, **changes: Any) -> list[dict[str, Any]]:
    """Some documents whose names begin alike."""
    return [document(f"{prefix} {number}", **changes) for number in range(count)]


def write_corpus(folder: Path, rows: list[dict[str, Any]], fragments: int = 3, **facts: Any) -> Path:
    """Writes a finished corpus in so many files, and its manifest with more facts; returns its folder.

    Variants stand in the file of their parent, behind all originals, as a run would have them.
    """
    files = []
    originals = [row for row in rows if row.get("parent_id") is None]
    for number in range(fragments):
        path = folder / "documents" / f"finish-{number:05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = originals[len(originals) * number // fragments : len(originals) * (number + 1) // fragments]
        ids = {row["id"] for row in part}
        part += [row for row in rows if row.get("parent_id") in ids]
        pq.write_table(pa.Table.from_pylist(part, schema=DOCUMENT_SCHEMA), path)
        files.append(OutputFile(f"documents/{path.name}", path.stat().st_size, sha256_of(path), len(part)))
    facts |= {"splits": _counts(originals, "split"), "groups": list(_groups(originals))}
    write_manifest(str(folder), Manifest("corpus", {"documents": files}, facts))
    return folder


def _counts(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row[key], Counter()).update(documents=1, bytes=len(row["text"].encode()))
    return {name: dict(count) for name, count in counts.items()}


def _groups(rows: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for row in rows:
        group = (row["split"], row["source"], row["language"])
        counts.setdefault(group, Counter()).update(documents=1, bytes=len(row["text"].encode()))
    for (split, source, language), count in counts.items():
        yield {"split": split, "source": source, "language": language, **count}


def tokenized(output: Path, settings: str = "", workers: int = 1, recipe: str = RECIPE) -> Path:
    """Runs the tokenizer job on the corpus below an output folder; `settings` are more lines of the recipe."""
    path = output.with_suffix(".toml")
    path.write_text(recipe.format(output=output) + settings)
    run_job(COMMAND, ["--recipe", str(path), "--workers", str(workers)])
    return output / "tokenizer"


@contextmanager
def ended_after(units: int) -> Iterator[None]:
    """A run inside ends with a RuntimeError when so many more units are done."""
    left = units

    def do_or_end(job: Job, phase: Phase, unit: Unit) -> Commit:
        nonlocal left
        if not left:
            raise RuntimeError("ended")
        earlier = exists(marker_path(job, phase.name, unit.ordinal))
        left -= not earlier
        return do_unit(job, phase, unit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("beam_jobs.pipeline.do_unit", do_or_end)
        yield


def pieces(folder: Path, split: str = "train") -> list[list[tuple[int, int]]]:
    """The ids and lengths of the pieces of documents in each row."""
    packed = PackedRows([str(folder / file["path"]) for file in manifest(folder)["files"].get(split, [])])
    rows = [packed.row(number) for number in range(len(packed))]
    return [
        [(one, end - start) for start, end, one in zip([0, *row.doc_ends], row.doc_ends, row.doc_ids, strict=False)]
        for row in rows
    ]


def tokens_of(folder: Path, split: str = "train") -> Counter[int]:
    """How many tokens of each document are in a split, by id."""
    counts: Counter[int] = Counter()
    for row in pieces(folder, split):
        for one, length in row:
            counts[one] += length
    return counts


def removals(folder: Path) -> dict[int, dict[str, Any]]:
    """The removals of a run by id, and no id twice."""
    rows = [
        row
        for file in manifest(folder)["files"]["removals"]
        for row in pq.read_table(folder / file["path"]).to_pylist()
    ]
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row for row in rows}
