"""Text to token ids: Gristmill, SentencePiece by itself, and datatrove's tokenizer stage, in one run.

    python -m benchmarks.encoding build/sample/corpus/documents --peer build/benchmarks/peers/bin/python

Trains a unigram and a BPE vocabulary on the first megabytes of the documents (a folder of Parquet files with a column
`text`) and prints a table of the least time of several interleaved rounds. Both are the best of SentencePiece's own
threads and Python's; all of it gives NumPy arrays. The second table has what a stage does, from texts in memory to
tokens with ends of text in a file; the peer reads the same vocabulary from our `tokenizer.json`. The peer is a Python
that has datatrove (`benchmarks/requirements-peers.txt`); without it, its rows are left out.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow.parquet as pq
import sentencepiece

from benchmarks.processes import machine
from stages.recipe import Tokenizer as TokenizerSettings
from stages.recipe import TokenizerModel
from stages.tokenizer import MODEL_FILE, Tokenizer, train_tokenizer, training_lines

MODELS: tuple[TokenizerModel, ...] = ("unigram", "bpe")
BATCH = 100
"""Documents a call."""
THREADS = (1, 2)
PYTHON_THREADS, OWN_THREADS = "Python threads", "its own"
Key = TypeVar("Key")
Run = Callable[[Sequence[str]], object]


@dataclass(frozen=True)
class Cost:
    """Seconds of processor, with all threads, and of wall-clock time."""

    cpu: float
    wall: float


def main() -> None:
    """Trains, runs the rounds and prints the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path, help="a folder of Parquet files")
    parser.add_argument("--peer", default="", help="a Python with datatrove")
    parser.add_argument("--megabytes", type=float, default=10.0, help="of documents to encode")
    parser.add_argument("--training-megabytes", type=float, default=4.0)
    parser.add_argument("--vocabulary-size", type=int, default=16_384)
    parser.add_argument("--rounds", type=int, default=5)
    own = parser.parse_args()
    texts = _texts(own.documents, own.megabytes)
    size = sum(len(text.encode()) for text in texts)
    print(f"{machine()}; {len(texts):,} documents, {size / 1e6:.1f} MB; {own.vocabulary_size:,} tokens")
    with tempfile.TemporaryDirectory() as folder:
        tokenizers = {model: _trained(model, texts, own, Path(folder, model)) for model in MODELS}
        _library_table(tokenizers, Path(folder), texts, size, own.rounds)
        _stage_table(tokenizers, Path(folder), texts, size, own)


def _texts(folder: Path, megabytes: float) -> list[str]:
    texts: list[str] = []
    left = megabytes * 1e6
    for path in sorted(folder.glob("*.parquet")):
        for text in pq.read_table(path, columns=["text"]).column("text").to_pylist():
            if left <= 0:
                return texts
            texts.append(text)
            left -= len(text.encode())
    return texts


def _trained(model: TokenizerModel, texts: Sequence[str], own: argparse.Namespace, folder: Path) -> Tokenizer:
    lines: list[str] = []
    left = own.training_megabytes * 1e6
    for text in texts:
        lines += training_lines(text)
        left -= len(text)
        if left <= 0:
            break
    data = train_tokenizer(lines, TokenizerSettings(model=model, vocabulary_size=own.vocabulary_size))
    folder.mkdir()
    files = {MODEL_FILE: data, **Tokenizer(data).hugging_face_files()}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return Tokenizer.load(str(folder))


