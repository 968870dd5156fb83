"""Near-duplicates of the same documents by four peers: what each costs, and what it finds and removes.

    python -m benchmarks.near_duplicate_peers build/benchmarks/duplicates.jsonl build/benchmarks/found \
        --peer build/benchmarks/peers/bin/python --text-dedup build/benchmarks/text-dedup/bin/python

All with words in fives, 112 values, 14 bands of 8 rows:

* datatrove: its four stages with FineWeb's settings (SHA-1 of 64 bits), on two workers;
* text-dedup: its `minhash` command, with two processes;
* rensa and datasketch: the shortest loop that one would write, in one process: a document is removed if the index has
  an earlier one in one of its buckets, and then it is put into the index; no pair is compared;
* Gristmill: `benchmarks.near_duplicate_stage`, with one worker and with two.

The cost of a peer is that of a process and all processes under it, from its start to its end; memory is what all of
them hold together (PSS). What it found lies in the files that `benchmarks.near_duplicate_truth --found` reads.
"""

import argparse
import json
import pickle
import re
import resource
import shutil
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import IO, Any

# A peer's process imports this file too: what only the measuring process needs is imported where it is used, so that
# its start is not counted as the peer's work.

BANDS, ROWS, WORDS = 14, 8, 5
WORKERS = 2
THRESHOLD = 0.8
"""What rensa asks for; its buckets do not depend on it."""
CHUNK = 1000
"""Documents whose shingles are in memory at once."""

Pair = tuple[str, str]


