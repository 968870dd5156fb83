"""The quality stage: all groups of rules that the recipe switches on, one after the other, on one text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from stages.document import Edit, Refusal
from stages.quality import c4, fineweb, gopher, line_corrections, repetition
from stages.quality.bounds import first_missed
from stages.quality.prepared import Measured, Prepared
from stages.recipe import Classifier, Perplexity, Quality


@dataclass(frozen=True)
class Checked:
    """What the quality stage says of a text."""

    text: str
    """The text without the lines and marks that rules took out."""
    refusal: Refusal | None
    measurements: Mapping[str, float]
    """What every rule measured, also those after the one that refuses; shares are of 1."""
    edits: tuple[Edit, ...]


def check_quality(text: str, language: str, settings: Quality) -> Checked:
    """Measures all rules on a text, each group on what the groups before it left, and says which is missed first.

    A text of which the rules left nothing is refused as `text_left`, should no bound of the recipe do so.
    """
    prepared = Prepared(text, language, settings.reference)
    measurements: dict[str, float] = {}
    edits: list[Edit] = []
    for name, group in settings.groups():
        measured = MEASURE[name](prepared, group)
        measurements.update(measured.values)
        edits.extend(measured.edits)
        if measured.text is not None and measured.text != prepared.text:
            prepared = Prepared(measured.text, language, settings.reference, measured.words_left)
    refusal = first_missed(measurements, settings)
    if refusal is None and edits and not prepared.text.strip():
        refusal = Refusal("text_left", 0, 1, "characters")
    return Checked(prepared.text, refusal, measurements, tuple(edits))


def _measure_classifier(prepared: Prepared, settings: Classifier) -> Measured:
    from stages.quality import classifier

    return classifier.measure(prepared, settings)


def _measure_perplexity(prepared: Prepared, settings: Perplexity) -> Measured:
    from stages.quality import perplexity

    return perplexity.measure(prepared, settings)


MEASURE: Mapping[str, Callable[[Prepared, Any], Measured]] = {
    "gopher_quality": gopher.measure,
    "gopher_repetition": repetition.measure,
    "line_corrections": line_corrections.measure,
    "c4": c4.measure,
    "fineweb": fineweb.measure,
    "classifier": _measure_classifier,
    "perplexity": _measure_perplexity,
}
"""The groups by name. Models are imported when a recipe first asks for one: their libraries start slowly."""
