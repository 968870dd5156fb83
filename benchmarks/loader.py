"""From files of tokens to batches for a model: Gristmill's shards and loader against their peers, on the same tokens.

    python -m benchmarks.loader --peer build/benchmarks/loader-peers/bin/python [--folder build/benchmarks/loader]

The peer is a Python that has `benchmarks/requirements-loader-peers.txt`; every row of the table is measured with it, in
a process of its own, one after the other, in several rounds; the best of each counts. Processor time of all threads.
The rows are documents of log-normal lengths, packed by `best_fit`; each row becomes int64 inputs and labels. Rows come
in random order, but for nanoGPT, which takes random windows, and litdata, which is read in the order of its file.
"""

import argparse
import functools
import importlib
import json
import shutil
import subprocess
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from benchmarks.processes import machine
from stages.packing import best_fit
from stages.shards import PackedRows, TokenizedDocuments, shard_schema, write_shard
from trainer.loader import Loader

LENGTH = 1024
WIDTH = LENGTH + 1
ROWS = 2048
SHARDS = 32
BATCHES = (8, 32)
SECONDS = 0.5
"""Of processor time, at least, for each figure."""
REFERENCE = "np.memmap, fancy gather over a flat file"
Ids = npt.NDArray[np.int64]
Tokens = npt.NDArray[np.uint16]
Pass = Callable[[int], object]
"""Reads about ROWS rows, so many at a time."""


