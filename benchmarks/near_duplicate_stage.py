"""The search for duplicates by itself, over documents that are text already: what near_duplicate_peers runs of us.

    python -m benchmarks.near_duplicate_stage build/benchmarks/duplicates.jsonl OUTPUT [--workers 2] [--set KEY=VALUE]

The corpus job without what comes before the search: a first phase reads JSON lines and writes candidates with their
signatures as `extract` does, the others are the job's own, to the documents and removals on disk. By default it does no
more than the peers do: no split, no index for later runs. Results are in OUTPUT/corpus, and beside it `pairs.tsv`, the
pairs that share a bucket, `clusters.tsv`, the components, and `removed.tsv`, by the ids of the documents.
"""

import argparse
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from beam_jobs.command import JobCommand, run_job
from beam_jobs.corpus import definition
from beam_jobs.corpus.candidates import candidate_writer, signature_settings
from beam_jobs.corpus.tables import CANDIDATE_SCHEMA
from beam_jobs.units import Job, Outputs, Phase, Planned, Unit
from stages.artifacts import Manifest
from stages.document import identifier
from stages.recipe import Recipe
from stages.sources.files import status_of
from stages.sources.span import spans

UNIT_BYTES = 4_000_000
RECIPE = """
name = "benchmark"
output = "{output}"
[[corpus.sources]]
name = "documents"
format = "jsonl"
paths = ["{documents}"]
[corpus.split]
validation = 0.0
test = 0.0
[corpus.near_duplicates]
write_index = false
keep_text = false
"""


def main() -> None:
    """Runs the search and, unless told otherwise, writes what it found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("documents", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    own = parser.parse_args()
    own.output.mkdir(parents=True, exist_ok=True)
    recipe = own.output / "recipe.toml"
    recipe.write_text(RECIPE.format(output=own.output.absolute(), documents=own.documents.absolute()))
    settings = [argument for one in own.set for argument in ("--set", one)]
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(own.workers), *settings])


def plan(job: Job) -> list[Planned]:
    """Byte ranges of the file of documents."""
    path = job.recipe.corpus.sources[0].paths[0]
    size = status_of(path, job.recipe.corpus.reading.http).size
    return [
        Planned({"path": path, "start": span.start, "stop": span.stop}, span.stop - span.start)
        for span in spans("jsonl", path, size, UNIT_BYTES)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Reads a range of lines and writes them as candidates."""
    source = job.recipe.corpus.sources[0].name
    count = 0
    with candidate_writer(outputs, job.recipe.corpus.near_duplicates) as candidates:
        for offset, line in _lines(unit):
            row = json.loads(line)
            origin = {"file": unit.inputs["path"], "offset": offset}
            candidates.add(candidate(identifier(row["id"]), source, row["id"], origin, row["text"]))
            count += 1
    return {"candidates": count}


def candidate(document_id: int, source: str, title: str, origin: dict[str, Any], text: str) -> dict[str, Any]:
    """A row of candidates of which no more is known."""
    known = {"id": document_id, "source": source, "title": title, "origin": origin, "text": text}
    return {**dict.fromkeys(CANDIDATE_SCHEMA.names), "language": "", "language_score": 1.0, "edits": [], **known}


def _lines(unit: Unit) -> Iterator[tuple[int, bytes]]:
    """The lines that begin in the unit's range, and where."""
    start, stop = unit.inputs["start"], unit.inputs["stop"]
    with Path(unit.inputs["path"]).open("rb") as file:
        if start:
            file.seek(start - 1)
            file.readline()
        while (offset := file.tell()) < stop and (line := file.readline()):
            yield offset, line


def phases() -> Sequence[Phase]:
    """The phases of the corpus job, with reading in the place of extraction."""
    own = Phase("extract", plan, work, lambda recipe: signature_settings(recipe.corpus.near_duplicates))
    return [own, *itertools.dropwhile(lambda phase: phase.name != "gather", definition.phases())]


def inputs(recipe: Recipe) -> Any:
    """The file of documents."""
    return list(recipe.corpus.sources[0].paths)


def close(job: Job) -> Manifest:
    """No ledger: what came before is not there."""
    from beam_jobs.units import commits_of
    from stages.artifacts import write_manifest

    finished = commits_of(job, "finish")
    kinds = ("documents", "removals")
    return write_manifest(
        job.folder, Manifest(job.name, {kind: [one.files[kind][0] for one in finished] for kind in kinds})
    )


COMMAND = JobCommand("corpus", definition.LIBRARIES, inputs, phases, close, rounds=definition.rounds)

if __name__ == "__main__":
    from benchmarks import near_duplicate_stage  # workers know its phases by this name, not by __main__

    near_duplicate_stage.main()
