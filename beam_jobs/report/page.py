"""Everything the template shows, in the words and numbers of the page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.report.distributions import NO_MAXIMUM, Distribution, distributions, drawn
from beam_jobs.report.histograms import Series, Threshold, histogram
from beam_jobs.report.meanings import GROUPS, bound_of, measure_meaning, rule_key, rule_meaning
from beam_jobs.report.plots import drawing
from beam_jobs.report.tables import Tables, read_tables
from beam_jobs.report.text import quantity, shortened, told_apart, visible
from beam_jobs.report.tokenizer import shown_tokenizer
from stages.artifacts import Manifest
from stages.quality.bounds import Bound, bounds
from stages.recipe import Corpus
from stages.recipe.differences import differences, shown_value
from stages.splits import SPLITS

TEMPLATE = "report.html.j2"
HOSTS_SHOWN = 20
LANGUAGES_SHOWN = 20
EXAMPLE_CHARACTERS = 1_200
SETTING_CHARACTERS = 200
EXACT = ("http_status", "namespace")
AT_LEAST = ("language", "language_attribute", "language_score", "text_left")
"""Rules whose threshold is a minimum, though their name does not say so."""
VALUE_TITLES = {
    "characters": "Length of documents, in characters",
    "language_score": "Language score of documents",
    "quality_score": "Quality score of documents",
    "perplexity": "Perplexity of documents",
}


@dataclass(frozen=True)
class Rule:
    """One rule that removed something."""

    name: str
    count: int
    meaning: str
    key: str
    threshold: str
    """In words."""
    sign: str
    """The same, short: `≥ 50`."""
    limit: float | None
    examples: list[dict[str, Any]]


@dataclass(frozen=True)
class Removals:
    """The rules of a stage, or of one group of it."""

    title: str
    about: str
    read: int
    """By the stage."""
    removed: int
    rules: list[Rule]
    idle: list[str]
    """Rules that were on and removed nothing."""


def rendered(
    name: str,
    corpus: FinishedCorpus,
    tokenizer: Manifest | None,
    pretrain: Manifest | None,
    measured: Mapping[str, Any] | None = None,
) -> str:
    """The page of a corpus, with what a tokenizer's report measured; the same corpus gives the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        number=lambda value: f"{value:,}",
        percent=percent,
        visible=visible,
        shortened=shortened,
        width=width,
        told_apart=told_apart,
    )
    source = files("beam_jobs.report").joinpath(TEMPLATE).read_text("utf-8")
    page = environment.from_string(source).render(
        _context(name, corpus, tokenizer, pretrain), tokenizer=shown_tokenizer(measured) if measured else None
    )
    # A lone surrogate is no character of any file.
    return page.encode("utf-8", "replace").decode("utf-8")


def percent(part: float, whole: float) -> str:
    """A share: `12.3 %`, `< 0.1 %` for little, `0 %` for nothing."""
    if not part or not whole:
        return "0 %"
    share = 100 * part / whole
    return "< 0.1 %" if share < 0.05 else "100 %" if part == whole else f"{min(share, 99.9):.1f} %"


def width(part: float, whole: float) -> str:
    """A share as the length of a bar."""
    return f"{100 * part / whole if whole else 0:.2f}%"


