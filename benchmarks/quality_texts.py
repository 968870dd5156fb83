"""Real texts to judge: those of a corpus, kept and removed, and those of packages that every environment has."""

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from stages.extraction import Extracted, extract
from stages.recipe import Extraction, Reading, Source
from stages.sources import Span, read_records

SHORTEST = 200
"""Docstrings with fewer characters are left out: they only say `too few words` again."""

LONGEST = 40_000

LICENCES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")

PACKAGES = {
    "numpy": ("_core/fromnumeric.py", "lib/_function_base_impl.py", "lib/_npyio_impl.py", "linalg/_linalg.py"),
    "scipy": ("stats/_stats_py.py", "optimize/_minimize.py", "signal/_filter_design.py", "interpolate/_interpolate.py"),
    "torch": (
        "nn/functional.py",
        "nn/modules/loss.py",
        "nn/modules/conv.py",
        "nn/modules/rnn.py",
        "optim/lr_scheduler.py",
    ),
}
"""Files whose docstrings are texts, by package."""


def package_texts() -> Iterator[tuple[str, str]]:
    """Names and texts of docstrings, of READMEs and licences in package metadata, and of Python's own help topics.

    Nothing is imported but the topics: the files are read.
    """
    for package, files in PACKAGES.items():
        spec = importlib.util.find_spec(package)
        assert spec is not None and spec.origin is not None
        for file in files:
            path = Path(spec.origin).parent / file
            if path.exists():
                yield from _docstrings(f"{package}/{file}", path.read_text())
    for distribution in sorted(importlib.metadata.distributions(), key=lambda one: str(one.metadata["Name"])):
        yield from _readme(distribution)
        yield from _licences(distribution)
    from pydoc_data.topics import topics

    yield from ((f"topics/{name}", text) for name, text in sorted(topics.items()) if len(text) >= SHORTEST)


def _docstrings(file: str, code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            text = inspect.cleandoc(ast.get_docstring(node) or "")
            if len(text) >= SHORTEST:
                yield f"{file}:{node.name}:{node.lineno}", text


def _readme(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, str]]:
    _, _, body = (distribution.read_text("METADATA") or "").partition("\n\n")
    if SHORTEST <= len(body) <= LONGEST:
        yield f"{distribution.metadata['Name']}/METADATA", body


def _licences(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, str]]:
    for file in sorted(distribution.files or (), key=str):
        path = Path(str(file.locate()))
        if ".dist-info" in str(file) and file.name.upper().startswith(LICENCES) and path.exists():
            yield f"{distribution.metadata['Name']}/{file.name}", path.read_text(errors="replace")


def corpus_texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Ids and texts of a corpus's documents and of those of its removals that have their text."""
    for table in ("documents", "removals"):
        for file in sorted((folder / table).glob("*.parquet")):
            rows = pq.read_table(file, columns=["id", "text"])
            for row in rows.to_pylist():
                if row["text"]:
                    yield str(row["id"]), row["text"]


def extracted_texts(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """The text of every page of WARC files, as extraction gives it: nothing is refused for its quality."""
    for file in files:
        source = Source(name="web", format="warc", paths=(str(file),))
        for record in read_records(source, Span(str(file), 0, file.stat().st_size), Reading()):
            found = extract(record, Extraction()) if record.refusal is None else None
            if isinstance(found, Extracted):
                yield str(record.id), found.text


def chosen(texts: Iterator[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    """So many of the texts up to 40,000 characters, drawn with a fixed seed, each text once."""
    different = {text: name for name, text in texts if len(text) <= LONGEST}
    pairs = sorted((name, text) for text, name in different.items())
    return sorted(random.Random(0).sample(pairs, min(number, len(pairs))))


def sha256(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