def main() -> None:
    """Runs the peers one after the other and prints a table; or runs one of them in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--peer", default="", help="a Python with datatrove, rensa and datasketch")
    parser.add_argument("--text-dedup", default="", help="a Python with text-dedup")
    parser.add_argument("--gristmill", default=sys.executable, help="a Python with Gristmill")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--editions", type=int, default=1, help="take all documents so often, each time in other words")
    parser.add_argument("--in-this-process", choices=IN_PROCESS, help=argparse.SUPPRESS)
    own = parser.parse_args()
    if own.in_this_process:
        IN_PROCESS[own.in_this_process](own.documents, _work_folder(own.output, own.in_this_process))
        return
    own.output.mkdir(parents=True, exist_ok=True)
    if own.editions > 1:
        own.documents = _in_editions(own.documents, own.editions, own.output / "documents.jsonl")
    print("| tool | CPU s | wall s | peak MB | kept | removed |")
    print("|---|---|---|---|---|---|")
    notes = [_measured(tool, own) for tool in own.tools]
    print("\n".join(note for note in notes if note))


def _measured(tool: str, own: argparse.Namespace) -> str:
    """Runs a tool, prints its row, writes what it found, and returns what it said of itself."""
    from benchmarks.processes import run

    work = _work_folder(own.output, tool)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    command = TOOLS[tool](own, work)
    if not command[0]:
        return f"{tool}: skipped, no Python that has it was named"
    cost = run(["env", f"HF_HOME={work / 'cache'}", "HF_HUB_OFFLINE=1", "HF_DATASETS_OFFLINE=1", *command])
    ids = [name for part in _parts(own.documents, 1) for name, _ in part]
    kept = FOUND[tool](own.output / tool, work, ids)
    figures = f"{cost.cpu:.1f} | {cost.wall:.1f} | {cost.worker_megabytes:.0f}"
    print(f"| {tool} | {figures} | {kept:,} | {len(ids) - kept:,} |", flush=True)
    return "\n".join(line for line in cost.output.splitlines() if line.startswith(f"{tool}, "))


def _in_editions(documents: Path, editions: int, path: Path) -> Path:
    """More documents of the same kind: in every edition but the first a sign is put at the end of each word."""
    with path.open("w", encoding="utf-8") as file:
        for edition in range(editions):
            sign = f"\\g<0>{edition}" if edition else "\\g<0>"
            for name, text in _read(documents):
                row = {"id": f"{name} {edition}", "text": re.sub(r"\w+", sign, text)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _work_folder(output: Path, tool: str) -> Path:
    return (output / "work" / tool).absolute()


def _in_process(tool: str) -> Callable[[argparse.Namespace, Path], list[str]]:
    def command(own: argparse.Namespace, work: Path) -> list[str]:
        if tool == "datatrove":
            _write_parts(own.documents, work / "input")
        module = ["-m", "benchmarks.near_duplicate_peers", str(own.documents), str(own.output)]
        return [own.peer, *module, "--in-this-process", tool]

    return command


def _text_dedup_command(own: argparse.Namespace, work: Path) -> list[str]:
    files = ["--path", "json", "--data_files", str(own.documents.absolute()), "--split", "train"]
    folders = ["--cache_dir", str(work / "cache"), "--output", str(work / "output")]
    settings = ["--b", str(BANDS), "--r", str(ROWS), "--num_perm", str(BANDS * ROWS), "--ngram", str(WORDS)]
    other = [
        "--column",
        "text",
        "--idx_column",
        "id",
        "--min_length",
        str(WORDS),
        "--num_proc",
        str(WORKERS),
        "--debug",
    ]
    return [own.text_dedup, "-m", "text_dedup.minhash", *files, *folders, *settings, *other]


# What is run by a peer's Python.


def _run_datatrove(_: Path, work: Path) -> None:
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers.jsonl import JsonlWriter
    from datatrove.utils.hashing import HashConfig

    folder = {name: str(work / name) for name in ("input", "signatures", "buckets", "clusters", "kept", "removed")}
    hashing = HashConfig(hash_fc="sha1", precision=64)
    config = MinhashConfig(n_grams=WORDS, num_buckets=BANDS, hashes_per_bucket=ROWS, hash_config=hashing)
    removed = JsonlWriter(folder["removed"], compression=None)
    stages: list[tuple[str, int, list[Any]]] = [
        ("signatures", WORKERS, [JsonlReader(folder["input"]), MinhashDedupSignature(folder["signatures"], config)]),
        ("buckets", BANDS, [MinhashDedupBuckets(folder["signatures"], folder["buckets"], config=config)]),
        ("cluster", 1, [MinhashDedupCluster(folder["buckets"], folder["clusters"], config, save_cluster_id=True)]),
        (
            "filter",
            WORKERS,
            [
                JsonlReader(folder["input"]),
                MinhashDedupFilter(folder["clusters"], exclusion_writer=removed),
                JsonlWriter(folder["kept"], compression=None),
            ],
        ),
    ]
    for name, tasks, steps in stages:
        before, started = _used_by_children(), time.perf_counter()
        # Forked, so that the workers are children of this process and their time is counted. Those of datatrove's own
        # choice, forkserver, are not; they cost the same or more.
        settings = {"workers": min(tasks, WORKERS), "logging_dir": str(work / "logs" / name), "start_method": "fork"}
        LocalPipelineExecutor(steps, tasks=tasks, **settings).run()
        wall = time.perf_counter() - started
        print(f"datatrove, {name}: {_used_by_children() - before:.1f} CPU s in its workers, {wall:.1f} s wall")


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run_rensa(documents: Path, work: Path) -> None:
    import importlib

    rensa = importlib.import_module("rensa")
    index = rensa.RMinHashLSH(threshold=THRESHOLD, num_perm=BANDS * ROWS, num_bands=BANDS)

    def sign(sets: list[list[str]]) -> Iterable[Any]:
        signatures: Iterable[Any] = rensa.RMinHash.from_token_sets(sets, num_perm=BANDS * ROWS, seed=1)
        return signatures

    _remove_what_has_an_earlier_match(documents, work, sign, index)


def _run_datasketch(documents: Path, work: Path) -> None:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))

    def sign(sets: list[list[str]]) -> Iterable[Any]:
        encoded = ([shingle.encode() for shingle in one] for one in sets)
        signatures: Iterable[Any] = MinHash.bulk(encoded, num_perm=BANDS * ROWS)
        return signatures

    _remove_what_has_an_earlier_match(documents, work, sign, index)


def _remove_what_has_an_earlier_match(
    documents: Path, work: Path, sign: Callable[[list[list[str]]], Iterable[Any]], index: Any
) -> None:
    """Writes the documents that stay, and pairs of a document's number and that of an earlier one in the index."""
    from benchmarks.near_duplicate_signatures import python_shingles

    number = 0
    with (work / "pairs.tsv").open("w") as pairs, (work / "kept.jsonl").open("w", encoding="utf-8") as kept:
        for chunk in _chunks(_read(documents)):
            for row, signature in zip(chunk, sign([python_shingles(text) for _, text in chunk]), strict=True):
                earlier = index.query(signature)
                pairs.writelines(f"{one}\t{number}\n" for one in earlier)
                if not earlier:
                    kept.write(json.dumps({"id": row[0], "text": row[1]}, ensure_ascii=False) + "\n")
                index.insert(number, signature)
                number += 1


