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
from beam_jobs.report.meanings import bound_of, measure_meaning, rule_key, rule_meaning
from beam_jobs.report.plots import drawing
from beam_jobs.report.tables import Tables, read_tables
from beam_jobs.report.text import shortened, visible
from stages.artifacts import Manifest
from stages.quality.bounds import Bound
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
    examples: list[dict[str, Any]]


def rendered(name: str, corpus: FinishedCorpus, tokenizer: Manifest | None, pretrain: Manifest | None) -> str:
    """The page of a corpus; the same corpus gives the same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        number=lambda value: f"{value:,}", percent=percent, visible=visible, shortened=shortened, width=width
    )
    source = files("beam_jobs.report").joinpath(TEMPLATE).read_text("utf-8")
    page = environment.from_string(source).render(_context(name, corpus, tokenizer, pretrain))
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
    examples = _examples(corpus)
    defaults = Corpus(sources=corpus.settings.sources)
    return {
        "name": name,
        "records": ledger[stages[0]]["read"],
        "documents": ledger[stages[-1]]["kept"],
        "funnel": [(stage, ledger[stage], sum(ledger[stage]["removed"].values())) for stage in stages],
        "stages": [
            (stage, ledger[stage]["read"], _rules(stage, ledger[stage]["removed"], corpus, tables, examples))
            for stage in stages
        ],
        "splits": list(_splits(facts, tokenizer)),
        "characters": sum(split.get("characters", 0) for split in facts["splits"].values()),
        "tokens": _tokens(tokenizer),
        "pretrain": pretrain.facts.get("results") if pretrain else None,
        "variants": sorted(facts["variants"].items()),
        "sources": sorted(facts["sources"].items()),
        "tables": tables,
        "languages": tables.languages.most_common(LANGUAGES_SHOWN),
        "more_languages": max(0, len(tables.languages) - LANGUAGES_SHOWN),
        "hosts": sorted(tables.hosts.items(), key=lambda item: (-sum(item[1]), item[0]))[:HOSTS_SHOWN],
        "edits": sorted(tables.edits.items(), key=lambda item: (-item[1].documents, item[0])),
        "repeated": facts.get("repeated_text", {}).get("top", []),
        "values": list(_value_cards(tables, corpus.settings)),
        "distributions": [_card(place, one) for place, one in enumerate(measured)],
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


def _rules(
    stage: str,
    removed: Mapping[str, int],
    corpus: FinishedCorpus,
    tables: Tables,
    examples: Mapping[tuple[str, str], list[dict[str, Any]]],
) -> list[Rule]:
    return [
        Rule(
            name,
            count,
            rule_meaning(stage, name),
            rule_key(stage, name, corpus.settings.quality),
            _threshold(name, tables.thresholds.get((stage, name))),
            examples.get((stage, name), []),
        )
        for name, count in sorted(removed.items(), key=lambda item: (-item[1], item[0]))
    ]


def _threshold(rule: str, value: float | None) -> str:
    if value is None:
        return ""
    if rule == "near_duplicate":
        return f"below {value:,g}"
    if rule in EXACT:
        return f"{value:,g}"
    sign = "at least" if rule.startswith("minimum_") or rule in AT_LEAST else "at most"
    return f"{sign} {value:,g}"


def _splits(facts: Mapping[str, Any], tokenizer: Manifest | None) -> Iterator[dict[str, Any]]:
    tokens = tokenizer.facts["splits"] if tokenizer else {}
    for name, count in sorted(facts["splits"].items(), key=lambda item: SPLITS.index(item[0])):
        variants = sum(facts["variants"].values()) if name == "train" else 0
        yield {
            "name": name,
            "documents": count.get("documents", 0),
            "characters": count.get("characters", 0),
            "variants": variants,
            "tokens": tokens.get(name, {}).get("tokens", 0),
        }


def _tokens(tokenizer: Manifest | None) -> int | None:
    return sum(split["tokens"] for split in tokenizer.facts["splits"].values()) if tokenizer else None


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
    middle = float(np.median(series[0].values))
    said = f"median {middle:,.4g}" if middle < 1000 else f"median {middle:,.0f}"
    bound = "" if threshold is None else f", bound {threshold.value:g}"
    return {"title": title, "said": f"{said}{bound}", "svg": drawing(picture, name, title) if picture else ""}


def _card(place: int, one: Distribution) -> dict[str, Any]:
    meaning = measure_meaning(one.measure)
    label = f"Histogram of {one.measure}: {meaning}"
    return {
        "measure": one.measure,
        "meaning": meaning,
        "group": one.bounds[0].group,
        "bounds": ", ".join(map(_bound, one.bounds)),
        "one": one,
        "svg": drawing(one.picture, f"d{place}", label) if one.picture else "",
    }


def _bound(bound: Bound) -> str:
    if bound.rule.startswith("minimum_"):
        return f"at least {bound.threshold:,g}" if bound.threshold > 0 else "no minimum"
    return f"at most {bound.threshold:,g}" if bound.threshold < NO_MAXIMUM else "no maximum"
