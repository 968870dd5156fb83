"""The search for duplicates over millions of made documents: seconds of each phase, and the memory of all processes.

    python -m benchmarks.near_duplicate_scale build/benchmarks/scale [--documents 5000000] [--workers 2] [--rounds]

Every text is a function of its number alone. Of a thousand documents 646 are like no other; 200 are in families of
four with a word or two changed; 80 are of one page with one word changed, a component that no unit should hold; 24 are
copies of one text; 50 are links of a chain, each alike to the next. `--rounds` joins the components by rounds of large
and small stars, as where one unit cannot hold the graph. The hash of all results is printed: it must be the same.
"""

import argparse
import hashlib
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from beam_jobs.command import JobCommand, run_job
from beam_jobs.corpus import definition
from beam_jobs.corpus.candidates import candidate_writer, signature_settings
from beam_jobs.corpus.duplicates import clusters
from beam_jobs.units import Job, Outputs, Phase, Planned, Unit
from benchmarks import near_duplicate_stage
from stages.artifacts import read_manifest
from stages.near_duplicates.signatures import mix64
from stages.recipe import Recipe

Int64 = npt.NDArray[np.int64]

DOCUMENTS_PER_UNIT = 50_000
VOCABULARY = 50_000
WORDS, PAGE_WORDS, LINK_WORDS = 60, 150, 40
FAMILY = 4
LINKS, STEP = 50, 2
RECIPE = """
name = "scale"
output = "{output}"
[[corpus.sources]]
name = "made"
format = "text"
paths = ["{documents}"]
[corpus.near_duplicates]
keep_text = false
"""


def main() -> None:
    """Runs the job in a process of its own and prints what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("--documents", type=int, default=5_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", action="store_true")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    own = parser.parse_args()
    if own.in_this_process:
        run_job(BY_ROUNDS if own.rounds else COMMAND, ["--recipe", str(_recipe(own)), "--workers", str(own.workers)])
        return
    from benchmarks.processes import machine, run

    shutil.rmtree(own.output, ignore_errors=True)
    own.output.mkdir(parents=True)
    cost = run([sys.executable, "-m", "benchmarks.near_duplicate_scale", *sys.argv[1:], "--in-this-process"])
    print(f"{machine()}; {own.documents:,} documents, {own.workers} workers")
    for name, units, seconds in re.findall(
        r"^corpus: ([\w-]+): (\d+) units, [\d.]+ MB, ([\d.]+) s$", cost.output, re.M
    ):
        print(f"{name:<24} {int(units):>5} units {float(seconds):>8.1f} s")
    print(
        f"wall {cost.wall:.0f} s, CPU {cost.cpu:.0f} s, all processes together at most {cost.worker_megabytes:.0f} MB"
    )
    manifest = read_manifest(str(own.output / "corpus"), "corpus")
    rows = {kind: sum(file.rows for file in files) for kind, files in manifest.files.items()}
    every = hashlib.sha256("".join(file.sha256 for files in manifest.files.values() for file in files).encode())
    print(f"kept {rows['documents']:,}, removed {rows['removals']:,}; hash of all results {every.hexdigest()[:16]}")


def _recipe(own: argparse.Namespace) -> Path:
    path = Path(own.output) / "recipe.toml"
    path.write_text(RECIPE.format(output=own.output.absolute(), documents=own.documents))
    return path


def plan(job: Job) -> list[Planned]:
    """Ranges of numbers of documents."""
    documents = int(job.recipe.corpus.sources[0].paths[0])
    return [
        Planned({"start": start, "stop": min(start + DOCUMENTS_PER_UNIT, documents)}, WORDS * 6 * DOCUMENTS_PER_UNIT)
        for start in range(0, documents, DOCUMENTS_PER_UNIT)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Makes the texts of a range and writes them as candidates."""
    numbers = range(unit.inputs["start"], unit.inputs["stop"])
    with candidate_writer(outputs, job.recipe.corpus.near_duplicates) as candidates:
        for number, text in zip(numbers, _texts(numbers), strict=True):
            document_id, origin = int(_mixed(np.array([number]), 7)[0]), {"file": "made", "offset": number}
            candidates.add(near_duplicate_stage.candidate(document_id, "made", f"{number}", origin, text))
    return {"candidates": len(numbers)}


def _texts(numbers: range) -> Iterator[str]:
    vocabulary = [f"w{number:x}" for number in range(VOCABULARY)]
    for number in numbers:
        yield " ".join([vocabulary[word] for word in _words(number).tolist()])


def _words(number: int) -> Int64:
    kind, group = number % 1000, number // 1000
    if kind < 80:
        return _changed(_drawn(1, PAGE_WORDS), number, 1)
    if kind < 104:
        return _drawn(2, WORDS)
    if kind < 104 + LINKS:
        place = (kind - 104) * STEP
        return _drawn(3 + group * 8, LINK_WORDS + LINKS * STEP)[place : place + LINK_WORDS]
    if kind < 354:
        family = (group * 1000 + kind) // FAMILY
        return _changed(_drawn(4 + family * 8, WORDS), number, 1 + number % 2)
    return _drawn(5 + number * 8, WORDS)


def _drawn(seed: int, count: int) -> Int64:
    """Numbers of words, a function of the seed and the place."""
    words: Int64 = (_mixed(np.arange(count), seed) % np.uint64(VOCABULARY)).astype(np.int64)
    return words


def _changed(words: Int64, number: int, count: int) -> Int64:
    for change in range(count):
        place, word = _mixed(np.array([0, 1]), number * 8 + 6 + change).tolist()
        words[place % len(words)] = word % VOCABULARY
    return words


def _mixed(values: Int64, seed: int) -> npt.NDArray[np.uint64]:
    return mix64(values.astype(np.uint64) + mix64(np.array([seed], np.uint64)))


def phases() -> Sequence[Phase]:
    """The phases of the corpus job, with made documents in the place of extraction."""
    own = Phase("extract", plan, work, lambda recipe: signature_settings(recipe.corpus.near_duplicates))
    return [own, *near_duplicate_stage.phases()[1:]]


def phases_by_rounds() -> Sequence[Phase]:
    """The same, with components joined by rounds."""
    rounds = Phase("clusters", plan_by_rounds, clusters.work, clusters.settings)
    return [rounds if phase.name == "clusters" else phase for phase in phases()]


def plan_by_rounds(job: Job) -> list[Planned]:
    """The plan of `clusters` where one unit holds no edges at all."""
    clusters.EDGES_IN_ONE_UNIT = 0
    return clusters.plan(job)


def inputs(recipe: Recipe) -> Any:
    """The number of documents."""
    return list(recipe.corpus.sources[0].paths)


COMMAND = JobCommand(
    "corpus", definition.LIBRARIES, inputs, phases, near_duplicate_stage.close, rounds=definition.rounds
)
BY_ROUNDS = JobCommand(
    "corpus", definition.LIBRARIES, inputs, phases_by_rounds, near_duplicate_stage.close, rounds=definition.rounds
)

if __name__ == "__main__":
    from benchmarks import near_duplicate_scale  # workers know its phases by this name, not by __main__

    near_duplicate_scale.main()
