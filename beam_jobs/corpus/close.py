"""The end of the corpus job: the ledger must close, the limits must hold, then the manifest is written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from beam_jobs.corpus.duplicates.index import index_inputs
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import Manifest, OutputFile, join, write_json, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.ledger import Ledger
from stages.near_duplicates.detection_curve import detection_probability
from stages.near_duplicates.signatures import SIGNATURE_VERSION
from stages.recipe import Limits
from stages.verdict import STAGES as JUDGED

REPEATED = "repeated_text"
STAGES = (*JUDGED, REPEATED, "duplicates")
DAMAGE = ("damaged_record",)
SHOWN_REPEATED = 5
SHOWN_CHARACTERS = 60


def close(job: Job) -> Manifest:
    """Checks the accounts, writes `ledger.json` and the manifest, and shows the funnel."""
    extracted, cut, finished = (commits_of(job, phase) for phase in ("extract", "cut", "finish"))
    every = (*extracted, *cut, *finished)
    ledger = Ledger(STAGES)
    for commit in every:
        ledger.add(commit.counts["ledger"])
    if job.recipe.corpus.repeated_text.unit == "none":
        ledger.keep(REPEATED, ledger.stages[JUDGED[-1]].kept)
    ledger.check_closed()
    facts: dict[str, Any] = {
        "ledger": ledger.to_json(),
        "splits": _sum(commit.counts["splits"] for commit in finished),
        "sources": _sum(commit.counts["sources"] for commit in (*extracted, *finished)),
        "groups": list(_groups(finished)),
        "variants": _variants(finished, commits_of(job, "augment")),
        "recipe": job.recipe.corpus.model_dump(mode="json"),
        "seed": job.recipe.seed,
        "index": index_inputs(job.recipe),
        "signature_version": SIGNATURE_VERSION,
        "libraries": dict(job.libraries),
    }
    if cut:
        facts[REPEATED] = _repeated_text(job, cut)
    kinds = ("documents", "removals", "measurements", "examples", "signatures", "refused_variants")
    of_finish = ("documents", "signatures", "refused_variants")
    files = {kind: _files(finished if kind in of_finish else every, kind) for kind in kinds}
    files["word_statistics"] = _files(commits_of(job, "statistics"), "word_statistics")
    _check_rows(ledger, files, facts["variants"])
    _check_sources(job, facts["sources"])
    check_limits(ledger, job.recipe.corpus.limits, files["removals"], job.folder)
    write_json(join(job.folder, "ledger.json"), {**facts["ledger"], "variants": facts["variants"]})
    manifest = write_manifest(job.folder, Manifest(job.name, files, facts))
    _show(job, ledger, facts)
    return manifest


def _groups(finished: Sequence[Commit]) -> Iterator[dict[str, Any]]:
    """Yields documents and bytes of originals by split, source and language: what a mixture is computed from."""
    total: dict[tuple[str, str, str], Counter[str]] = {}
    for commit in finished:
        for split, source, language, name, count in commit.counts["groups"]:
            total.setdefault((split, source, language), Counter())[name] += count
    for (split, source, language), counts in sorted(total.items()):
        yield {"split": split, "source": source, "language": language, **counts}


def _repeated_text(job: Job, cut: Sequence[Commit]) -> dict[str, Any]:
    """What was cut out of documents as text that recurs, and what recurs most."""
    from beam_jobs.corpus.cut import most_frequent

    top = most_frequent(
        (text_hash, occurrences, text) for commit in cut for text_hash, occurrences, text in commit.counts["shown"]
    )
    return {
        "repeated": sum(commit.counts["repeated"] for commit in commits_of(job, "repeated")),
        **_sum({"cut": commit.counts["cut"]} for commit in cut)["cut"],
        "top": [{"text": text, "documents": occurrences} for _, occurrences, text in top],
    }


def _sum(counts: Iterable[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    total: dict[str, Counter[str]] = {}
    for count in counts:
        for name, inner in count.items():
            total.setdefault(name, Counter()).update(inner)
    return {name: dict(sorted(inner.items())) for name, inner in sorted(total.items())}


def _files(commits: Sequence[Commit], kind: str) -> list[OutputFile]:
    return [file for commit in commits for file in commit.files.get(kind, ())]


def _variants(finished: Sequence[Commit], augmented: Sequence[Commit]) -> dict[str, dict[str, int]]:
    """What was made by each augmentation, what of it are documents now, and how much was changed, apart from records.

    `edits` of `units` (words of prose, or sentences) were changed in the variants that were made.
    """
    total = _sum(commit.counts["variants"] for commit in (*augmented, *finished))
    for name, count in total.items():
        if count["made"] != count["documents"] + count["removed"]:
            raise GristmillError(f"the ledger does not close: variants by {name} were lost")
    return {name: {key: count[key] for key in sorted(count)} for name, count in total.items()}


def _check_rows(ledger: Ledger, files: dict[str, list[OutputFile]], variants: dict[str, dict[str, int]]) -> None:
    """The rows in the files must be the records in the books, and the variants."""
    made = {key: sum(count[key] for count in variants.values()) for key in ("documents", "removed")}
    kept = ledger.stages[STAGES[-1]].kept + made["documents"]
    booked_rows = (("documents", kept), ("removals", ledger.removed()), ("refused_variants", made["removed"]))
    for kind, booked in booked_rows:
        rows = sum(file.rows for file in files[kind])
        if rows != booked:
            raise GristmillError(f"the ledger does not close: {rows} {kind} were written, {booked} were booked")


def _check_sources(job: Job, sources: dict[str, Any]) -> None:
    for source in job.recipe.corpus.sources:
        if not sources.get(source.name, {}).get("records"):
            raise GristmillError(f"corpus.sources {source.name!r}: not one record was found in its files")


def check_limits(ledger: Ledger, limits: Limits, removals: Sequence[OutputFile], folder: str) -> None:
    """Raises GristmillError if too much was damaged or too little was kept."""
    read, kept = ledger.stages[STAGES[0]].read, ledger.stages[STAGES[-1]].kept
    damaged = ledger.removed(DAMAGE)
    if damaged > limits.damaged_share * read:
        raise GristmillError(
            f"{damaged:,} of {read:,} records are damaged, first {_first_damaged(removals, folder)}; mend or remove "
            f"the file, or raise corpus.limits.damaged_share (now {limits.damaged_share})"
        )
    if kept < limits.minimum_kept_share * read or (kept == 0 and limits.minimum_kept_share > 0):
        rules = Counter[str]()
        for stage in ledger.stages.values():
            rules.update(stage.removed)
        most = ", ".join(f"{rule} {count:,}" for rule, count in rules.most_common(3))
        raise GristmillError(
            f"only {kept:,} of {read:,} records were kept (removed most: {most}); "
            f"corpus.limits.minimum_kept_share is {limits.minimum_kept_share}"
        )


def _first_damaged(removals: Sequence[OutputFile], folder: str) -> str:
    from beam_jobs.corpus.tables import read_rows

    for file in removals:
        for row in read_rows(join(folder, file.path)):
            if row["rule"] in DAMAGE:
                origin = row["origin"]
                return f"{origin['file']} at byte {origin['offset']:,} ({row['detail']})"
    return "unknown"


def _show(job: Job, ledger: Ledger, facts: dict[str, Any]) -> None:
    show_table("corpus: from records to documents", ("stage", "read", "kept", "removed most"), ledger.funnel())
    rows = [
        (split, count.get("documents", 0), f"{count.get('characters', 0) / 1e6:.1f} M")
        for split, count in facts["splits"].items()
    ]
    show_table("documents", ("split", "documents", "characters"), rows)
    near_duplicates = job.recipe.corpus.near_duplicates
    found = detection_probability(near_duplicates.threshold, near_duplicates.bands, near_duplicates.rows)
    if near_duplicates.enabled:
        say(f"near-duplicates: a pair at Jaccard {near_duplicates.threshold:g} is found with probability {found:.3f}")
    if top := facts.get(REPEATED, {}).get("top"):
        shown = [(one["documents"], " ".join(one["text"].split())[:SHOWN_CHARACTERS]) for one in top[:SHOWN_REPEATED]]
        counted = "times" if job.recipe.corpus.repeated_text.unit == "substrings" else "documents"
        show_table("text that recurs most", (counted, "text"), shown)
    if facts["variants"]:
        header = ("made", "too near", "documents", "changed", "augmentation")
        show_table("variants of training documents", header, list(_variant_rows(facts["variants"])))
    for name in ("documents", "removals", "ledger.json", "manifest.json"):
        say(f"  {join(job.folder, name)}")


def _variant_rows(variants: dict[str, dict[str, int]]) -> Iterator[tuple[int, int, int, str, str]]:
    for name, count in variants.items():
        changed = f"{count['edits'] / max(count['units'], 1):.2%}"
        yield count["made"], count["removed"], count["documents"], changed, name
