"""Training and measuring one small model: a function of settings, data and seed alone."""

import dataclasses
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from stages.recipe import Recipe
from stages.shards import PackedRows
from trainer.device import prepare_device
from trainer.evaluation import EvaluationRows, evaluation_of, losses_of_labels
from trainer.inputs import Inputs
from trainer.loader import IGNORED, Loader
from trainer.model import new_decoder
from trainer.training import Trainer


@dataclass(frozen=True)
class Measured:
    """What became of one small model."""

    validation_loss: float
    """Nats a token."""
    unigram_entropy: float
    """Nats a token, of the same tokens."""
    bits_per_byte: float
    train_loss: float
    """Nats a token, of the last step."""
    parameters: int
    tokens_seen: int
    document_nats: list[float]
    """The loss of each validation document, in the order in which they begin in the rows."""
    document_bytes: list[int]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)


def train_model(recipe: Recipe, inputs: Inputs, seed: int) -> Measured:
    """Trains a small model to its end and measures it; `recipe.pretrain` are its settings."""
    settings = recipe.pretrain
    device = prepare_device(settings)
    trainer = Trainer(new_decoder(settings.model, inputs.tokenizer.vocabulary_size, seed), settings, device)
    loader = Loader(inputs.train, seed, settings.batch_rows, settings.micro_batch_rows)
    batches = loader.batches(trainer.progress.rows_seen, pinned=device.type == "cuda")
    with closing(batches):
        for batch in batches:
            result = trainer.step(batch)
            if trainer.progress.step == settings.steps:
                break
    token_bytes = inputs.tokenizer.token_bytes()
    rows = EvaluationRows(inputs.validation, settings.evaluation_rows, settings.micro_batch_rows, token_bytes)
    losses = losses_of_labels(trainer.working_model, rows, device).double()
    evaluation = evaluation_of(losses.sum().item(), rows)
    documents = documents_of_labels(rows, inputs.validation)
    labels = torch.cat([one.labels.flatten() for one in rows.micro_batches])
    return Measured(
        evaluation.validation_loss,
        evaluation.unigram_entropy,
        evaluation.bits_per_byte,
        result.loss,
        sum(parameter.numel() for parameter in trainer.model.parameters()),
        trainer.progress.tokens_seen,
        np.bincount(documents, losses.numpy()).tolist(),
        np.bincount(documents, token_bytes[labels[labels != IGNORED].numpy()]).astype(np.int64).tolist(),
    )


def documents_of_labels(rows: EvaluationRows, packed: PackedRows) -> npt.NDArray[np.int64]:
    """int64 [rows.tokens]: the document of each label that is predicted, numbered in the order of their first pieces.

    A label belongs to the document that its token is in; one of a document that was cut is counted with the others.
    """
    found: dict[int, int] = {}
    parts = []
    index = 0
    for micro_batch in rows.micro_batches:
        for labels in micro_batch.labels:
            row = packed.row(index)
            numbers = [found.setdefault(document_id, len(found)) for document_id in row.doc_ids]
            of_tokens = np.repeat(numbers, np.diff([0, *row.doc_ends]))
            parts.append(of_tokens[predicted(labels)])
            index += 1
    return np.concatenate(parts)


def predicted(labels: Tensor) -> npt.NDArray[np.int64]:
    """The places of the tokens in a row [T] whose successor is predicted."""
    return np.flatnonzero((labels != IGNORED).numpy())
