"""The end of the tokenizer job: every document and every token must be in a shard, then the manifest is written."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from beam_jobs.tokenizer.corpora import JoinedCorpus, corpora
from beam_jobs.tokenizer.table import mixture_table, show_mixture
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, OutputFile, join, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.ledger import Ledger

STAGES = ("mix", "encode", "pack")
NOT_DRAWN = "not_drawn"


def close(job: Job) -> Manifest:
    """Checks the accounts, writes the manifest and shows tokens, padding and the mixture."""
    every = corpora(job.recipe)
    (trained,) = commits_of(job, "train")
    mixed, encoded, packed = (commits_of(job, phase) for phase in STAGES)
    splits: dict[str, Counter[str]] = {}
    files: dict[str, list[OutputFile]] = {"tokenizer": list(trained.files["tokenizer"])}
    for commit in packed:
        for split, counts in commit.counts["splits"].items():
            splits.setdefault(split, Counter()).update(counts)
            files.setdefault(split, []).extend(commit.files[split])
    files["removals"] = [file for commit in packed for file in commit.files.get("removals", ())]
    ledger = _ledger(every, mixed, encoded, packed)
    ledger.check_closed()
    _check_tokens(encoded, packed)
    if sum(file.rows for file in files["removals"]) != ledger.removed():
        raise GristmillError("the ledger does not close: the removals written are not those that were booked")
    facts = {
        "ledger": ledger.to_json(),
        "splits": {split: dict(sorted(counts.items())) for split, counts in sorted(splits.items())},
        "mixture": mixture_table(encoded, packed, job.recipe.mixture),
        "vocabulary_size": trained.counts["vocabulary_size"],
        "padding_id": trained.counts["padding_id"],
        "sequence_length": job.recipe.tokenizer.packing.sequence_length,
        "corpus": every[0].manifest.sha256,
        "corpora": {corpus.member.folder: corpus.manifest.sha256 for corpus in every[1:]},
        "recipe": job.recipe.tokenizer.model_dump(mode="json"),
        "mixture_recipe": job.recipe.mixture.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "libraries": dict(job.libraries),
    }
    manifest = write_manifest(job.folder, Manifest(job.name, files, facts))
    _show(job, ledger, facts)
    return manifest


def _ledger(
    every: Sequence[JoinedCorpus], mixed: Sequence[Commit], encoded: Sequence[Commit], packed: Sequence[Commit]
) -> Ledger:
    ledger = Ledger(STAGES)
    documents = sum(corpus.documents for corpus in every)
    for commit in mixed:
        ledger.add(commit.counts["ledger"])
    if not mixed:
        ledger.keep("mix", documents)
    if ledger.stages["mix"].read != documents:
        raise GristmillError("the ledger does not close: the corpora have other documents than their manifests say")
    ledger.stages["encode"].read = ledger.stages["mix"].kept
    ledger.stages["encode"].kept = sum(commit.counts["documents"] for commit in encoded)
    kept = sum(counts["documents"] for commit in packed for counts in commit.counts["splits"].values())
    ledger.keep("pack", kept)
    if left_out := sum(commit.counts["not_drawn"]["documents"] for commit in packed):
        ledger.remove("pack", NOT_DRAWN, left_out)
    return ledger


def _check_tokens(encoded: Sequence[Commit], packed: Sequence[Commit]) -> None:
    tokens = sum(commit.counts["tokens"] for commit in encoded)
    in_shards = sum(counts["tokens"] for commit in packed for counts in commit.counts["splits"].values())
    copied = sum(commit.counts["copied_tokens"] for commit in packed)
    left_out = sum(commit.counts["not_drawn"]["tokens"] for commit in packed)
    if tokens != in_shards - copied + left_out:
        raise GristmillError("the ledger does not close: tokens were lost between encoding and packing")


def _show(job: Job, ledger: Ledger, facts: dict[str, Any]) -> None:
    rows = [
        (
            split,
            counts["documents"],
            counts["tokens"],
            counts["rows"],
            f"{counts['padding'] / max(counts['tokens'] + counts['padding'], 1):.2%}",
            f"{counts['text_bytes'] / max(counts['tokens'], 1):.2f}",
        )
        for split, counts in facts["splits"].items()
    ]
    if ledger.removed():
        show_table("from the corpora to the shards", ("stage", "read", "kept", "removed most"), ledger.funnel())
    header = ("split", "documents", "tokens", "rows", "padding", "bytes/token")
    show_table(f"tokenizer: {facts['vocabulary_size']:,} tokens, packed shards", header, rows)
    show_mixture(facts["mixture"])
    for name in ("tokenizer", *facts["splits"], "manifest.json"):
        say(f"  {join(job.folder, name)}")
