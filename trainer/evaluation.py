"""How well the model predicts text it has not seen: nats a token, perplexity, bits a byte.

Beside them stands the unigram entropy of the very tokens that are predicted: the loss of the best model that knows how
often each token occurs there and nothing of its context. Bits per byte do not depend on the tokenizer.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.shards import PackedRows
from trainer.loader import IGNORED, MicroBatch, micro_batch_of
from trainer.loss import label_losses, summed_loss
from trainer.model import Decoder


@dataclass(frozen=True)
class Evaluation:
    """The measures of one model on one set of rows."""

    validation_loss: float
    """Cross-entropy in nats a token."""
    unigram_entropy: float
    """Nats a token, of the same tokens."""
    perplexity: float
    bits_per_byte: float


class EvaluationRows:
    """The first rows of a split, always the same, and what is known of their labels."""

    def __init__(self, rows: PackedRows, count: int, micro_batch_rows: int, token_bytes: npt.NDArray[np.int64]):
        ids = np.arange(min(count, len(rows)))
        parts = [ids[start : start + micro_batch_rows] for start in range(0, len(ids), micro_batch_rows)]
        self.micro_batches: list[MicroBatch] = [micro_batch_of(rows.take(part)) for part in parts]
        labels = torch.cat([one.labels.flatten() for one in self.micro_batches])
        labels = labels[labels != IGNORED]
        self.tokens = len(labels)
        self.text_bytes = int(token_bytes[labels.numpy()].sum())
        if not self.text_bytes:
            raise GristmillError(
                "the validation rows hold no text to predict; raise corpus.split.validation or pretrain.evaluation_rows"
            )
        self.unigram_entropy = unigram_entropy(labels)


@torch.no_grad()
def losses_of_labels(model: Decoder, rows: EvaluationRows, device: torch.device) -> Tensor:
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


@torch.no_grad()
def evaluate(model: Decoder, rows: EvaluationRows, device: torch.device) -> Evaluation:
    """Measures the model on all of the rows; GristmillError if the loss is not a finite number."""
    total = 0.0
    for micro_batch in rows.micro_batches:
        ours = micro_batch.to(device)
        hidden = model(ours.tokens, ours.positions)
        total += summed_loss(hidden.flatten(0, 1), model.head, ours.labels.flatten()).item()
    return evaluation_of(total, rows)


def evaluation_of(total: float, rows: EvaluationRows) -> Evaluation:
    """The measures that follow from the summed loss; GristmillError if that is not a finite number."""
    loss = total / rows.tokens
    if not math.isfinite(loss):
        raise GristmillError(f"the validation loss is {loss}; lower pretrain.learning_rate")
    return Evaluation(loss, rows.unigram_entropy, math.exp(loss), total / math.log(2.0) / rows.text_bytes)