def main() -> None:
    """Measures all readers in processes of their own, and prints a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", default=sys.executable, help="a Python that has the peers")
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks/loader"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--reader", help="measure this one alone, in this process")
    own = parser.parse_args()
    if own.reader:
        print(json.dumps(_measured(READERS[own.reader], own.folder)))
        return
    _write_rows(own.folder)
    found: dict[str, list[list[float]]] = {}
    for _ in range(own.rounds):
        for name in READERS:
            command = [own.peer, "-m", "benchmarks.loader", "--folder", str(own.folder), "--reader", name]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"{name}: skipped, {done.stderr.strip().splitlines()[-1]}")
                continue
            found.setdefault(name, []).append(json.loads(done.stdout.splitlines()[-1]))
    _show({name: np.min(rounds, axis=0).tolist() for name, rounds in found.items()})


def _show(nanoseconds: dict[str, list[float]]) -> None:
    print(f"{machine()}; {ROWS:,} rows of {WIDTH:,} tokens; the same tokens and work in every row\n")
    print(
        "| reader |" + "".join(f" ns a row, {size} a batch | M tokens a CPU-s | times np.memmap |" for size in BATCHES)
    )
    print("|---" * (1 + 3 * len(BATCHES)) + "|")
    for name, each in nanoseconds.items():
        cells = [
            f" {one:,.0f} | {LENGTH / one * 1e3:,.0f} | {reference / one:.2f} |"
            for one, reference in zip(each, nanoseconds[REFERENCE], strict=True)
        ]
        print(f"| {name} |" + "".join(cells))


def _measured(reader: Callable[[Path], Pass], folder: Path) -> list[float]:
    """Nanoseconds of processor time a row, for each size of a batch."""
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    one_pass = reader(folder)
    found = []
    for size in BATCHES:
        one_pass(size)
        passes, before = 0, time.process_time()
        while time.process_time() - before < SECONDS:
            one_pass(size)
            passes += 1
        found.append((time.process_time() - before) / (passes * ROWS) * 1e9)
    return found


def _write_rows(folder: Path) -> None:
    """Writes the shard and a flat file of the same rows."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    lengths = np.maximum(2, generator.lognormal(np.log(466), 1.45, 4 * ROWS)).astype(np.int64)
    lengths = lengths[np.cumsum(lengths) < ROWS * WIDTH]
    lengths = np.append(lengths, ROWS * WIDTH - lengths.sum())
    tokens = generator.zipf(1.3, int(lengths.sum())).clip(0, 16_000).astype(np.uint16)
    ids = np.arange(len(lengths), dtype=np.uint64)
    documents = TokenizedDocuments(ids, tokens, np.cumsum(lengths) - lengths)
    packed = best_fit(lengths, WIDTH)
    write_shard(_shard(folder), shard_schema(LENGTH, 16_384, {}), packed, documents, padding_id=3)
    PackedRows([str(_shard(folder))]).take_tokens(np.arange(ROWS)).tofile(_flat(folder))
    table = pa.ipc.open_file(_shard(folder).read_bytes()).read_all().combine_chunks()
    for number in range(SHARDS):
        path = str(folder / f"shard-{number:02}.arrow")
        with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table.slice(number * ROWS // SHARDS, ROWS // SHARDS))


def _shard(folder: Path) -> Path:
    return folder / "rows.arrow"


def _flat(folder: Path) -> Path:
    return folder / "rows.bin"


def _memory_map(folder: Path) -> Any:
    return np.memmap(_flat(folder), np.uint16, "r").reshape(-1, WIDTH)


def _inputs_and_labels(rows: npt.NDArray[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    whole = torch.from_numpy(rows.astype(np.int64))
    return whole[:, :-1], whole[:, 1:]


@functools.cache
def _order() -> Ids:
    return np.random.default_rng(1).permutation(ROWS)


def _batches_of_ids(size: int) -> Iterator[Ids]:
    for first in range(0, ROWS, size):
        yield _order()[first : first + size]


def _gathered(rows_of: Callable[[Ids], npt.NDArray[Any]]) -> Pass:
    def one_pass(size: int) -> None:
        for ids in _batches_of_ids(size):
            _inputs_and_labels(rows_of(ids))

    return one_pass


def _memmap(folder: Path) -> Pass:
    rows = _memory_map(folder)
    return _gathered(lambda ids: rows[ids])


def _raw_rows(folder: Path) -> Pass:
    return _gathered(PackedRows([str(_shard(folder))]).take_tokens)


def _many_shards(folder: Path) -> Pass:
    return _gathered(PackedRows([str(path) for path in sorted(folder.glob("shard-*.arrow"))]).take_tokens)


def _loader(folder: Path) -> Pass:
    rows = PackedRows([str(_shard(folder))])

    def one_pass(size: int) -> None:
        with closing(Loader(rows, 1, size, size).batches(0)) as batches:
            for _ in islice(batches, ROWS // size):
                pass

    return one_pass


def _nanogpt(folder: Path) -> Pass:
    """Its get_batch: the file is mapped anew for each batch, then one small tensor for each window, twice."""

    def get_batch(size: int) -> tuple[torch.Tensor, torch.Tensor]:
        data = np.memmap(_flat(folder), np.uint16, "r")
        starts = torch.randint(len(data) - LENGTH, (size,))
        inputs = torch.stack([torch.from_numpy(data[start : start + LENGTH].astype(np.int64)) for start in starts])
        labels = torch.stack(
            [torch.from_numpy(data[start + 1 : start + 1 + LENGTH].astype(np.int64)) for start in starts]
        )
        return inputs, labels

    def one_pass(size: int) -> None:
        for _ in range(ROWS // size):
            get_batch(size)

    return one_pass


def _megatron(folder: Path) -> Pass:
    module = importlib.import_module("megatron.core.datasets.indexed_dataset")
    prefix = folder / "megatron"
    if not prefix.with_suffix(".idx").exists():
        builder = module.IndexedDatasetBuilder(str(prefix.with_suffix(".bin")), dtype=np.uint16)
        for row in _memory_map(folder):
            builder.add_item(torch.from_numpy(np.array(row)))
            builder.end_document()
        builder.finalize(str(prefix.with_suffix(".idx")))
    data = module.IndexedDataset(str(prefix))
    return _gathered(lambda ids: np.stack([data[one] for one in ids.tolist()]))


def _mosaic(folder: Path) -> Pass:
    streaming = _streaming()
    importlib.import_module("streaming.base.util").clean_stale_shared_memory()
    target = folder / "mosaic"
    if not target.exists():
        columns = {"tokens": f"ndarray:uint16:{WIDTH}"}
        with streaming.MDSWriter(out=str(target), columns=columns, size_limit=1 << 26) as writer:
            for row in _memory_map(folder):
                writer.write({"tokens": np.array(row)})
    data = streaming.StreamingDataset(local=str(target), remote=None, shuffle=False, batch_size=1)
    return _gathered(lambda ids: np.stack([data[one]["tokens"] for one in ids.tolist()]))


def _streaming() -> Any:
    """The package; without torchvision, which only its data sets of pictures need, and a CPU's torch may not fit."""
    try:
        return importlib.import_module("streaming")
    except (ImportError, RuntimeError):
        contents: dict[str, dict[str, Any]] = {
            "torchvision": {},
            "torchvision.datasets": {"VisionDataset": object},
            "torchvision.transforms": {},
            "torchvision.transforms.functional": {"to_tensor": None},
        }
        for name, content in contents.items():
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__dict__.update(content)
        return importlib.import_module("streaming")


def _litdata(folder: Path) -> Pass:
    litdata = importlib.import_module("litdata")
    loaders = importlib.import_module("litdata.streaming.item_loader")
    writers = importlib.import_module("litdata.streaming.writer")
    target = folder / "litdata"
    if not target.exists():
        target.mkdir()
        loader = loaders.TokensLoader(block_size=WIDTH)
        writer = writers.BinaryWriter(str(target), chunk_size=WIDTH * ROWS, item_loader=loader)
        for number, row in enumerate(_memory_map(folder)):
            writer[number] = torch.from_numpy(np.array(row))
        writer.done()
        writer.merge()
    data = litdata.StreamingDataset(str(target), item_loader=loaders.TokensLoader(block_size=WIDTH), shuffle=False)

    def one_pass(size: int) -> None:
        rows = (row for row in data)  # the data begins anew whenever it is asked for its iterator
        for _ in range(ROWS // size):
            _inputs_and_labels(torch.stack(list(islice(rows, size))).numpy())

    return one_pass


READERS: dict[str, Callable[[Path], Pass]] = {
    REFERENCE: _memmap,
    "Gristmill, raw rows": _raw_rows,
    f"Gristmill, raw rows of {SHARDS} shards": _many_shards,
    "Gristmill, loader: also positions, labels within documents, a thread ahead": _loader,
    "nanoGPT, get_batch": _nanogpt,
    "megatron-core, IndexedDataset": _megatron,
    "litdata, TokensLoader": _litdata,
    "mosaicml-streaming, StreamingDataset": _mosaic,
}


if __name__ == "__main__":
    main()
