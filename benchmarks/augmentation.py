"""Variants side by side with nlpaug: edits and documents a second of processor time, and what a second process brings.

    python -m benchmarks.augmentation build/sample/corpus --peer build/benchmarks/augmentation-peer/bin/python

The texts are documents of a finished corpus, English ones for all augmenters but `homophone`, whose Chinese ones are
made of the phrases in pypinyin. Ours runs at the recipe's default rate, nlpaug with its defaults, which change at most
ten words a text; it is called document by document. One edit is one changed word, or sentence. Ours counts the time to
find the words; the first document, which loads the tables, is not timed.
"""

import argparse
import itertools
import json
import multiprocessing
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.processes import Cost, machine
from stages.augmentation import variants
from stages.augmentation.change import Context
from stages.augmentation.prose import words_of_prose
from stages.augmentation.registry import augmenter
from stages.augmentation.word_statistics import count_words, write_statistics
from stages.errors import GristmillError
from stages.recipe import AUGMENTERS, Augmentation, Step

WITHOUT_MEASUREMENT = ("sequence", "plugin", "contextual", "back_translation")
"""They cost what is given to them."""
PEER = Path(__file__).with_name("nlpaug_variants.py")
IN_PROCESSES = ("keyboard", "ocr", "character_insert", "spelling", "word_swap", "word_delete", "span_mask")
BATCHES = 32
ROUNDS = 5
PHRASES = 400
"""In a made Chinese document."""


@dataclass(frozen=True)
class Measured:
    """Documents, changed words or sentences, and seconds of processor time."""

    documents: int
    edits: int
    seconds: float


def main() -> None:
    """Measures every augmenter over the same texts; prints two tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peer", help="a Python with nlpaug")
    parser.add_argument("--nltk-data", default="", help="where the peer has WordNet")
    parser.add_argument("--wordnet", default="build/wordnet")
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--names", nargs="+", default=[one for one in AUGMENTERS if one not in WITHOUT_MEASUREMENT])
    own = parser.parse_args()
    texts = list(itertools.islice(_texts(own.corpus), own.documents))
    size = sum(map(len, texts)) / len(texts)
    print(f"{machine()}; {len(texts)} documents of {own.corpus}, {size:,.0f} characters on average")
    with tempfile.TemporaryDirectory() as folder:
        write_statistics(folder, count_words(("en", text) for text in texts))
        context = Context("en", own.wordnet, folder)
        ours = {name: _measured(name, texts, context) for name in own.names}
        peer = _peer(own.peer, texts, own.names, own.nltk_data, Path(folder)) if own.peer else {}
    print("| augmenter | documents a CPU s | edits a CPU s | nlpaug: documents | edits | times its edits |")
    print("|---|---|---|---|---|---|")
    for name in own.names:
        print(_row(name, ours[name], peer.get(name)))
    one, two = _cost_of_processes(texts, 1), _cost_of_processes(texts, 2)
    print(f"two processes: {one.wall / two.wall:.2f} times as fast as one, {two.cpu / one.cpu:.2f} times its CPU s")


def _texts(corpus: Path) -> Iterator[str]:
    for path in sorted((corpus / "documents").glob("*.parquet")):
        for row in pq.read_table(path, columns=["text", "language", "augmentation"]).to_pylist():
            if row["language"] == "en" and row["augmentation"] is None:
                yield row["text"]


def _chinese(documents: int) -> list[str]:
    from pypinyin.phrases_dict import phrases_dict

    phrases, generator = sorted(phrases_dict), random.Random(1)
    return ["，".join(generator.sample(phrases, PHRASES)) for _ in range(documents)]


def _measured(name: str, texts: Sequence[str], context: Context) -> Measured | None:
    if name == "homophone":
        texts, context = _chinese(len(texts)), Context("zh")
    change, step, generator = augmenter(name), Step.model_validate({"augmenter": name}), random.Random(1)
    try:
        change(texts[0], step, context, generator)
    except GristmillError as error:
        print(f"{name}: {error}")
        return None
    words_of_prose.cache_clear()
    before = time.process_time()
    edits = sum(change(text, step, context, generator).edits for text in texts)
    return Measured(len(texts), edits, time.process_time() - before)


def _peer(python: str, texts: Sequence[str], names: Sequence[str], data: str, folder: Path) -> dict[str, Measured]:
    path = folder / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    command = [python, str(PEER), str(path), ",".join(names), "--nltk-data", data]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return {name: Measured(**measured) for name, measured in found.items()}


def _row(name: str, ours: Measured | None, peer: Measured | None) -> str:
    cells = [name]
    for measured in (ours, peer):
        cells += _rates(measured)
    if ours and peer:
        cells.append(f"{ours.edits / ours.seconds / max(peer.edits / peer.seconds, 1e-9):.1f}")
    else:
        cells.append("")
    return f"| {' | '.join(cells)} |"


def _rates(measured: Measured | None) -> list[str]:
    if measured is None:
        return ["", ""]
    return [f"{count / measured.seconds:,.0f}" for count in (measured.documents, measured.edits)]


def _cost_of_processes(texts: Sequence[str], workers: int) -> Cost:
    """The least of some rounds, as the machine is shared; each process has loaded its tables before."""
    batches = [list(texts[start::BATCHES]) for start in range(BATCHES)]
    rounds = []
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_variants, [texts[:1]] * workers * 4))
        for _ in range(ROUNDS):
            before = time.perf_counter()
            cpu = sum(pool.map(_variants, batches))
            rounds.append(Cost(cpu, time.perf_counter() - before, 0.0, ""))
    return min(rounds, key=lambda cost: cost.wall)


def _variants(texts: Sequence[str]) -> float:
    """Makes some variants of each text; the seconds of processor time that this process took."""
    settings = [Augmentation.model_validate({"augmenter": name, "share": 1.0}) for name in IN_PROCESSES]
    before = time.process_time()
    for number, text in enumerate(texts):
        for _ in variants(number, text, "en", settings, 1):
            pass
    return time.process_time() - before


if __name__ == "__main__":
    main()
