"""Training and measuring one small model: a function of settings, data and seed alone."""

import dataclasses
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.recipe import Recipe
from trainer.device import prepare_device
from trainer.evaluation import EvaluationRows, evaluation_of, losses_of_labels
from trainer.inputs import Inputs
from trainer.loader import Loader
from trainer.model import new_transformer
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
    trainer = Trainer(new_transformer(settings.model, inputs.tokenizer.vocabulary_size, seed), settings, device)
    loader = Loader(inputs.train, seed, settings.batch_rows, settings.micro_batch_rows)
    batches = loader.batches(trainer.progress.rows_seen, pinned=device.type == "cuda")
    with closing(batches):
        for batch in batches:
            result = trainer.step(batch)
            if trainer.progress.step == settings.steps:
                break
    token_bytes = inputs.tokenizer.token_bytes()
    rows = EvaluationRows(inputs.validation, settings.evaluation_rows, settings.micro_batch_rows, token_bytes)
    losses = losses_of_labels(trainer.evaluation_model, rows, device)
    evaluation = evaluation_of(losses, rows)
    return Measured(
        evaluation.validation_loss,
        evaluation.unigram_entropy,
        evaluation.bits_per_byte,
        result.loss,
        sum(parameter.numel() for parameter in trainer.model.parameters()),
        trainer.progress.tokens_seen,
        np.bincount(rows.documents, losses.double().numpy()).tolist(),
        np.bincount(rows.documents, rows.bytes_of_labels).astype(np.int64).tolist(),
    )
