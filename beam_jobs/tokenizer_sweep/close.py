"""The end of the sweep: what each tokenizer is worth and what it costs a model, as JSON, a plot and a table."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from beam_jobs.tokenizer.measures import sample_facts, show_sample
from beam_jobs.tokenizer_sweep.compare import MODELS
from beam_jobs.tokenizer_sweep.plot import drawn
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, OutputFile, join, write_bytes, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.model_size import model_size

RESULTS, PLOT = "results.json", "sweep.png"
KEPT = ("all", "languages", "sources")
"""Of the measures."""


def close(job: Job) -> Manifest:
    """Writes results, plot and manifest, and shows the table; GristmillError if no tokenizer could be trained."""
    compared = commits_of(job, "compare")
    rows = [_row(job, commit) for commit in compared]
    measured = [row for row in rows if "problem" not in row]
    if not measured:
        raise GristmillError(f"no tokenizer of the sweep could be trained; the first: {rows[0]['problem']}")
    files = {
        MODELS: [file for commit in compared for file in commit.files.get(MODELS, ())],
        "results": [_write(job, RESULTS, _json(rows)), _write(job, PLOT, drawn(measured, job.recipe.name))],
    }
    (sampled,) = commits_of(job, "sample")
    facts = {
        "sample": sample_facts(job),
        "seen": sampled.counts["seen"],
        "recipe": job.recipe.tokenizer.model_dump(mode="json", exclude={"packing", "pretrained"}),
        "model": job.recipe.pretrain.model.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "libraries": dict(job.libraries),
    }
    manifest = write_manifest(job.folder, Manifest(job.name, files, facts))
    show_sample(facts["sample"])
    _show(job, rows, [commit.counts.get("seconds", 0.0) for commit in compared])
    return manifest


def _row(job: Job, commit: Commit) -> dict[str, Any]:
    """A tokenizer with its measures and its parameters; or with what kept it from being trained."""
    row = {key: commit.inputs[key] for key in ("model", "vocabulary_size")}
    if "problem" in commit.counts:
        return {**row, "problem": commit.counts["problem"]}
    measures = commit.counts["measures"]
    size = model_size(job.recipe.pretrain.model, measures["vocabulary_size"])
    return {
        **row,
        "tokens": measures["vocabulary_size"],
        **{key: measures[key] for key in KEPT},
        "embedding_parameters": size.embedding,
        "parameters": size.all,
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _write(job: Job, name: str, data: bytes) -> OutputFile:
    write_bytes(join(job.folder, name), data)
    return OutputFile(name, len(data), hashlib.sha256(data).hexdigest(), 0)


def _show(job: Job, rows: Sequence[Mapping[str, Any]], seconds: Sequence[float]) -> None:
    trained = [(row, taken) for row, taken in zip(rows, seconds, strict=True) if "problem" not in row]
    cells = [
        (
            row["model"],
            row["vocabulary_size"],
            row["tokens"],
            f"{row['all']['bytes_per_token']:.3f}",
            f"{row['all']['fertility']:.3f}",
            f"{row['all']['coverage']:.2%}",
            f"{row['all']['vocabulary_used']:.1%}",
            row["embedding_parameters"],
            f"{row['embedding_parameters'] / row['parameters']:.1%}",
            f"{taken:.1f}",
        )
        for row, taken in trained
    ]
    header = ("model", "asked", "tokens", "bytes/token", "tokens/word", "coverage", "used", "embedding", "share", "s")
    measured = trained[0][0]["all"]["bytes"]
    show_table(f"tokenizers of the sweep, measured on {measured / 1e6:,.1f} MB of text", header, cells)
    for row in rows:
        if "problem" in row:
            say(f"not trained: {row['model']}, {row['vocabulary_size']:,}: {row['problem']}")
    width = job.recipe.pretrain.model.width
    say(f"embedding: parameters of the vocabulary in a model of pretrain.model.width = {width}, and their share of all")
    for name in (RESULTS, PLOT):
        say(f"  {join(job.folder, name)}")
