"""The memory of the tokenizer job on many tokens: synthetic documents through encode and pack, process by process.

    python -m benchmarks.packing_memory build/sample/tokenizer/tokenizer [--tokens 500e6] [--workers 2]

The texts are words of the tokenizer's own, drawn by a power law; their lengths are log-normal with a median of 466
tokens. The corpus is written as a finished run would have, in files of 20,000 documents, and removed at the end.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.processes import machine, run
from stages.artifacts import Manifest, OutputFile, sha256_of, write_manifest
from stages.document import DOCUMENT_SCHEMA
from stages.tokenizer import Tokenizer

MEDIAN, SIGMA = 466, 1.45
DOCUMENTS_PER_FILE = 20_000
WORDS = 20_000
RECIPE = """
name = "memory"
output = "{output}"
[[corpus.sources]]
name = "synthetic"
paths = ["none"]
[tokenizer]
pretrained = "{tokenizer}"
[tokenizer.packing]
sequence_length = 2048
"""
PHASE = re.compile(r"tokenizer: (encode|pack): \d+ units, [\d.]+ MB, ([\d.]+) s")


def main() -> None:
    """Writes the corpus, runs the job and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--tokens", type=float, default=500e6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where the corpus is written; needs 5 bytes a token")
    own = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=own.folder) as folder:
        write_corpus(Path(folder, "out", "corpus"), int(own.tokens), str(own.tokenizer))
        recipe = Path(folder, "recipe.toml")
        recipe.write_text(RECIPE.format(output=f"{folder}/out", tokenizer=own.tokenizer.resolve()))
        command = [sys.executable, "-m", "beam_jobs.tokenizer", "--recipe", str(recipe), "--workers", str(own.workers)]
        cost = run(command)
    print(cost.output)
    print(f"{machine()}; {own.workers} workers")
    print("| all processes, peak MB | CPU s | wall s | encode, wall s | pack, wall s |\n|---|---|---|---|---|")
    seconds = dict(PHASE.findall(cost.output))
    columns = (f"{cost.worker_megabytes:,.0f}", f"{cost.cpu:.0f}", f"{cost.wall:.0f}")
    print(f"| {' | '.join(columns)} | {seconds.get('encode', '')} | {seconds.get('pack', '')} |")


def write_corpus(folder: Path, tokens: int, tokenizer: str) -> None:
    """Writes a finished corpus of about so many tokens."""
    words, sizes = _words(Tokenizer.load(tokenizer))
    random = np.random.default_rng(1)
    files: list[OutputFile] = []
    first = total_bytes = 0
    (folder / "documents").mkdir(parents=True)
    while tokens > 0:
        texts: list[str] = []
        used = 0
        while len(texts) < DOCUMENTS_PER_FILE and used < tokens:
            length = max(int(random.lognormal(np.log(MEDIAN), SIGMA)), 1)
            chosen = np.minimum(random.zipf(1.2, length), WORDS) - 1
            texts.append(" ".join(words[chosen].tolist()))
            used += int(sizes[chosen].sum())
        tokens -= used
        path = folder / "documents" / f"extract-{len(files):05d}.parquet"
        pq.write_table(pa.Table.from_pylist(list(_rows(texts, first)), schema=DOCUMENT_SCHEMA), path)
        files.append(OutputFile(f"documents/{path.name}", path.stat().st_size, sha256_of(path), len(texts)))
        first += len(texts)
        total_bytes += sum(map(len, texts))
    counts = {"documents": first, "characters": total_bytes, "bytes": total_bytes}
    group = {"split": "train", "source": "synthetic", "language": "en", **counts}
    facts = {"splits": {"train": counts}, "groups": [group]}
    write_manifest(str(folder), Manifest("corpus", {"documents": files}, facts))


def _words(tokenizer: Tokenizer) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Pronounceable words, and about how many tokens each has."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvw" for vowel in "aeiou"]
    random = np.random.default_rng(0)
    words = ["".join(random.choice(syllables, 1 + number % 3)) for number in range(WORDS)]
    sizes = [len(tokens) for tokens in tokenizer.encode_batch([f" {word}" for word in words])]
    return np.array(words, object), np.array(sizes)


def _rows(texts: list[str], first: int) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(texts, first):
        one = (number + 1) * 0x9E3779B97F4A7C15 % 2**64
        origin = {"file": "synthetic", "offset": number}
        kept = {"id": one, "text": text, "source": "synthetic", "language": "en", "split": "train", "origin": origin}
        yield {field.name: None for field in DOCUMENT_SCHEMA} | {"language_score": 1.0, "edits": []} | kept


if __name__ == "__main__":
    main()
