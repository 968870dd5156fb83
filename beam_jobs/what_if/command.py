"""The command: shows, in tables, what other bounds would have kept or dropped, and what they cannot tell."""

from collections.abc import Iterator, Sequence

from beam_jobs.corpus.finished import open_corpus
from beam_jobs.report.text import quantity
from beam_jobs.what_if.evaluation import Outcome, evaluate
from beam_jobs.what_if.question import Question, ask, locating_overrides
from stages.console import say, show_table
from stages.quality.bounds import Bound, bounds
from stages.recipe import Corpus
from stages.recipe.command_line import recipe_parser
from stages.recipe.differences import differences, shown_value
from stages.recipe.loading import load_recipe

LANGUAGES_SHOWN = 12
DIFFERENCES_SHOWN = 3
LATER_STAGES = "decontamination, repeated text and duplicates"


def main(arguments: Sequence[str]) -> None:
    """Runs the command."""
    parsed = recipe_parser("python -m beam_jobs.what_if", "What other bounds would keep or drop.").parse_args(arguments)
    recipe = load_recipe(parsed.recipe, locating_overrides(parsed.set))
    corpus = open_corpus(recipe)
    question = ask(corpus.settings, parsed.recipe, parsed.set)
    outcome = evaluate(corpus, question)
    say(f"what if, of {corpus.folder}")
    for change in question.changes:
        say(f"  {change.key}: {shown_value(change.first)} -> {shown_value(change.second)}")
    if not question.changes:
        say("  nothing changes: the run had these settings")
    say("")
    _show(question, outcome)
    say("")
    for note in _notes(question, outcome, recipe.corpus):
        say(f"note: {note}")


def _show(question: Question, outcome: Outcome) -> None:
    rules = list(_rule_rows(question, outcome))
    if rules:
        say(f"{'texts removed, by the first rule missed':<40} {'bound':<15} {'run':>11} {'then':>11}")
    group = ""
    for bound, change, before, after in rules:
        if bound.group != group:
            group = bound.group
            say(f"  corpus.quality.{group}")
        say(f"    {bound.rule:<36} {change:<15} {before:>11,} {after:>11,}")
    texts, documents = outcome.texts, outcome.documents
    rows = [
        ("texts that pass the quality rules", texts.before, texts.after, texts.newly_kept, texts.newly_dropped),
        (
            "documents, at most" if texts.newly_kept else "documents",
            documents.all,
            documents.all - documents.lost + texts.newly_kept,
            texts.newly_kept,
            documents.lost,
        ),
    ]
    say("")
    show_table(f"of {texts.measured:,} measured texts", ("", "run", "then", "newly kept", "newly dropped"), rows)
    if documents.lost:
        share = documents.lost_characters / documents.lost
        say(f"documents newly dropped: {documents.lost_characters:,} characters, {share:,.0f} each")
    if texts.newly_kept or texts.newly_dropped or documents.lost:
        _show_groups(outcome)


def _rule_rows(question: Question, outcome: Outcome) -> Iterator[tuple[Bound, str, int, int]]:
    """The rules whose bound or count changes, in the order in which they are applied, with both counts."""
    before = {(bound.group, bound.rule): bound for bound in bounds(question.before.quality)}
    after = {(bound.group, bound.rule): bound for bound in bounds(question.after.quality)}
    for key, bound in (before | after).items():
        counts = outcome.removed_before[key], outcome.removed_after[key]
        change = _changed_bound(before.get(key), after.get(key))
        if counts[0] != counts[1] or "->" in change:
            yield bound, change, *counts


def _changed_bound(before: Bound | None, after: Bound | None) -> str:
    first, second = ("off" if bound is None else quantity(bound.threshold) for bound in (before, after))
    return first if first == second else f"{first} -> {second}"


def _show_groups(outcome: Outcome) -> None:
    documents = outcome.documents
    changed = {
        name: texts
        for name, texts in sorted(outcome.by_language.items(), key=lambda item: (-item[1].measured, item[0]))
        if texts.newly_kept or texts.newly_dropped or documents.lost_by_language[name]
    }
    rows = [
        (name, texts.before, texts.after, texts.newly_kept, texts.newly_dropped, documents.lost_by_language[name])
        for name, texts in list(changed.items())[:LANGUAGES_SHOWN]
    ]
    say("")
    header = ("language", "texts pass", "then", "newly kept", "newly dropped", "documents lost")
    show_table(
        "by language" if len(rows) == len(changed) else f"by language, the first of {len(changed)}", header, rows
    )
    say("")
    sources = sorted(outcome.kept_by_source.keys() | documents.lost_by_source.keys())
    by_source = [(name, outcome.kept_by_source[name], documents.lost_by_source[name]) for name in sources]
    show_table("by source", ("source", "texts newly kept", "documents lost"), by_source)


def _notes(question: Question, outcome: Outcome, on_disk: Corpus) -> Iterator[str]:
    """What a reader must know of these numbers."""
    before, after = question.before, question.after
    if outcome.texts.newly_kept:
        share = outcome.documents.all / outcome.texts.before if outcome.texts.before else 0
        yield (
            f"not all texts that pass become documents: {LATER_STAGES} come after the rules; "
            f"in the run {share:.1%} of them did"
        )
    if outcome.documents.duplicates_freed:
        count = outcome.documents.duplicates_freed
        yield f"{count:,} duplicates were removed for documents that are newly dropped; some of them would stay instead"
    fewest, fewer = (settings.quality.gopher_quality for settings in (before, after))
    short = outcome.screened["minimum_words"]
    if short and (not fewer.enabled or fewer.minimum_words < fewest.minimum_words):
        yield f"{short:,} pages that screening refused for too few words were never measured; some of them may be kept"
    if before.language != after.language:
        yield from _language_notes(question, outcome)
    others = differences(before, on_disk, "corpus")
    if others:
        shown = ", ".join(
            f"{one.key} ({shown_value(one.first)} in the run, now {shown_value(one.second)})"
            for one in others[:DIFFERENCES_SHOWN]
        )
        rest = f" and {len(others) - DIFFERENCES_SHOWN} more" if len(others) > DIFFERENCES_SHOWN else ""
        yield f"the settings of the run count, not those that the recipe has now: {shown}{rest}"


def _language_notes(question: Question, outcome: Outcome) -> Iterator[str]:
    before, after = question.before.language, question.after.language
    yield "language scores are stored of documents only: texts that another stage removed are not judged by them"
    if outcome.language_admitted:
        yield (
            f"at most {outcome.language_admitted:,} texts that were removed for their language would go on to the "
            "quality rules, which never measured them"
        )
    screened = outcome.screened["language"] + outcome.screened["language_attribute"]
    if screened and set(after.keep) != set(before.keep):
        yield f"{screened:,} pages that screening refused for their language were never identified"