def _library_table(
    tokenizers: dict[TokenizerModel, Tokenizer], folder: Path, texts: Sequence[str], size: int, rounds: int
) -> None:
    variants: dict[tuple[str, int, str], Run] = {}
    for model, tokenizer in tokenizers.items():
        bare = sentencepiece.SentencePieceProcessor(model_file=str(folder / model / MODEL_FILE))
        for threads in THREADS:
            variants[model, threads, f"Gristmill, {PYTHON_THREADS}"] = _in_threads(tokenizer.encode_batch, threads)
            variants[model, threads, f"Gristmill, {OWN_THREADS}"] = partial(tokenizer.encode_batch, threads=threads)
            variants[model, threads, f"SentencePiece, {PYTHON_THREADS}"] = _in_threads(_numpy(bare, 1), threads)
            variants[model, threads, f"SentencePiece, {OWN_THREADS}"] = _numpy(bare, threads)
    best = _best(variants, texts, rounds)
    print("| model | threads | Gristmill, MB a CPU s | SentencePiece | ratio | wall: MB/s | SentencePiece | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for model in tokenizers:
        for threads in THREADS:
            ours, theirs = (
                [best[model, threads, f"{name}, {kind}"] for kind in (PYTHON_THREADS, OWN_THREADS)]
                for name in ("Gristmill", "SentencePiece")
            )
            cells = []
            for mine, least in (
                (min(one.cpu for one in ours), min(one.cpu for one in theirs)),
                (min(one.wall for one in ours), min(one.wall for one in theirs)),
            ):
                cells += [f"{size / 1e6 / mine:.1f}", f"{size / 1e6 / least:.1f}", f"{least / mine:.2f}"]
            print("| " + " | ".join((model, str(threads), *cells)) + " |")


def _numpy(bare: Any, threads: int) -> Run:
    return lambda texts: bare.encode(texts, num_threads=threads, return_type="numpy")


def _in_threads(encode: Run, threads: int) -> Run:
    def run(texts: Sequence[str]) -> object:
        batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
        if threads == 1:
            return [encode(batch) for batch in batches]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(encode, batches))

    return run


def _stage_table(
    tokenizers: dict[TokenizerModel, Tokenizer], folder: Path, texts: Sequence[str], size: int, own: argparse.Namespace
) -> None:
    documents = folder / "documents.jsonl"
    documents.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    print("| model | stage | CPU s | wall s | MB a CPU s | times the peer |")
    print("|---|---|---|---|---|---|")
    for model, tokenizer in tokenizers.items():

        def stage(texts: Sequence[str], tokenizer: Tokenizer = tokenizer) -> None:
            _write_tokens(tokenizer, texts, folder / "tokens")

        costs = {"Gristmill": _best({"": stage}, texts, own.rounds)[""]}
        if own.peer:
            script = str(Path(__file__).parent / "datatrove_encoding.py")
            command = [own.peer, script, str(documents), str(folder / model / "tokenizer.json"), str(folder / "peer")]
            runs = [
                json.loads(subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).splitlines()[-1])
                for _ in range(own.rounds)
            ]
            costs["datatrove, DocumentTokenizer"] = Cost(
                min(one["cpu"] for one in runs), min(one["wall"] for one in runs)
            )
        slowest = max(cost.cpu for cost in costs.values())
        for name, cost in costs.items():
            cells = (f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{size / 1e6 / cost.cpu:.1f}", f"{slowest / cost.cpu:.1f}")
            print("| " + " | ".join((model, name, *cells)) + " |")


def _write_tokens(tokenizer: Tokenizer, texts: Sequence[str], path: Path) -> None:
    """Tokens of all texts, each with an end-of-text token, as datatrove writes them."""
    end = np.array([tokenizer.eos_id], np.int32)
    with path.open("wb") as file:
        for start in range(0, len(texts), BATCH):
            parts = [part for one in tokenizer.encode_batch(texts[start : start + BATCH]) for part in (one, end)]
            file.write(np.concatenate(parts).astype(np.uint16).tobytes())


def _best(variants: dict[Key, Run], texts: Sequence[str], rounds: int) -> dict[Key, Cost]:
    """The least processor time and the least wall-clock time of each; every round runs all of them."""
    found: dict[Key, Cost] = {}
    for _ in range(rounds):
        for name, run in variants.items():
            # New strings, as Python remembers the UTF-8 of those that were encoded once.
            new = [text.encode().decode() for text in texts]
            before, started = time.process_time(), time.perf_counter()
            run(new)
            cost = Cost(time.process_time() - before, time.perf_counter() - started)
            known = found.get(name, cost)
            found[name] = Cost(min(known.cpu, cost.cpu), min(known.wall, cost.wall))
    return found


if __name__ == "__main__":
    main()
