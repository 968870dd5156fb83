"""From the measures of all models to what is told of each variant: means, differences and how sure they are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stages.console import say, show_table
from stages.recipe import Ablate
from trainer.ablation_statistics import Interval, document_interval, mean_interval, paired_interval

HEADER = ("variant", "documents", "tokens", "loss", "bits/byte", "difference", "texts", "verdict")


@dataclass(frozen=True)
class Difference:
    """A variant's bits per byte less those of the base."""

    over_seeds: Interval
    over_documents: Interval

    @property
    def verdict(self) -> str:
        """`worse` or `better` if both intervals say so."""
        if not (self.over_seeds.excludes_zero and self.over_documents.excludes_zero):
            return ""
        return "worse" if self.over_seeds.mean > 0 else "better"


@dataclass(frozen=True)
class VariantResult:
    """One variant with all its models."""

    name: str
    documents: int
    """Of one epoch of training, as are the tokens."""
    tokens: int
    models: list[dict[str, Any]]
    """The measures of each, in the order of their seeds, without those of single documents."""
    validation_loss: float
    bits_per_byte: Interval
    difference: Difference | None
    """None for the base."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "verdict": self.difference.verdict if self.difference else ""}


def results(
    variants: Sequence[Mapping[str, Any]], measures: Mapping[str, Sequence[dict[str, Any]]], settings: Ablate, seed: int
) -> list[VariantResult]:
    """The result of each variant, the base first; `measures` are those of its models in the order of their seeds."""
    base = measures[variants[0]["name"]]
    return [
        _result(variant, measures[variant["name"]], None if number == 0 else base, settings.confidence, seed)
        for number, variant in enumerate(variants)
    ]


def _result(
    variant: Mapping[str, Any],
    models: Sequence[dict[str, Any]],
    base: Sequence[dict[str, Any]] | None,
    confidence: float,
    seed: int,
) -> VariantResult:
    single = ("document_nats", "document_bytes")
    return VariantResult(
        variant["name"],
        variant["documents"],
        variant["tokens"],
        [{key: value for key, value in model.items() if key not in single} for model in models],
        float(np.mean([model["validation_loss"] for model in models])),
        mean_interval([model["bits_per_byte"] for model in models], confidence),
        None if base is None else _difference(models, base, confidence, seed),
    )


def _difference(
    models: Sequence[dict[str, Any]], base: Sequence[dict[str, Any]], confidence: float, seed: int
) -> Difference:
    bits, of_base = ([model["bits_per_byte"] for model in group] for group in (models, base))
    nats, nats_of_base = (np.mean([model["document_nats"] for model in group], axis=0) for group in (models, base))
    sizes = np.array(base[0]["document_bytes"], np.float64)
    return Difference(
        paired_interval(bits, of_base, confidence),
        document_interval((nats - nats_of_base) / math.log(2.0), sizes, confidence, seed),
    )


def show(found: Sequence[VariantResult], settings: Ablate, yardstick: Mapping[str, Any]) -> None:
    """Prints the table, and what its intervals mean; `yardstick` counts what the models were measured on."""
    first = found[0].models[0]
    show_table(
        f"ablate: {settings.seeds} models of {first['parameters']:,} parameters for each variant, each trained on"
        f" {first['tokens_seen']:,} tokens",
        HEADER,
        [_row(one) for one in found],
    )
    by_chance = (len(found) - 1) * (1 - settings.confidence)
    say(
        f"measured on {yardstick['documents']:,} validation documents of {yardstick['bytes']:,} bytes, where a unigram"
        f" model has a loss of {first['unigram_entropy']:.4f}\n"
        f"± of {settings.confidence:.0%} intervals: of bits/byte and of the difference to the base over seeds"
        " (Student's t, paired), of texts over validation documents (bootstrap, paired)\n"
        f"better and worse: both exclude 0; of {len(found) - 1} variants without any effect the seeds' interval alone"
        f" would by chance exclude it for {by_chance:.1f}"
    )


def _row(one: VariantResult) -> tuple[object, ...]:
    cells = (one.name, one.documents, f"{one.tokens / 1e6:.2f} M", f"{one.validation_loss:.3f}")
    difference = one.difference
    if difference is None:
        return (*cells, _shown(one.bits_per_byte), "", "", "")
    seeds, documents = difference.over_seeds, difference.over_documents
    return (*cells, _shown(one.bits_per_byte), _shown(seeds, "+"), f"± {documents.half_width:.4f}", difference.verdict)


def _shown(interval: Interval, sign: str = "") -> str:
    return f"{interval.mean:{sign}.4f} ± {interval.half_width:.4f}"