def _context(
    name: str, corpus: FinishedCorpus, tokenizer: Manifest | None, pretrain: Manifest | None
) -> dict[str, Any]:
    facts, tables = corpus.manifest.facts, read_tables(corpus)
    measured, one_in = distributions(corpus)
    ledger = facts["ledger"]
    stages = _in_order(ledger)
    removals = list(_removals(stages, corpus, tables))
    defaults = Corpus(sources=corpus.settings.sources)
    return {
        "name": name,
        "records": ledger[stages[0]]["read"],
        "documents": ledger[stages[-1]]["kept"],
        "funnel": [(stage, ledger[stage], sum(ledger[stage]["removed"].values())) for stage in stages],
        "removals": removals,
        "highest_share": max((rule.count / one.read for one in removals for rule in one.rules), default=1),
        "splits": list(_splits(facts, tokenizer)),
        "characters": sum(split.get("characters", 0) for split in facts["splits"].values()),
        "tokens": _tokens(tokenizer),
        "mixture": list(_mixture(tokenizer)),
        "pretrain": pretrain.facts.get("results") if pretrain else None,
        "variants": [(name, count["documents"]) for name, count in sorted(facts["variants"].items())],
        "sources": sorted(facts["sources"].items()),
        "tables": tables,
        "languages": tables.languages.most_common(LANGUAGES_SHOWN),
        "more_languages": max(0, len(tables.languages) - LANGUAGES_SHOWN),
        "hosts": sorted(tables.hosts.items(), key=lambda item: (-sum(item[1]), item[0]))[:HOSTS_SHOWN],
        "edits": sorted(tables.edits.items(), key=lambda item: (-item[1].documents, item[0])),
        "repeated": facts.get("repeated_text", {}).get("top", []),
        "values": list(_value_cards(tables, corpus.settings)),
        "distributions": _grouped_cards(measured),
        "one_in": one_in,
        "versions": sorted(facts.get("libraries", {}).items()),
        "seed": facts.get("seed"),
        "inputs": [(source.name, _where(source)) for source in corpus.settings.sources],
        "settings": [
            (one.key, *(shortened(shown_value(value), SETTING_CHARACTERS) for value in (one.first, one.second)))
            for one in differences(defaults, corpus.settings, "corpus")
        ],
        "keep_removed_text": corpus.settings.keep_removed_text,
        "example_characters": EXAMPLE_CHARACTERS,
    }


def _in_order(ledger: Mapping[str, Any]) -> list[str]:
    """The stages in the order of the run; JSON keeps them by name."""
    from beam_jobs.corpus.close import STAGES

    return [stage for stage in STAGES if stage in ledger]


def _where(source: Any) -> str:
    named = [*source.paths, source.path_list, source.crawl, source.wikipedia and f"wikipedia {source.wikipedia}"]
    return ", ".join(filter(None, named))


def _examples(corpus: FinishedCorpus) -> dict[tuple[str, str], list[dict[str, Any]]]:
    from beam_jobs.corpus.examples import merged

    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in merged(table for _, table in corpus.tables("examples")).to_pylist():
        grouped.setdefault((row["stage"], row["rule"]), []).append(row)
    return grouped


def _removals(stages: list[str], corpus: FinishedCorpus, tables: Tables) -> Iterator[Removals]:
    """The rules of each stage that removed something; those of the quality stage by the groups of the recipe."""
    examples = _examples(corpus)
    for stage in stages:
        account = corpus.manifest.facts["ledger"][stage]
        for title, about, counts in _groups(stage, account["removed"], corpus):
            rules = [
                Rule(
                    name,
                    count,
                    rule_meaning(stage, name),
                    rule_key(stage, name, corpus.settings.quality),
                    (words := _threshold(name, tables.thresholds.get((stage, name)))),
                    words.replace("at least", "\u2265").replace("at most", "\u2264").replace("below", "<"),
                    tables.thresholds.get((stage, name)),
                    _nearest_first(examples.get((stage, name), []), tables.thresholds.get((stage, name))),
                )
                for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
                if count
            ]
            idle = [name for name, count in counts.items() if not count]
            if rules or idle:
                yield Removals(title, about, account["read"], sum(counts.values()), rules, idle)


