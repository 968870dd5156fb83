"""The end of the tokenizer job: every document and every token must be in a shard, then the manifest is written."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from beam_jobs.tokenizer.corpora import JoinedCorpus, corpora
from beam_jobs.tokenizer.measures import sample_facts, show_report, show_sample, write_report
from beam_jobs.tokenizer.table import mixture_table, show_mixture
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, OutputFile, join, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.ledger import Ledger

STAGES = ("mix", "encode", "pack")
NOT_DRAWN, HELD_OUT = "not_drawn", "held_out"


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
    files[HELD_OUT] = [file for commit in packed for file in commit.files.get(HELD_OUT, ())]
    files["removals"] = [file for commit in packed for file in commit.files.get("removals", ())]
    ledger = _ledger(every, mixed, encoded, packed)
    ledger.check_closed()
    lost = _lost(encoded, packed)
    if any(lost.values()):
        raise GristmillError("the ledger does not close: tokens were lost between encoding and packing")
    if sum(file.rows for file in files["removals"]) != ledger.removed():
        raise GristmillError("the ledger does not close: the removals written are not those that were booked")
    facts = {
        "ledger": ledger.to_json(),
        "splits": {split: dict(sorted(counts.items())) for split, counts in sorted(splits.items())},
        "mixture": mixture_table(encoded, packed, job.recipe.mixture),
        "vocabulary_size": trained.counts["vocabulary_size"],
        "padding_id": trained.counts["padding_id"],
        "sequence_length": job.recipe.tokenizer.packing.sequence_length,
        "rows_of": job.recipe.tokenizer.packing.rows_of,
        "corpus": every[0].manifest.sha256,
        "corpora": {corpus.member.folder: corpus.manifest.sha256 for corpus in every[1:]},
        "sample": sample_facts(job),
        "recipe": job.recipe.tokenizer.model_dump(mode="json", exclude={"report", "sweep"}),
        "mixture_recipe": job.recipe.mixture.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "libraries": dict(job.libraries),
    }
    report = write_report(job)
    manifest = write_manifest(job.folder, Manifest(job.name, files, facts))
    show_sample(facts["sample"])
    if report is not None:
        show_report(report)
    _show(job, ledger, facts, lost)
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


def _lost(encoded: Sequence[Commit], packed: Sequence[Commit]) -> dict[str, int]:
    """The tokens of each split that were encoded and are in no row, though the mixture asked for them."""
    lost: Counter[str] = Counter()
    for commit in encoded:
        lost.update(commit.counts["tokens"])
    for commit in packed:
        lost["train"] += commit.counts["copied_tokens"] - commit.counts["not_drawn"]["tokens"]
        lost.subtract({split: counts["tokens"] for split, counts in commit.counts["splits"].items()})
    return dict(lost)


def _show(job: Job, ledger: Ledger, facts: dict[str, Any], lost: dict[str, int]) -> None:
    rows = [
        (
            split,
            counts["documents"],
            counts["tokens"],
            lost[split],
            counts["rows"],
            f"{counts['tokens'] / max(counts['tokens'] + counts['padding'], 1):.2%}",
            counts["cut"],
            f"{counts['text_bytes'] / max(counts['tokens'], 1):.2f}",
        )
        for split, counts in facts["splits"].items()
    ]
    if ledger.removed():
        show_table("from the corpora to the shards", ("stage", "read", "kept", "removed most"), ledger.funnel())
    header = ("split", "documents", "tokens", "lost", "rows", "fill", "cut", "bytes/token")
    show_table(f"tokenizer: {facts['vocabulary_size']:,} tokens, packed shards", header, rows)
    show_mixture(facts["mixture"])
    for name in ("tokenizer", *facts["splits"], "manifest.json"):
        say(f"  {join(job.folder, name)}")
