"""How often each training document is seen: from the sizes of sources and languages to a factor for each document.

A factor of 2.3 means: twice, and 3 in 10 documents once more. Which ones is a function of their ids and the seed, so
that the mixture is the same however the documents lie.
"""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from stages.draws import draw
from stages.errors import GristmillError
from stages.recipe import Mixture

Group = tuple[str, str]
"""A source and a language."""
Cells = dict[Group, float]
Key = TypeVar("Key", bound=Hashable)

FITTING_ROUNDS = 100
"""Of proportional fitting where weights and a temperature are given; each ends with the sources' shares."""
DECIMALS = 9
"""Of a factor: what another machine's arithmetic might round otherwise stays out of it."""
PURPOSE = "mixture"


def copies(document_id: int, seed: int, factor: float) -> tuple[int, float]:
    """How often a document is in the mixture, and its draw in [0, 1): the whole part, and once more below the rest."""
    whole = math.floor(factor)
    place = draw(document_id, seed, PURPOSE) / 2**64
    return whole + (place < factor - whole), place


def factors(sizes: Mapping[Group, float], settings: Mixture) -> Cells:
    """How often each document of a source and language is seen in one pass, for all groups in `sizes`.

    `sizes` counts the training documents of each group in `settings.unit`. Shares and errors are those of `amounts`.
    """
    wanted = amounts(sizes, settings)
    found = {group: round(size / sizes[group], DECIMALS) for group, size in wanted.items()}
    if found and not any(found.values()):
        raise GristmillError("mixture: no training document is left; give a source a weight or epochs above 0")
    return {group: found.get(group, 1.0) for group in sizes}


def amounts(sizes: Mapping[Group, float], settings: Mixture, key: str = "mixture") -> Cells:
    """How much of each source and language there is to be, for all groups of any size, in the unit of `sizes`.

    With weights, a source gets its share of the whole; with language weights, a language does; with a temperature, a
    language gets a share in proportion to its size to the power of 1 / temperature. Where both sources and languages
    have shares, they get theirs by iterative proportional fitting (Deming and Stephan 1940): in turn, all cells of a
    language, then of a source, are multiplied so that their sum is right. If a source has too few languages for both,
    the sources' shares hold. No cell grows past `maximum_epochs` times its size; the others of its row or column make
    up for it as far as they can, and where they cannot, the whole is smaller.

    A name in weights or epochs without training documents, and a source or language without weight, are GristmillErrors
    that name the key in the section `key` and the names there are.
    """
    natural = {group: float(sizes[group]) for group in sorted(sizes) if sizes[group] > 0}
    check_names(natural, settings, key)
    wanted = {group: size * settings.epochs.get(group[0], 1.0) for group, size in natural.items()}
    shared = settings.weights or settings.language_weights or settings.language_temperature > 1.0
    return _fitted(natural, wanted, settings) if shared or settings.size else wanted


def check_names(groups: Iterable[Group], settings: Mixture, key: str = "mixture") -> None:
    """Raises GristmillError where weights or epochs do not fit the sources and languages of the training documents."""
    every = set(groups)
    sources, languages = ({group[axis] for group in every} for axis in (0, 1))
    given = (
        ("weights", "source", settings.weights, sources),
        ("epochs", "source", settings.epochs, sources),
        ("language_weights", "language", settings.language_weights, languages),
    )
    for name, kind, values, there in given:
        known = ", ".join(sorted(there))
        for one in sorted(values.keys() - there):
            raise GristmillError(f"{key}.{name}.{one}: no {kind} of this name has training documents; {known} have")
        if not values or name == "epochs":
            continue
        for one in sorted(there - values.keys()):
            raise GristmillError(f"{key}.{name}: {one!r} has none; 0 leaves it out; {known} have training documents")


