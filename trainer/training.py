"""One optimizer step: gradients of all micro-batches, one update, and the state that goes from step to step."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.recipe import Loss, Pretrain
from trainer.average import WeightAverage
from trainer.device import dtype_of
from trainer.loader import Batch, MicroBatch
from trainer.loss import ScaledLoss, scaled_loss
from trainer.model import Transformer
from trainer.optimizer import Optimizer
from trainer.precision import WorkingModel
from trainer.schedule import learning_rate


@dataclass(frozen=True)
class Progress:
    """How far training has come."""

    step: int = 0
    rows_seen: int = 0
    """The loader's state."""
    tokens_seen: int = 0
    """Labels predicted so far."""
    skipped_steps: int = 0
    """Those whose loss or gradient was not finite, which changed no weight."""
    skipped_in_a_row: int = 0
    """Those at the end."""


@dataclass(frozen=True)
class StepResult:
    """What one step measured."""

    loss: float
    """Cross-entropy in nats a token, before the update."""
    gradient_norm: float
    """Before clipping."""
    learning_rate: float
    objective: float | None = None
    """What was trained on, a token; None if it is the cross-entropy."""

    @property
    def is_finite(self) -> bool:
        """Whether the weights could be changed."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)

    def record(self) -> dict[str, Any]:
        """For the log, without what is no number."""
        found = asdict(self) if self.is_finite else {"learning_rate": self.learning_rate, "skipped": True}
        return {key: value for key, value in found.items() if value is not None}


class Trainer:
    """The weights, the optimizer and the progress; all that a checkpoint holds."""

    def __init__(self, model: Transformer, settings: Pretrain, device: torch.device):
        self.model = model.to(device)
        self.progress = Progress()
        self._settings, self._device = settings, device
        self._working = WorkingModel(self.model, dtype_of(settings))
        self._optimizer = Optimizer(self.model, settings)
        self._average = WeightAverage(self.model, settings.ema_decay) if settings.ema_decay else None

    @property
    def working_model(self) -> Transformer:
        """The model in the precision of training."""
        return self._working.model

    @property
    def result_model(self) -> Transformer:
        """The model that training is for, in fp32: the average of the weights where there is one."""
        return self._average.model if self._average else self.model

    @property
    def evaluation_model(self) -> Transformer:
        """The same, in the precision of training."""
        return (
            WorkingModel(self._average.model, dtype_of(self._settings)).model if self._average else self._working.model
        )

    def step(self, batch: Batch) -> StepResult:
        """Takes one step; skips it, with the weights untouched, if the loss or its gradient is not finite.

        GristmillError if too many steps in a row are skipped.
        """
        number = self.progress.step + 1
        # Divided by the labels of the whole step: rows with few labels then count no more than others.
        scale = 1.0 / max(batch.label_tokens, 1)
        first_draw = number * len(batch.micro_batches)
        losses = [self._backward(one, scale, draw) for draw, one in enumerate(batch.micro_batches, first_draw)]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._settings.gradient_clip)
        result = StepResult(
            torch.stack([one.cross_entropy for one in losses]).sum().item(),
            norm.item(),
            learning_rate(number, self._settings),
            None if self._settings.loss == Loss() else torch.stack([one.objective for one in losses]).sum().item(),
        )
        if result.is_finite:
            self._update(number, result.learning_rate)
        else:
            self._skip(number, result)
        tokens_seen = self.progress.tokens_seen + batch.label_tokens
        self.progress = replace(self.progress, step=number, rows_seen=batch.rows_seen, tokens_seen=tokens_seen)
        return result

    def _update(self, number: int, rate: float) -> None:
        self._optimizer.step(rate)
        self._working.refresh()
        if self._average:
            self._average.update(number)
        self.progress = replace(self.progress, skipped_in_a_row=0)

    def _skip(self, number: int, result: StepResult) -> None:
        self._optimizer.clear_gradients()
        in_a_row = self.progress.skipped_in_a_row + 1
        # A run all of whose steps are skipped has no result.
        if in_a_row > self._settings.maximum_skipped_steps or in_a_row == self._settings.steps:
            raise GristmillError(
                f"step {number}: the loss is {result.loss}, the norm of its gradient {result.gradient_norm}; lower"
                " pretrain.learning_rate or pretrain.gradient_clip, or raise pretrain.warmup_steps"
            )
        self.progress = replace(self.progress, skipped_steps=self.progress.skipped_steps + 1, skipped_in_a_row=in_a_row)

    def _backward(self, micro_batch: MicroBatch, scale: float, draw: int) -> ScaledLoss:
        ours = micro_batch.to(self._device)
        model = self._working.model
        hidden = model(ours.tokens, ours.positions, draw=draw)
        loss = scaled_loss(hidden.flatten(0, 1), model.head, ours.labels.flatten(), scale, self._settings.loss)
        loss.objective.backward()  # type: ignore[no-untyped-call]
        self._working.collect_gradients()
        return ScaledLoss(loss.objective.detach(), loss.cross_entropy)

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """The weights, the optimizer's state and the average of the weights, by name."""
        tensors = {"model": dict(self.model.state_dict()), "optimizer": self._optimizer.tensors()}
        return {**tensors, "average": self._average.tensors()} if self._average else tensors

    def restore(self, progress: Progress, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Goes back to a state that `tensors` gave."""
        self.model.load_state_dict(tensors["model"])
        self._optimizer.restore(tensors["optimizer"])
        if self._average:
            self._average.restore(tensors["average"])
        self._working.refresh()
        self.progress = progress
