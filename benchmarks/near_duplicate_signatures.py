"""From a text to its MinHash signature of 112 values: Gristmill against its peers, on the same texts and core.

    PEER -m benchmarks.near_duplicate_signatures build/benchmarks/duplicates.jsonl [--texts 1500] [--peer-texts 100]

PEER is a Python that has the peers (`benchmarks/requirements-peers.txt`); of the project it needs the stages alone.
Peers that are not installed are skipped. Seconds of processor time, the least of several interleaved rounds. Ours makes
the keys of the bands too. First it is checked that our signatures are those of datasketch, bit for bit, for the same
hashes of shingles.
"""

import argparse
import gc
import importlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.near_duplicate_truth import read_documents
from benchmarks.processes import machine
from stages.near_duplicates.signatures import band_keys, shingle_hashes, text_signatures
from stages.recipe import NearDuplicates

SETTINGS = NearDuplicates()
VALUES = SETTINGS.bands * SETTINGS.rows
WORD = re.compile(r"\w+")
OURS = "Gristmill, with the keys of the bands"


@dataclass(frozen=True)
class Variant:
    """A way to make signatures, and the texts that it is measured on."""

    work: Callable[[Sequence[str]], object]
    texts: Sequence[str]


def main() -> None:
    """Checks the signatures, measures all variants and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--peer-texts", type=int, default=100, help="for datatrove with spaCy's words, which is slow")
    parser.add_argument("--rounds", type=int, default=3)
    own = parser.parse_args()
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.environ["RAYON_NUM_THREADS"] = "1"  # read by rensa when it starts to work
    texts = [text for _, text in read_documents(own.documents)[: own.texts]]
    shingles = sum(len(python_shingles(text)) for text in texts)
    print(f"{machine()}; {len(texts):,} texts, {_megabytes(texts):.2f} MB, {shingles:,} shingles; {VALUES} values")
    print(_agreement(texts))
    seconds = _least_seconds(dict(_variants(texts, texts[: own.peer_texts])), own.rounds)
    print("| what | MB/s | texts/s | ns a shingle | times slower than Gristmill |")
    print("|---|---|---|---|---|")
    for name, found in seconds.items():
        speeds = f"{_megabytes(texts) / found:.2f} | {len(texts) / found:,.0f} | {found / shingles * 1e9:,.0f}"
        print(f"| {name} | {speeds} | {found / seconds[OURS]:.1f} |")


def python_shingles(text: str) -> list[str]:
    """Five words in a row, as one writes it in Python; a shorter text is one shingle."""
    words = WORD.findall(text.lower())
    shifted = (words[place:] for place in range(SETTINGS.shingle_words))
    return [" ".join(group) for group in zip(*shifted, strict=False)] or [" ".join(words)]


def peer_module(name: str) -> Any:
    """A module of a peer, or None with a line that says that it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(f"{name.partition('.')[0]}: skipped, {error}")
        return None


def _variants(texts: Sequence[str], few: Sequence[str]) -> Iterator[tuple[str, Variant]]:
    yield OURS, Variant(_ours, texts)
    if datasketch := peer_module("datasketch"):
        yield "datasketch, MinHash.bulk with its defaults (SHA-1)", Variant(_datasketch(datasketch), texts)
        if xxhash := peer_module("xxhash"):
            fast = _datasketch(datasketch, hashfunc=xxhash.xxh32_intdigest)
            yield "datasketch, MinHash.bulk with xxh32", Variant(fast, texts)
    if rensa := peer_module("rensa"):
        yield "rensa, digest_matrix_from_token_sets", Variant(_rensa(rensa), texts)
    if minhash := peer_module("datatrove.pipeline.dedup.minhash"):
        yield "datatrove, words by str.split", Variant(_datatrove(minhash, splits=True), texts)
        yield "datatrove, stage 1 as FineWeb runs it", Variant(_datatrove(minhash, splits=False), few)


def _ours(texts: Sequence[str]) -> object:
    return band_keys(text_signatures(texts, SETTINGS), SETTINGS)


def _datasketch(datasketch: Any, **settings: Any) -> Callable[[Sequence[str]], object]:
    def sign(texts: Sequence[str]) -> object:
        sets = ([one.encode() for one in python_shingles(text)] for text in texts)
        return datasketch.MinHash.bulk(sets, num_perm=VALUES, **settings)

    return sign


def _rensa(rensa: Any) -> Callable[[Sequence[str]], object]:
    def sign(texts: Sequence[str]) -> object:
        sets = [python_shingles(text) for text in texts]
        return rensa.RMinHash.digest_matrix_from_token_sets(sets, num_perm=VALUES, seed=SETTINGS.seed)

    return sign


def _datatrove(minhash: Any, splits: bool) -> Callable[[Sequence[str]], object]:
    """Its first stage as FineWeb runs it: 14 buckets of 8 hashes, five words, SHA-1 of 64 bits."""
    hashing = importlib.import_module("datatrove.utils.hashing").HashConfig(hash_fc="sha1", precision=64)
    # The folder is where it would write, but it is never asked to.
    step = minhash.MinhashDedupSignature(tempfile.gettempdir(), minhash.MinhashConfig(hash_config=hashing))
    if splits:
        step.word_tokenizer = type("Splits", (), {"word_tokenize": staticmethod(str.split)})

    def sign(texts: Sequence[str]) -> object:
        return [step.get_signature(shingles) for text in texts if (shingles := step.get_shingles(text)).size]

    return sign


def _agreement(texts: Sequence[str]) -> str:
    """Whether each text has the signature that datasketch makes of the same 32-bit hashes of its shingles."""
    datasketch = peer_module("datasketch")
    if datasketch is None:
        return "signatures: not compared"
    ours = text_signatures(texts, SETTINGS)
    equal = 0
    for signature, hashes in zip(ours, shingle_hashes(texts, SETTINGS), strict=True):
        theirs = datasketch.MinHash(VALUES, seed=SETTINGS.seed, hashfunc=int, scheme="affine32")
        theirs.update_batch((hashes >> np.uint64(32)).tolist())
        equal += np.array_equal(signature, theirs.hashvalues)
    return (
        f"signatures: {equal:,} of {len(texts):,} equal to datasketch {datasketch.__version__}, affine32, bit for bit"
    )


def _least_seconds(variants: dict[str, Variant], rounds: int) -> dict[str, float]:
    """The least processor time of each, as if each had been given the texts of the first."""
    whole = _megabytes(variants[OURS].texts)
    seconds = dict.fromkeys(variants, float("inf"))
    for _ in range(rounds):
        for name, variant in variants.items():
            gc.collect()
            before = time.process_time()
            variant.work(variant.texts)
            used = (time.process_time() - before) * whole / _megabytes(variant.texts)
            seconds[name] = min(seconds[name], used)
    return seconds


def _megabytes(texts: Sequence[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


if __name__ == "__main__":
    main()
