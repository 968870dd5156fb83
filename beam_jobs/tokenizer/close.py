"""The end of the tokenizer job: every document and every token must be in a shard, then the manifest is written."""

from collections import Counter
from typing import Any

from beam_jobs.tokenizer.documents import corpus_manifest
from beam_jobs.units import Job, commits_of
from stages.artifacts import Manifest, OutputFile, join, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.ledger import Ledger


def close(job: Job) -> Manifest:
    """Checks the accounts, writes the manifest and shows tokens and padding."""
    corpus = corpus_manifest(job)
    (trained,) = commits_of(job, "train")
    encoded, packed = commits_of(job, "encode"), commits_of(job, "pack")
    splits: dict[str, Counter[str]] = {}
    files: dict[str, list[OutputFile]] = {"tokenizer": list(trained.files["tokenizer"])}
    for commit in packed:
        for split, counts in commit.counts["splits"].items():
            splits.setdefault(split, Counter()).update(counts)
            files.setdefault(split, []).extend(commit.files[split])
    ledger = _ledger(sum(file.rows for file in corpus.files["documents"]), encoded, splits)
    ledger.check_closed()
    tokens = sum(commit.counts["tokens"] for commit in encoded)
    if tokens != sum(counts["tokens"] for counts in splits.values()):
        raise GristmillError("the ledger does not close: tokens were lost between encoding and packing")
    facts = {
        "ledger": ledger.to_json(),
        "splits": {split: dict(sorted(counts.items())) for split, counts in sorted(splits.items())},
        "vocabulary_size": trained.counts["vocabulary_size"],
        "padding_id": trained.counts["padding_id"],
        "sequence_length": job.recipe.tokenizer.packing.sequence_length,
        "corpus": corpus.sha256,
        "recipe": job.recipe.tokenizer.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "libraries": dict(job.libraries),
    }
    manifest = write_manifest(job.folder, Manifest(job.name, files, facts))
    _show(job, facts)
    return manifest


def _ledger(documents: int, encoded: Any, splits: dict[str, Counter[str]]) -> Ledger:
    ledger = Ledger(("encode", "pack"))
    ledger.stages["encode"].read = documents
    ledger.stages["encode"].kept = sum(commit.counts["documents"] for commit in encoded)
    ledger.keep("pack", sum(counts["documents"] for counts in splits.values()))
    return ledger


def _show(job: Job, facts: dict[str, Any]) -> None:
    rows = [
        (
            split,
            counts["documents"],
            counts["tokens"],
            counts["rows"],
            f"{counts['padding'] / (counts['tokens'] + counts['padding']):.2%}",
            f"{counts['text_bytes'] / counts['tokens']:.2f}",
        )
        for split, counts in facts["splits"].items()
    ]
    header = ("split", "documents", "tokens", "rows", "padding", "bytes/token")
    show_table(f"tokenizer: {facts['vocabulary_size']:,} tokens, packed shards", header, rows)
    for name in ("tokenizer", *facts["splits"], "manifest.json"):
        say(f"  {join(job.folder, name)}")
