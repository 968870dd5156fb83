"""The end of the quality model job: the accounts of both sets, the manifest, and what the models are worth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from beam_jobs.quality_model.sets import SETS
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.quality_model.evaluation import KEPT_SHARES, QUANTILES
from stages.quality_model.model_files import CLASSIFIER, PERPLEXITY

BOUNDS = {
    CLASSIFIER: "corpus.quality.classifier.minimum_quality_score",
    PERPLEXITY: "corpus.quality.perplexity.maximum_perplexity",
}


def close(job: Job) -> Manifest:
    """Checks that every record is accounted for, writes the manifest and shows the evaluation."""
    drawn, taken = commits_of(job, "draw"), commits_of(job, "texts")
    (trained,) = commits_of(job, "train")
    sets = {each: _account(each, drawn, taken, trained.counts["sets"][each]) for each in SETS}
    languages = trained.counts["languages"]
    facts = {
        "sets": sets,
        "languages": {name: counts["taken"] for name, counts in languages.items() if counts["taken"]},
        "other_languages": {name: counts for name, counts in languages.items() if not counts["taken"]},
        CLASSIFIER: trained.counts[CLASSIFIER],
        PERPLEXITY: trained.counts[PERPLEXITY],
        "quantiles": list(QUANTILES),
        "recipe": job.recipe.quality_model.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "libraries": dict(job.libraries),
    }
    manifest = write_manifest(
        job.folder, Manifest(job.name, {kind: list(files) for kind, files in trained.files.items()}, facts)
    )
    _show(job, facts)
    return manifest


def _account(each: str, drawn: Sequence[Commit], taken: Sequence[Commit], learned: Mapping[str, int]) -> Any:
    records = [commit.counts[each] for commit in drawn if each in commit.counts]
    texts = [commit.counts[each] for commit in taken if each in commit.counts]
    removed: Counter[str] = Counter()
    for counts in texts:
        removed.update(counts["removed"])
    totals = {name: sum(counts[name] for counts in records) for name in ("records", "unread")}
    totals |= {name: sum(counts[name] for counts in texts) for name in ("drawn", "kept")}
    not_drawn = totals["records"] - totals["drawn"]
    not_learned = totals["kept"] - learned["documents"]
    if totals["drawn"] != totals["kept"] + removed.total() or not_drawn < 0 or not_learned < 0:
        raise GristmillError(f"the ledger does not close: records of the {each} set were lost")
    return {**totals, "not_drawn": not_drawn, "removed": dict(sorted(removed.items())), **learned}


def _show(job: Job, facts: Mapping[str, Any]) -> None:
    columns = ("records", "drawn", "kept", "documents", "characters")
    rows = [(each, *(facts["sets"][each][name] for name in columns)) for each in SETS]
    show_table("quality models: from records to examples", ("set", *columns), rows)
    rows = [(f"{kind}, {each}", *map(_shown, facts[kind]["quantiles"][each])) for kind in BOUNDS for each in SETS]
    learned = (f"{name} {count:,}" for name, count in facts["languages"].items())
    say("languages, with documents of each set: " + ", ".join(learned))
    if facts["other_languages"]:
        left_out = ", ".join(facts["other_languages"])
        say(f"left out, for want of documents in one of the sets (their texts get no score): {left_out}")
    tested = facts["sets"][SETS[0]]["evaluation"]
    header = ("", *(f"{quantile:.0%}" for quantile in QUANTILES))
    show_table(f"quantiles over {tested:,} texts of each set that nothing was learned from", header, rows)
    classifier, perplexity = facts[CLASSIFIER], facts[PERPLEXITY]
    say(f"classifier: ROC AUC {classifier['roc_auc']:.4f}, accuracy {classifier['accuracy']:.2%}")
    say(f"perplexity: ROC AUC {perplexity['roc_auc']:.4f}")
    for kind, bound in BOUNDS.items():
        say(f"to keep a share of the negative set: {bound}")
        for share, cut in zip(KEPT_SHARES, facts[kind]["cuts"], strict=True):
            say(f"  {share:.0%}: {_shown(cut['threshold'])}, which keeps {cut['positive']:.1%} of the positive set")
    say(f'use them: SET="corpus.quality.classifier.model={job.folder} corpus.quality.perplexity.model={job.folder}"')


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
