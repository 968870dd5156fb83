"""The command: finds a page by its address or id in a finished corpus, and shows all that is known of it."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from beam_jobs.corpus.definition import COMMAND
from beam_jobs.units import Job
from beam_jobs.why.origin import fetch
from beam_jobs.why.search import Found, count_containing, find, listing
from stages import artifacts
from stages.console import say, show_table
from stages.document import Record, Refusal
from stages.errors import GristmillError
from stages.isolated_judging import isolated_extraction
from stages.isolation import CallLostError
from stages.language import identify_language
from stages.quality import measurements
from stages.recipe import Corpus, Recipe, load_recipe

SHOWN_CHARACTERS = 1_500


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    own = _parse(arguments)
    recipe = load_recipe(own.recipe, own.set)
    job = Job(COMMAND.name, recipe, ())
    manifest = listing(job)
    found = sorted(find(job.folder, manifest, own.url, own.id), key=_relevance)
    if not found:
        raise GristmillError(_nothing(job, manifest, own.url, own.id))
    for one in found[: own.most]:
        _answer(job, manifest, one, own.save if one is found[0] else "")
    if len(found) > own.most:
        say(f"{len(found) - own.most} more records have this address; --most {len(found)} shows them all")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m beam_jobs.why", allow_abbrev=False)
    parser.add_argument("--recipe", default="recipes/sample.toml", help="the recipe file (%(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override settings")
    parser.add_argument("--url", default="", help="the address of a page")
    parser.add_argument("--id", type=int, help="the id of a document or removal")
    parser.add_argument("--most", type=int, default=3, help="how many records to show (%(default)s)")
    parser.add_argument("--save", default="", metavar="FILE", help="write the original record's content to this file")
    own = parser.parse_args(arguments)
    if own.id is not None and not 0 <= own.id < 1 << 64:
        raise GristmillError(f"ID={own.id}: ids are numbers below 2^64; documents and removals have them in column id")
    if bool(own.url) == (own.id is not None):
        raise GristmillError("give one of URL=… and ID=…: make why URL=https://…")
    return own


def _relevance(found: Found) -> tuple[bool, bool]:
    is_wrapper = found.row.get("rule") == "not_a_response"
    return is_wrapper, found.row.get("augmentation") is not None


def _nothing(job: Job, manifest: artifacts.Manifest, url: str, record_id: int | None) -> str:
    if record_id is not None:
        return f"{job.folder}: no document and no removal has the id {record_id}"
    similar = count_containing(job.folder, manifest, url)
    hint = f"; {similar:,} addresses contain it" if similar else ""
    return f"{job.folder}: no document and no removal has the address {url}{hint}"


def _answer(job: Job, manifest: artifacts.Manifest, found: Found, save: str) -> None:
    row = found.row
    facts = [("address", row["url"] or "none"), ("id", str(row["id"])), ("source", row["source"])]
    facts += [(name, str(row[name])) for name in ("date", "title", "published") if row.get(name)]
    facts += _outcome(job, manifest, found)
    origin = row["origin"]
    facts.append(("origin", f"{origin['file']}, {origin['offset']}"))
    for name, value in facts:
        say(f"{name:<14} {value}")
    record = fetch(job, row)
    if isinstance(record, str):
        say(f"the record cannot be fetched again: {record}\n")
        return
    _show_record(record, job.recipe, save)


def _outcome(job: Job, manifest: artifacts.Manifest, found: Found) -> list[tuple[str, str]]:
    row = found.row
    if found.kind == "documents":
        kept = f"document, {row['split']}, {row['language']} ({row['language_score']:.4f}), {found.file}"
        variant = [("variant", f"{row['augmentation']} of {row['parent_id']}")] if row["augmentation"] else []
        return [("kept as", kept), *variant]
    refusal = Refusal(row["rule"], row["value"], row["threshold"], row["detail"])
    outcome = [("removed by", f"{row['stage']}: {described(refusal)}"), ("listed in", found.file)]
    if row["duplicate_of"] is not None:
        partner = next(find(job.folder, manifest, "", row["duplicate_of"]), None)
        where = (partner.row["url"] or partner.row["title"] or "no address") if partner else "not in this corpus"
        jaccard = "" if row["jaccard"] is None else f", true Jaccard similarity {row['jaccard']:.4f}"
        outcome.append(("duplicate of", f"{row['duplicate_of']} ({where}){jaccard}"))
    return outcome


def described(refusal: Refusal) -> str:
    """A refusal in words: `minimum_words, measured 12, bound 50`."""
    parts = [refusal.rule]
    if refusal.detail:
        parts.append(refusal.detail)
    if refusal.value is not None:
        parts.append(f"measured {refusal.value:g}")
    if refusal.threshold is not None:
        parts.append(f"bound {refusal.threshold:g}")
    return ", ".join(parts)


def _show_record(record: Record, recipe: Recipe, save: str) -> None:
    content = record.content if isinstance(record.content, bytes) else record.content.encode("utf-8", "replace")
    say(f"the record, fetched again: {len(content):,} bytes of {record.media}")
    if record.refusal is not None:
        say(f"  read: {described(record.refusal)}\n")
        return
    if save:
        Path(save).write_bytes(content)
        say(f"  written to {save}")
    say(_beginning(content.decode("utf-8", "replace")))
    _show_text(record, recipe.corpus)


def _show_text(record: Record, settings: Corpus) -> None:
    """The extracted text, and what each rule measures on it, whether or not an earlier one removed the page."""
    isolated = isolated_extraction(settings)
    try:
        extracted = isolated(record)
    except CallLostError as lost:
        extracted = Refusal(f"the parser was stopped, {lost}")
    finally:
        isolated.close()
    if isinstance(extracted, Refusal):
        say(f"no text: {described(extracted)}\n")
        return
    say(f"its text: {len(extracted.text):,} characters")
    say(_beginning(extracted.text))
    language = identify_language(extracted.text, settings.language)
    rows: list[tuple[str, str, str]] = [("language", f"{language.language} {language.score:g}", "")]
    for rule, value, lowest, highest in measurements(extracted.text, language.language, settings.quality):
        missed = "missed" if value < lowest or value > highest else ""
        bound = f">= {lowest:g}" if lowest > 0 else f"<= {highest:g}"
        rows.append((rule, f"{value:.4g}", f"{bound} {missed}".strip()))
    show_table("what the rules measure", ("rule", "value", "bound"), rows)
    say("")


def _beginning(text: str) -> str:
    shown = text[:SHOWN_CHARACTERS]
    rest = len(text) - len(shown)
    return "\n".join(f"  | {line}" for line in shown.splitlines()) + (f"\n  … {rest:,} more" if rest else "")
