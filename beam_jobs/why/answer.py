"""All that a corpus knows of one record: what became of it, and what each stage on its way measured."""

from collections.abc import Iterator
from typing import Any

from beam_jobs.corpus.close import STAGES
from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.report.meanings import rule_key, rule_meaning
from beam_jobs.report.text import quantity, told_apart
from beam_jobs.why.search import Found, made_from, removed_for, with_id
from stages.console import say
from stages.document import Refusal
from stages.quality.bounds import bounds

MOST_PARTNERS = 5
BEFORE_QUALITY = STAGES[: STAGES.index("quality")]
SHOWN_CHARACTERS = 600


def answer(corpus: FinishedCorpus, found: Found) -> dict[str, Any] | None:
    """Prints what is stored of a row of documents or removals; returns what the quality rules measured, if they did."""
    row = found.row
    for name, value in (*_identity(row), *_outcome(corpus, found)):
        say(f"{name:<14} {value}")
    measured = None
    if row.get("stage") not in BEFORE_QUALITY:
        found_values = with_id(corpus, row.get("parent_id") or row["id"], ["measurements"])
        measured = next((one.row for one in found_values), None)
    if found.kind == "documents":
        say("its way")
        for stage, outcome in _way(corpus, row):
            say(f"  {stage:<14} {outcome}")
    if measured is not None:
        kept = measured["rule"] is None
        show_measured("what the quality rules measured", measured, corpus, "" if kept else str(measured["rule"]))
    _show_text(corpus, row)
    say("")
    return measured


def _show_text(corpus: FinishedCorpus, row: dict[str, Any]) -> None:
    if row["text"]:
        say(f"text, {len(row['text']):,} characters")
        say(beginning(row["text"], SHOWN_CHARACTERS))
        return
    example = next(with_id(corpus, row["id"], ["examples"]), None)
    if example is None:
        say("its text is not stored: RECORD=1 fetches its record again, corpus.keep_removed_text keeps all texts")
        return
    text, whole = example.row["text"], example.row["characters"]
    say(f"text, {whole:,} characters, stored as an example of what this rule removes")
    say(beginning(text, SHOWN_CHARACTERS, whole))


def _identity(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("address", row["url"] or "none"), ("id", str(row["id"])), ("source", row["source"]))
    yield from ((name, str(row[name])) for name in ("date", "title", "published") if row.get(name))
    yield "origin", f"{row['origin']['file']}, offset {row['origin']['offset']}"


def _outcome(corpus: FinishedCorpus, found: Found) -> Iterator[tuple[str, str]]:
    row = found.row
    if row.get("augmentation"):
        yield "variant", f"{row['augmentation']} of {row['parent_id']}"
    if found.kind == "documents":
        yield "kept as", f"document, {row['split']}, in {found.file}"
        return
    refusal = Refusal(row["rule"], row["value"], row["threshold"], row["detail"])
    yield "removed by", f"{row['stage']}: {described(refusal)}"
    quality = corpus.settings.quality
    told = (
        ("meaning", rule_meaning(row["stage"], row["rule"])),
        ("setting", rule_key(row["stage"], row["rule"], quality)),
    )
    yield from ((name, value) for name, value in told if value)
    yield "listed in", found.file
    if row["duplicate_of"] is not None:
        is_indexed = row["rule"].startswith("indexed_")
        partner = None if is_indexed else next(with_id(corpus, row["duplicate_of"], ["documents"]), None)
        elsewhere = "a document of an index" if is_indexed else "not in this corpus"
        where = (partner.row["url"] or partner.row["title"] or "no address") if partner else elsewhere
        jaccard = "" if row["jaccard"] is None else f", true Jaccard similarity {row['jaccard']:.4f}"
        yield "duplicate of", f"{row['duplicate_of']} ({where}){jaccard}"


def described(refusal: Refusal) -> str:
    """A refusal in words: `minimum_words, measured 12, bound 50`."""
    parts = [refusal.rule]
    if refusal.detail:
        parts.append(refusal.detail)
    if refusal.value is not None:
        parts.append(f"measured {told_apart(refusal.value, refusal.threshold)}")
    if refusal.threshold is not None:
        parts.append(f"bound {quantity(refusal.threshold)}")
    return ", ".join(parts)


def _way(corpus: FinishedCorpus, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The stages that a document passed, with what each found."""
    settings = corpus.settings
    stages = list(corpus.manifest.facts.get("ledger", ()))
    edits = ", ".join(f"{edit['edit']} {edit['count']:,} ({edit['characters']:,} characters)" for edit in row["edits"])
    language = f"{row['language']} {row['language_score']:.4f}, at least {settings.language.threshold:g}"
    scores = [f"{name} {row[name]:.4g}" for name in ("quality_score", "perplexity") if row[name] is not None]
    said = {
        "extract": f"{len(row['text']):,} characters now",
        "language": language,
        "quality": ", ".join(["within all bounds", *scores]),
        "duplicates": _partners(corpus, row.get("parent_id") or row["id"]),
    }
    yield from ((stage, said.get(stage, "passed")) for stage in _in_order(stages))
    yield "edits", edits or "none"
    yield "split", row["split"]
    made = [f"{one.row['augmentation']} {one.row['id']}" for one in made_from(corpus, row["id"])]
    yield "variants", ", ".join(made) or "none"


def _in_order(stages: list[str]) -> list[str]:
    """The stages in the order of the run; JSON keeps them by name."""
    return [stage for stage in STAGES if stage in stages] or list(STAGES)


def _partners(corpus: FinishedCorpus, record_id: int) -> str:
    removed = [one.row for one in removed_for(corpus, record_id)]
    if not removed:
        return "none was removed for it"
    named = ", ".join(
        f"{row['url'] or row['id']}" + ("" if row["jaccard"] is None else f" ({row['jaccard']:.4f})")
        for row in removed[:MOST_PARTNERS]
    )
    rest = f" and {len(removed) - MOST_PARTNERS:,} more" if len(removed) > MOST_PARTNERS else ""
    return f"{len(removed):,} removed in its favour: {named}{rest}"


def show_measured(title: str, measured: dict[str, Any], corpus: FinishedCorpus, removed_by: str = "") -> None:
    """Prints rules, values and bounds; `removed_by` is the rule that decided, the first that was missed."""
    say(title)
    group = ""
    for bound in bounds(corpus.settings.quality):
        value = measured.get(bound.measure)
        if value is None:
            continue
        if bound.group != group:
            group = bound.group
            say(f"  corpus.quality.{group}")
        missed = "" if bound.lowest <= value <= bound.highest else "  missed"
        decided = ", removed for it" if missed and bound.rule == removed_by else ""
        sign = ">=" if bound.rule.startswith("minimum_") else "<="
        shown = told_apart(value, bound.threshold)
        say(f"    {bound.rule:<38} {shown:>10}  {sign} {quantity(bound.threshold)}{missed}{decided}")


def beginning(text: str, most: int, whole: int | None = None) -> str:
    """The first characters of a text, marked line by line, with signs for what a terminal would obey.

    `whole` is the number of characters of the whole, where `text` is a part of it.
    """
    shown = text[:most]
    rest = (whole or len(text)) - len(shown)
    lines = ["".join(map(_visible, line)) for line in shown.splitlines()]
    return "\n".join(f"  | {line}" for line in lines) + (f"\n  … {rest:,} more" if rest else "")


def _visible(character: str) -> str:
    if character.isprintable() or character == "\t":
        return character
    return "\ufffd"
