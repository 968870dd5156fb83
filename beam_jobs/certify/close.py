"""The end of the certify job: all counts together, the table, the certificate, and what is wrong, if anything is."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from beam_jobs.certify.across_splits import LOOKED_FOR
from beam_jobs.certify.check import SHARE
from beam_jobs.certify.evidence import Evidence, read_evidence
from beam_jobs.certify.violations import CHECKS, COUNTS, REMOVAL, SHOWN, Violations, described, line
from beam_jobs.corpus.close import STAGES
from beam_jobs.units import Commit, Job, commits_of
from stages.artifacts import MANIFEST, Manifest, join, remove, write_json, write_manifest
from stages.console import say, show_table
from stages.errors import GristmillError
from stages.ledger import Ledger

CERTIFICATE = "certificate.json"
PHASES = ("read", "pairs", "check", "across_splits")


def close(job: Job) -> Manifest:
    """Writes the certificate and the manifest, and shows what was proven; GristmillError if something was not."""
    evidence = read_evidence(job)
    read, pairs, checked, across = (commits_of(job, phase) for phase in PHASES)
    violations = Violations.merged(one.counts["violations"] for one in (*read, *pairs, *checked, *across))
    _compare_counts(read, evidence, violations)
    proven = _sum(one.counts["proven"] for one in (*pairs, *checked))
    duplicates = sum(one.counts.get("duplicates", 0) for one in read)
    if proven.total() + violations.counts[CHECKS[REMOVAL]] != duplicates:
        raise GristmillError(f"of {duplicates} removed duplicates {proven.total()} were proven, and others not refuted")
    settings = evidence.settings
    certificate: dict[str, Any] = {
        "corpus": evidence.manifest,
        "proven": not violations.counts,
        "files": len(evidence.files),
        "removals": {
            "by_rule": dict(sorted(proven.items())),
            "smallest_jaccard": _extreme(min, (one.counts["smallest"] for one in checked)),
        },
        "kept": {
            "documents": sum(one.counts.get("originals", 0) for one in read),
            "threshold": settings.near_duplicates.threshold if settings.near_duplicates.enabled else None,
            **_compared(one.counts["kept"] for one in checked),
        },
        "with_index": {
            "documents": sum(one.counts.get("indexed", 0) for one in read),
            **_compared(one.counts["with_index"] for one in checked),
        },
        "across_splits": {
            "documents": dict(_sum(one.counts["splits"] for one in read if "splits" in one.counts)),
            "similarity": settings.split.similarity,
            "looked_for_from": LOOKED_FOR * settings.split.similarity,
            **_compared(one.counts for one in across),
        },
        "violations": {
            "counts": dict(violations.counts),
            "first": [described(one, evidence) for one in violations.first],
        },
    }
    write_json(join(job.folder, CERTIFICATE), certificate)
    proven_or_not = "not proven" if violations.counts else "proven"
    show_table(f"{evidence.folder}: {proven_or_not}", ("", "number", ""), list(_rows(certificate)))
    if violations.counts:
        remove(join(job.folder, MANIFEST))
        raise GristmillError(_refusal(evidence.folder, certificate["violations"]))
    manifest = write_manifest(job.folder, Manifest(job.name, {}, {**certificate, "libraries": dict(job.libraries)}))
    say(f"  {join(job.folder, CERTIFICATE)}")
    return manifest


def _compare_counts(read: Sequence[Commit], evidence: Evidence, violations: Violations) -> None:
    """The rows in the files must be those of the ledger, and the ledger must close."""
    ledger = Ledger(STAGES)
    ledger.add(evidence.ledger)
    try:
        ledger.check_closed()
    except GristmillError as error:
        violations.add(COUNTS, "ledger", str(error), "that it closes")
    found = {
        "documents": sum(one.counts.get("originals", 0) for one in read),
        "variants": sum(one.counts.get("variants", 0) for one in read),
        **_sum(dict(_by_stage_and_rule(one.counts.get("removals", {}))) for one in read),
    }
    booked = {
        "documents": evidence.ledger[STAGES[-1]]["kept"],
        "variants": evidence.variants,
        **dict(_by_stage_and_rule({stage: account["removed"] for stage, account in evidence.ledger.items()})),
    }
    for name in sorted(found.keys() | booked.keys()):
        rows, needed = found.get(name, 0), booked.get(name, 0)
        if rows != needed:
            violations.add(COUNTS, name, f"{rows} in the files", f"{needed} as in the ledger")
    violations.keep_first()


def _by_stage_and_rule(removals: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, int]]:
    for stage, rules in removals.items():
        for rule, count in rules.items():
            yield f"removals by {stage}.{rule}", count


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _compared(counts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    every = list(counts)
    return {"pairs": sum(one["pairs"] for one in every), "largest": _extreme(max, (one["largest"] for one in every))}


def _extreme(choose: Callable[[Iterable[float]], float], values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _rows(certificate: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """The table: what was compared, how much of it there is, and the closest call or how much is wrong."""
    removals, kept, index, across = (certificate[name] for name in ("removals", "kept", "with_index", "across_splits"))
    wrong = certificate["violations"]["counts"]
    searched = kept["threshold"] is not None

    def note(check: str, right: str) -> str:
        return f"violations: {wrong[check]:,}" if check in wrong else right

    for rule, count in removals["by_rule"].items():
        near = rule == "near_duplicate" and removals["smallest_jaccard"] is not None
        yield f"removals by {rule}", count, f"smallest Jaccard {removals['smallest_jaccard']:.4f}" if near else ""
    if "removals" in wrong:
        yield "removals not proven", wrong["removals"], ""
    yield "documents", kept["documents"], note("kept", "different ids and contents" if searched else "different ids")
    if searched:
        yield "pairs that share a band", kept["pairs"], _shown(kept["largest"], kept["threshold"])
    if index["documents"]:
        yield "documents of indexes", index["documents"], note("kept", "different ids and contents")
        yield "pairs with them that share a band", index["pairs"], _shown(index["largest"], kept["threshold"], SHARE)
    bound = across["looked_for_from" if across["largest"] is None else "similarity"]
    shown = _shown(across["largest"], bound)
    yield "pairs of different splits", across["pairs"], note("across_splits", shown)
    yield "files", certificate["files"], note("files", "as the manifest lists them")


def _shown(largest: float | None, bound: float, what: str = "Jaccard") -> str:
    """How close two came that must not reach a bound; the largest is not known where none came near."""
    if largest is None:
        return f"{what} below {bound:.4g}"
    return f"largest {what} {largest:.4f}, below {bound}" if largest < bound else f"largest {what} {largest:.4f}"


def _refusal(folder: str, violations: Mapping[str, Any]) -> str:
    number = sum(violations["counts"].values())
    counts = ", ".join(f"{name} {count:,}" for name, count in violations["counts"].items())
    shown = "; ".join(map(line, violations["first"]))
    first = f"first {SHOWN}: " if number > SHOWN else ""
    return f"{folder}: not proven, {number:,} violation{'s' * (number != 1)} ({counts}): {first}{shown}"