def _fitted(natural: Cells, wanted: Cells, settings: Mixture) -> Cells:
    """Sizes that meet the shares of sources, languages or both."""
    limits = {group: settings.maximum_epochs * size for group, size in natural.items()}
    total = settings.size * 1e6 or math.fsum(wanted.values())
    for axis, weights in ((0, settings.weights), (1, settings.language_weights)):
        if weights:
            wanted = {group: size if weights[group[axis]] else 0.0 for group, size in wanted.items()}
    cells = {group: min(size, limits[group]) for group, size in wanted.items()}
    by_source, by_language = _members(natural, 0), _members(natural, 1)
    languages = settings.language_weights or _language_weights(wanted, settings.language_temperature)
    has_languages = settings.language_weights or settings.language_temperature > 1.0
    if not settings.weights and not has_languages:
        return _scaled(cells, limits, total, list(cells))
    if not settings.weights:
        return _to_shares(cells, limits, by_language, languages, total)
    if not has_languages:
        return _to_shares(cells, limits, by_source, settings.weights, total)
    for _ in range(FITTING_ROUNDS):
        cells = _to_shares(cells, limits, by_language, languages, total)
        cells = _to_shares(cells, limits, by_source, settings.weights, total)
    return cells


def _members(cells: Cells, axis: int) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for group in cells:
        found.setdefault(group[axis], []).append(group)
    return found


def _language_weights(cells: Cells, temperature: float) -> dict[str, float]:
    sizes = {language: math.fsum(cells[group] for group in groups) for language, groups in _members(cells, 1).items()}
    return {language: size ** (1.0 / temperature) if size else 0.0 for language, size in sizes.items()}


def _to_shares(
    cells: Cells, limits: Cells, members: Mapping[str, list[Group]], weights: Mapping[str, float], total: float
) -> Cells:
    """Each row (or column) scaled to its share of the total; what full ones cannot take, the others do."""
    room = {name: math.fsum(limits[one] for one in groups if cells[one]) for name, groups in members.items()}
    targets = _filled({name: weights[name] for name in members}, room, total)
    scaled: Cells = {}
    for name, groups in members.items():
        scaled.update(_scaled(cells, limits, targets[name], groups))
    return {group: scaled[group] for group in cells}


def _scaled(cells: Cells, limits: Cells, target: float, groups: Sequence[Group]) -> Cells:
    """Some cells scaled to a sum, none past its limit."""
    return _filled({group: cells[group] for group in groups}, limits, target)


def _filled(weights: Mapping[Key, float], limits: Mapping[Key, float], total: float) -> dict[Key, float]:
    """A total dealt in proportion to weights; who is full gets its limit, and the others share what it leaves."""
    full: dict[Key, float] = {}
    while True:
        open_ = {key: weight for key, weight in weights.items() if key not in full and weight > 0}
        left, sum_ = total - math.fsum(full.values()), math.fsum(open_.values())
        dealt = {key: weight / sum_ * left for key, weight in open_.items()}
        over = {key: limits[key] for key, amount in dealt.items() if amount > limits[key]}
        if not over:
            return {key: full.get(key, dealt.get(key, 0.0)) for key in weights}
        full.update(over)


def stage_of_bins(tokens: Mapping[int, float], stages: int, descending: bool) -> dict[int, int]:
    """The stage of each bin of a histogram, counted from 0: stages of about equally many tokens, bins in their order.

    A bin is in the stage in which its middle lies, so a single bin can leave stages around it empty.
    """
    order = sorted(tokens, reverse=descending)
    total = math.fsum(tokens.values())
    found, before = {}, 0.0
    for one in order:
        middle = before + tokens[one] / 2
        found[one] = min(int(middle * stages / total), stages - 1) if total else 0
        before += tokens[one]
    return found


def length_bin(tokens: int) -> int:
    """A bin of lengths: each length below 128 has its own, every octave above has 64 of equal width."""
    exponent = max(tokens.bit_length() - 7, 0)
    return (exponent << 6) + (tokens >> exponent)


def score_bin(score: float | None) -> int:
    """A bin of quality scores of 0 to 1: 1,024 of equal width, and -1 for a document that has none."""
    return -1 if score is None else min(int(score * 1024), 1023)
