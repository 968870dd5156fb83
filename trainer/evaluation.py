"""How well the model predicts text it has not seen: nats a token, perplexity, bits a byte; in all and by origin.

Beside them stands the unigram entropy of the very tokens that are predicted: the loss of the best model that knows how
often each token occurs there and nothing of its context. Bits per byte do not depend on the tokenizer.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.shards import Origin, PackedRows
from trainer.loader import IGNORED, MicroBatch, micro_batch_of
from trainer.loss import label_losses
from trainer.model import Transformer

LEAST_TOKENS = 16
"""Of a document that is listed for its high loss: a loss of a few tokens says little of a text."""


@dataclass(frozen=True)
class Measures:
    """The measures of one model on the documents of one source or language."""

    tokens: int
    """Those that are predicted."""
    loss: float
    """Cross-entropy in nats a token."""
    perplexity: float
    bits_per_byte: float | None
    """None if the tokens stand for no text."""


@dataclass(frozen=True)
class Evaluation:
    """The measures of one model on one set of rows."""

    validation_loss: float
    """Cross-entropy in nats a token."""
    unigram_entropy: float
    """Nats a token, of the same tokens."""
    perplexity: float
    bits_per_byte: float
    sources: dict[str, Measures] = field(default_factory=dict)
    """Empty if the origins of the documents are not known, as are `languages`."""
    languages: dict[str, Measures] = field(default_factory=dict)


class EvaluationRows:
    """The first rows of a split, always the same, and what is known of their labels."""

    def __init__(
        self,
        rows: PackedRows,
        count: int,
        micro_batch_rows: int,
        token_bytes: npt.NDArray[np.int64],
        origins: Mapping[int, Origin] | None = None,
    ):
        """`origins` are those of the documents by their ids; GristmillError if they lack one, or there is no text."""
        ids = np.arange(min(count, len(rows)))
        parts = [ids[start : start + micro_batch_rows] for start in range(0, len(ids), micro_batch_rows)]
        self.micro_batches: list[MicroBatch] = [micro_batch_of(rows.take(part)) for part in parts]
        all_labels = torch.cat([one.labels for one in self.micro_batches])
        labels = all_labels[all_labels != IGNORED]
        self.tokens = len(labels)
        self.bytes_of_labels: npt.NDArray[np.int64] = token_bytes[labels.numpy()]
        self.text_bytes = int(self.bytes_of_labels.sum())
        if not self.text_bytes:
            raise GristmillError(
                "the validation rows hold no text to predict; raise corpus.split.validation or pretrain.evaluation_rows"
            )
        self.unigram_entropy = unigram_entropy(labels)
        self.first_rows: dict[int, int] = {}
        """The first row of each document, by ids, in the order of their first pieces."""
        self.documents = self._documents_of_labels(rows, all_labels)
        """int64 [tokens]: the document of each label, as a place in `first_rows`."""
        self.origins = origins or {}
        if lost := self.origins and self.first_rows.keys() - self.origins.keys():
            raise GristmillError(f"the origin of document {min(lost)} is not known; run `make tokenizer` again")

    def _documents_of_labels(self, packed: PackedRows, labels: Tensor) -> npt.NDArray[np.int64]:
        # A label belongs to the document that its token is in; the pieces of a document that was cut are one document.
        numbers: dict[int, int] = {}
        parts = []
        for index, of_row in enumerate(labels):
            row = packed.row(index)
            for one in row.doc_ids:
                numbers.setdefault(one, len(numbers))
                self.first_rows.setdefault(one, index)
            of_tokens = np.repeat([numbers[one] for one in row.doc_ids], np.diff([0, *row.doc_ends]))
            parts.append(of_tokens[predicted(of_row)])
        return np.concatenate(parts)


def predicted(labels: Tensor) -> npt.NDArray[np.int64]:
    """The places of the tokens in a row [T] whose successor is predicted."""
    return np.flatnonzero((labels != IGNORED).numpy())


@torch.no_grad()
def losses_of_labels(model: Transformer, rows: EvaluationRows, device: torch.device) -> Tensor:
    """fp32 [rows.tokens] on the CPU: the loss in nats of each label, in the order of the rows."""
    found = []
    for micro_batch in rows.micro_batches:
        ours = micro_batch.to(device)
        labels = ours.labels.flatten()
        losses = label_losses(model(ours.tokens, ours.positions).flatten(0, 1), model.head, labels)
        found.append(losses[labels != IGNORED].cpu())
    return torch.cat(found)


def unigram_entropy(tokens: Tensor) -> float:
    """The entropy in nats a token of the distribution of some token ids."""
    counts = torch.bincount(tokens).double()
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * shares.log()).sum())


def evaluate(model: Transformer, rows: EvaluationRows, device: torch.device) -> Evaluation:
    """Measures the model on all of the rows; GristmillError if the loss is not a finite number."""
    return evaluation_of(losses_of_labels(model, rows, device), rows)


def evaluation_of(losses: Tensor, rows: EvaluationRows) -> Evaluation:
    """The measures that follow from the losses [rows.tokens]; GristmillError if they are not finite numbers."""
    nats = losses.double().numpy()
    total = float(nats.sum())
    loss = total / rows.tokens
    if not math.isfinite(loss):
        raise GristmillError(f"the validation loss is {loss}; lower pretrain.learning_rate")
    whole = loss, rows.unigram_entropy, math.exp(loss), total / math.log(2.0) / rows.text_bytes
    return Evaluation(*whole, dict(_groups(nats, rows, "source")), dict(_groups(nats, rows, "language")))


def _groups(nats: npt.NDArray[np.float64], rows: EvaluationRows, kind: str) -> Iterator[tuple[str, Measures]]:
    """Yields the measures of each source or language by their names."""
    if not rows.origins:
        return
    of_documents = [getattr(rows.origins[one], kind) for one in rows.first_rows]
    names = sorted(set(of_documents))
    groups = np.array([names.index(name) for name in of_documents])[rows.documents]
    counts = [np.bincount(groups, weights, len(names)).tolist() for weights in (None, nats, rows.bytes_of_labels)]
    for name, tokens, total, size in zip(names, *counts, strict=True):
        if tokens:
            bits = total / math.log(2.0) / size if size else None
            yield name, Measures(tokens, total / tokens, math.exp(total / tokens), bits)


def hardest_documents(losses: Tensor, rows: EvaluationRows, most: int) -> list[dict[str, Any]]:
    """The documents with the highest loss in nats a token, highest first, with their origin and first row.

    Ids are texts: not all readers of JSON keep 64 bits.
    """
    tokens = np.bincount(rows.documents, minlength=len(rows.first_rows))
    means = np.bincount(rows.documents, losses.double().numpy(), len(tokens)) / np.maximum(tokens, 1)
    every = zip(rows.first_rows.items(), tokens.tolist(), means.tolist(), strict=True)
    listed = [
        {"id": str(one), "loss": loss, "tokens": count, "row": row, **_origin(rows.origins.get(one))}
        for (one, row), count, loss in every
        if count >= LEAST_TOKENS
    ]
    return sorted(listed, key=lambda one: (-one["loss"], int(one["id"])))[:most]


def _origin(origin: Origin | None) -> dict[str, Any]:
    return {} if origin is None else {"source": origin.source, "language": origin.language, "url": origin.url}