def _groups(
    stage: str, removed: Mapping[str, int], corpus: FinishedCorpus
) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Titles, and the counts of the rules under them; with bounds that removed nothing."""
    if stage != "quality":
        yield stage, "", removed
        return
    groups: dict[str, dict[str, int]] = {}
    for bound in bounds(corpus.settings.quality):
        groups.setdefault(bound.group, {})[bound.rule] = removed.get(bound.rule, 0)
    for group, counts in groups.items():
        title, about = GROUPS[group]
        yield f"quality: {title}", about, counts
    known = {rule for counts in groups.values() for rule in counts}
    yield "quality: other", "", {rule: count for rule, count in removed.items() if rule not in known}


def _nearest_first(examples: list[dict[str, Any]], threshold: float | None) -> list[dict[str, Any]]:
    """Examples by their distance from the bound: the first ones tell whether it is right."""
    if threshold is None:
        return examples
    far = float("inf")
    return sorted(examples, key=lambda row: far if row["value"] is None else abs(row["value"] - threshold))


def _threshold(rule: str, value: float | None) -> str:
    if value is None:
        return ""
    if rule.endswith("near_duplicate"):
        return f"below {quantity(value)}"
    if rule in EXACT:
        return f"must be {quantity(value)}"
    sign = "at least" if rule.startswith("minimum_") or rule in AT_LEAST else "at most"
    return f"{sign} {quantity(value)}"


def _splits(facts: Mapping[str, Any], tokenizer: Manifest | None) -> Iterator[dict[str, Any]]:
    tokens = tokenizer.facts["splits"] if tokenizer else {}
    for name, count in sorted(facts["splits"].items(), key=lambda item: SPLITS.index(item[0])):
        variants = sum(count["documents"] for count in facts["variants"].values()) if name == "train" else 0
        yield {
            "name": name,
            "documents": count.get("documents", 0),
            "characters": count.get("characters", 0),
            "variants": variants,
            "tokens": tokens.get(name, {}).get("tokens", 0),
        }


def _tokens(tokenizer: Manifest | None) -> int | None:
    return sum(split["tokens"] for split in tokenizer.facts["splits"].values()) if tokenizer else None


def _mixture(tokenizer: Manifest | None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What the training split ends up with, by source and by language, the largest first."""
    table = tokenizer.facts.get("mixture", {}) if tokenizer else {}
    for title, kind in (("Source", "sources"), ("Language", "languages")):
        if kind in table:
            yield title, sorted(table[kind], key=lambda row: (-row["tokens"], row["name"]))


def _value_cards(tables: Tables, settings: Corpus) -> Iterator[dict[str, Any]]:
    thresholds = {"language_score": Threshold(settings.language.threshold, is_minimum=True), **_score_bounds(settings)}
    for name, title in VALUE_TITLES.items():
        series = [Series("kept", tables.values[name])]
        if name == "language_score":
            series.append(Series("removed", tables.language_scores))
        if len(tables.values[name]):
            yield _plain_card(f"v-{name}", title, series, thresholds.get(name))
    if len(tables.jaccards):
        bound = Threshold(settings.near_duplicates.threshold, is_minimum=True)
        series = [Series("removed", tables.jaccards)]
        yield _plain_card("v-jaccard", "True Jaccard similarity of near-duplicates", series, bound)


def _score_bounds(settings: Corpus) -> dict[str, Threshold]:
    rules = {"quality_score": "minimum_quality_score", "perplexity": "maximum_perplexity"}
    found = {name: bound_of(rule, settings.quality) for name, rule in rules.items()}
    return {name: threshold for name, bound in found.items() if bound for threshold in drawn([bound])}


def _plain_card(name: str, title: str, series: list[Series], threshold: Threshold | None) -> dict[str, Any]:
    picture = histogram(series, [] if threshold is None else [threshold])
    bound = "" if threshold is None else f", bound {quantity(threshold.value)}"
    said = f"median {quantity(float(np.median(series[0].values)))}{bound}"
    return {"title": title, "said": said, "svg": drawing(picture, name, title) if picture else ""}


def _grouped_cards(measured: list[Distribution]) -> list[tuple[str, str, str, list[dict[str, Any]]]]:
    """The pictures of each group of rules, with its key, its title and what it is for."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for place, one in enumerate(measured):
        grouped.setdefault(one.bounds[0].group, []).append(_card(place, one))
    return [(group, *GROUPS[group], cards) for group, cards in grouped.items()]


def _card(place: int, one: Distribution) -> dict[str, Any]:
    meaning = measure_meaning(one.measure)
    label = f"Histogram of {one.measure}: {meaning}"
    return {
        "measure": one.measure,
        "meaning": meaning,
        "bounds": [_bound(bound) for bound in one.bounds],
        "one": one,
        "svg": drawing(one.picture, f"d{place}", label) if one.picture else "",
    }


def _bound(bound: Bound) -> str:
    """A bound as the recipe gives it: `minimum_words = 50`."""
    is_off = bound.threshold <= 0 if bound.rule.startswith("minimum_") else bound.threshold >= NO_MAXIMUM
    return f"{bound.rule} = {'off' if is_off else quantity(bound.threshold).replace(',', '_')}"
