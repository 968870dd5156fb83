"""What the quality rules cost: Gristmill's chain in both readings against datatrove's, on the same texts and core.

    python -m benchmarks.quality build/sample/corpus/documents [--peer PYTHON] [--texts 600] [--source web]

One process, one core, seconds of processor time. The chain is that of FineWeb: Gopher's repetition and quality, C4,
FineWeb. All rows are of the same texts.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq

from benchmarks.agreement import peer_verdicts
from benchmarks.processes import machine
from stages.quality.checking import MEASURE, check_quality
from stages.quality.prepared import Prepared, Reference
from stages.recipe import Quality

ROUNDS = 3
Text = tuple[str, str]


def main() -> None:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("--peer", default="", help="a Python that has datatrove")
    parser.add_argument("--texts", type=int, default=600, help="how many, evenly over the corpus")
    parser.add_argument("--source", default="", help="a source of the recipe, such as web; empty: all")
    own = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    texts = _texts(own.documents, own.texts, own.source)
    print(f"{machine()}; {len(texts):,} texts, {_megabytes(texts):.1f} MB")
    print("| what | MB/s | ms a text | times datatrove |")
    print("|---|---|---|---|")
    peer = _peer_speed(own.peer, texts) if own.peer else 0.0
    for reference in get_args(Reference):
        settings = Quality(reference=reference)
        _print_row(f"chain, `{reference}`", _speed(texts, _chain(settings)), texts, peer)
        _print_row("words alone", _speed(texts, _words(reference)), texts, 0)
        for name, _ in settings.groups():
            _print_row(f"{name} alone, with words", _speed(texts, _group(name, settings)), texts, 0)
    if peer:
        _print_row("datatrove, the four filters", peer, texts, peer)


def _texts(folder: Path, number: int, source: str) -> list[Text]:
    rows: list[Text] = []
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(
            file, columns=["text", "language"], filters=[("source", "==", source)] if source else None
        )
        rows.extend(zip(table["text"].to_pylist(), table["language"].to_pylist(), strict=True))
    return rows[:: max(len(rows) // number, 1)][:number]


def _megabytes(texts: Sequence[Text]) -> float:
    return sum(len(text.encode()) for text, _ in texts) / 1e6


def _chain(settings: Quality) -> Callable[[str, str], object]:
    return lambda text, language: check_quality(text, language, settings)


def _words(reference: Reference) -> Callable[[str, str], object]:
    return lambda text, language: Prepared(text, language, reference).words


def _group(name: str, settings: Quality) -> Callable[[str, str], object]:
    group = dict(settings.groups())[name]
    return lambda text, language: MEASURE[name](Prepared(text, language, settings.reference), group)


def _speed(texts: Sequence[Text], work: Callable[[str, str], object]) -> float:
    """MB a second, the best of a few rounds: the first one fills caches."""
    seconds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        for text, language in texts:
            work(text, language)
        seconds.append(time.process_time() - before)
    return _megabytes(texts) / min(seconds)


def _peer_speed(peer: str, texts: Sequence[Text]) -> float:
    _, seconds = peer_verdicts(peer, [text for text, _ in texts], "--only-chain")
    return _megabytes(texts) / seconds


def _print_row(what: str, speed: float, texts: Sequence[Text], peer: float) -> None:
    milliseconds = _megabytes(texts) / len(texts) / speed * 1e3
    print(f"| {what} | {speed:.2f} | {milliseconds:.3f} | {f'{speed / peer:.1f}' if peer else ''} |", flush=True)


if __name__ == "__main__":
    main()