def _chunks(rows: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    chunk: list[tuple[str, str]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


# What is read out of the files that a peer leaves.


def _read(documents: Path) -> Iterator[tuple[str, str]]:
    with documents.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["id"], row["text"]


def _parts(documents: Path, number: int) -> list[list[tuple[str, str]]]:
    """The documents in so many parts of equal length, in order."""
    rows = list(_read(documents))
    size = -(-len(rows) // number)
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _write_parts(documents: Path, folder: Path) -> None:
    """A file for each worker of datatrove, for which a file is the smallest unit of work."""
    folder.mkdir()
    for number, part in enumerate(_parts(documents, WORKERS)):
        with (folder / f"{number}.jsonl").open("w", encoding="utf-8") as file:
            for name, text in part:
                file.write(json.dumps({"id": name, "text": text}, ensure_ascii=False) + "\n")


def _datatrove_found(name: Path, work: Path, ids: Sequence[str]) -> int:
    size = -(-len(ids) // WORKERS)
    ranks = [ids[start : start + size] for start in range(0, len(ids), size)]
    clusters, removed = [], []
    for rank, documents in enumerate(ranks):
        file = work / "clusters" / f"{rank:06d}"
        clusters += [(documents[one], str(label)) for one, label in _integers(file.with_suffix(".clusters"), 2)]
        removed += [documents[one] for (one,) in _integers(file.with_suffix(".remove"), 1)]
    _write(name, "clusters", clusters)
    _write(name, "removed", ([one] for one in removed))
    _write(name, "pairs", sorted({pair for groups in _buckets(work, ranks) for pair in _pairs(groups)}))
    kept = sum(file.read_bytes().count(b"\n") for file in (work / "kept").iterdir())
    if kept != len(ids) - len(removed):
        raise SystemExit(f"datatrove wrote {kept} documents, and removed {len(removed)} of {len(ids)}")
    return kept


def _integers(path: Path, columns: int) -> list[tuple[int, ...]]:
    return list(struct.iter_unpack(f"<{columns}I", path.read_bytes()))


def _buckets(work: Path, ranks: Sequence[Sequence[str]]) -> Iterator[list[list[str]]]:
    """For each bucket, the documents that have all its hashes in common."""
    row = struct.Struct(f"<{ROWS}QI")
    for folder in sorted((work / "signatures").iterdir()):
        groups: dict[tuple[int, ...], list[str]] = {}
        for file in sorted(folder.iterdir()):
            documents = ranks[int(file.name.split(".")[0])]
            for *hashes, one in row.iter_unpack(file.read_bytes()):
                groups.setdefault(tuple(hashes), []).append(documents[one])
        yield [group for group in groups.values() if len(group) > 1]


def _pairs(groups: Iterable[list[str]]) -> Iterator[Pair]:
    for group in groups:
        yield from combinations(sorted(group), 2)


def _text_dedup_found(name: Path, work: Path, ids: Sequence[str]) -> int:
    import pyarrow as pa

    parents = _parents(work / "output" / "uf.pkl")
    roots = {one: _root(one, parents) for one in parents}
    labels = {root: str(number) for number, root in enumerate(sorted(set(roots.values())))}
    kept: set[str] = set()
    for file in sorted((work / "output").glob("*.arrow")):
        with pa.OSFile(str(file)) as source:
            kept.update(pa.ipc.open_stream(source).read_all()["id"].to_pylist())
    sizes = Counter(roots.values())
    _write(name, "clusters", ((one, labels[root]) for one, root in sorted(roots.items()) if sizes[root] > 1))
    _write(name, "removed", ([one] for one in sorted(set(ids) - kept)))
    return len(kept)


class _Parents(pickle.Unpickler):
    """Reads text-dedup's union-find without text-dedup."""

    def find_class(self, module: str, name: str) -> Any:
        return argparse.Namespace if name == "UnionFind" else super().find_class(module, name)


def _parents(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        parents: dict[str, str] = _Parents(file).load().parent
    return parents


def _root(one: str, parents: dict[str, str]) -> str:
    while parents[one] != one:
        one = parents[one]
    return one


def _index_found(name: Path, work: Path, ids: Sequence[str]) -> int:
    with (work / "pairs.tsv").open() as file:
        pairs = [(int(earlier), int(later)) for earlier, later in (line.split() for line in file)]
    removed = sorted({later for _, later in pairs})
    _write(name, "pairs", ((ids[earlier], ids[later]) for earlier, later in pairs))
    _write(name, "removed", ([ids[one]] for one in removed))
    return len(ids) - len(removed)


def _write(name: Path, kind: str, rows: Iterable[Sequence[str]]) -> None:
    file: IO[str]
    with name.with_name(f"{name.name}.{kind}.tsv").open("w", encoding="utf-8") as file:
        file.writelines("\t".join(row) + "\n" for row in rows)


def _gristmill_command(workers: int) -> Callable[[argparse.Namespace, Path], list[str]]:
    def command(own: argparse.Namespace, work: Path) -> list[str]:
        module = ["-m", "benchmarks.near_duplicate_stage", str(own.documents), str(work)]
        return [own.gristmill, *module, "--workers", str(workers)]

    return command


def _gristmill_found(name: Path, work: Path, ids: Sequence[str]) -> int:
    """Pairs are those that share a band, as the peers' are; removed are those that one that stays is reason for."""
    import pyarrow.parquet as pq

    from beam_jobs.shuffle import read_all_parts

    corpus = work / "corpus"
    titles: dict[int, str] = {}
    for ordinal, path in enumerate(sorted((corpus / "work" / "extract" / "candidates").iterdir())):
        rows = pq.read_table(path, columns=["title"]).column("title").to_pylist()
        titles.update({ordinal << 32 | row: title for row, title in enumerate(rows)})
    pairs: set[Pair] = set()
    for path in sorted((corpus / "work" / "buckets" / "_done").iterdir()):
        marker = json.loads(path.read_text())
        if marker["inputs"]["column"].startswith("band_"):
            stars = read_all_parts(str(corpus / marker["files"]["stars"][0]["path"])).to_pydict()
            groups: dict[int, list[str]] = {}
            for centre, member in zip(stars["centre"], stars["member"], strict=True):
                groups.setdefault(centre, []).append(titles[member])
            pairs.update(_pairs(groups.values()))
    _write(name, "pairs", sorted(pairs))
    removed = pq.read_table(corpus / "removals", columns=["title"]).column("title").to_pylist()
    _write(name, "removed", ([one] for one in removed))
    return len(ids) - len(removed)


TOOLS: dict[str, Callable[[argparse.Namespace, Path], list[str]]] = {
    "datatrove": _in_process("datatrove"),
    "text-dedup": _text_dedup_command,
    "rensa": _in_process("rensa"),
    "datasketch": _in_process("datasketch"),
    "gristmill, 1 worker": _gristmill_command(1),
    "gristmill, 2 workers": _gristmill_command(2),
}
"""What is run, by the name of the tool."""

IN_PROCESS = {"datatrove": _run_datatrove, "rensa": _run_rensa, "datasketch": _run_datasketch}

FOUND: dict[str, Callable[[Path, Path, Sequence[str]], int]] = {
    "datatrove": _datatrove_found,
    "text-dedup": _text_dedup_found,
    "rensa": _index_found,
    "datasketch": _index_found,
    "gristmill, 1 worker": _gristmill_found,
    "gristmill, 2 workers": _gristmill_found,
}
"""Writes what a tool found in the common form, and returns how many documents it kept."""

if __name__ == "__main__":
    main()
