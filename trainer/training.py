"""One optimizer step: gradients of all micro-batches, one update, and the state that goes from step to step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from stages.errors import GristmillError
from stages.recipe import Pretrain
from trainer.device import dtype_of
from trainer.loader import Batch, MicroBatch
from trainer.loss import scaled_loss
from trainer.model import Decoder
from trainer.optimizer import new_optimizer, optimizer_tensors, restore_optimizer, set_learning_rate
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


@dataclass(frozen=True)
class StepResult:
    """What one step measured."""

    loss: float
    """Nats a token, before the update."""
    gradient_norm: float
    """Before clipping."""
    learning_rate: float


class Trainer:
    """The weights, the optimizer and the progress; all that a checkpoint holds."""

    def __init__(self, model: Decoder, settings: Pretrain, device: torch.device):
        self.model = model.to(device)
        self.progress = Progress()
        self._settings, self._device = settings, device
        self._working = WorkingModel(self.model, dtype_of(settings))
        self._optimizer = new_optimizer(self.model, settings)

    @property
    def working_model(self) -> Decoder:
        """The model in the precision of training."""
        return self._working.model

    def step(self, batch: Batch) -> StepResult:
        """Takes one step; GristmillError, with the weights untouched, if the loss or its gradient is not finite."""
        number = self.progress.step + 1
        # Divided by the labels of the whole step: rows with few labels then count no more than others.
        scale = 1.0 / max(batch.label_tokens, 1)
        losses = [self._backward(micro_batch, scale) for micro_batch in batch.micro_batches]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self._settings.gradient_clip)
        result = StepResult(torch.stack(losses).sum().item(), norm.item(), learning_rate(number, self._settings))
        if not (math.isfinite(result.loss) and math.isfinite(result.gradient_norm)):
            raise GristmillError(
                f"step {number}: the loss is {result.loss}, the norm of its gradient {result.gradient_norm}; lower"
                " pretrain.learning_rate or pretrain.gradient_clip, or raise pretrain.warmup_steps"
            )
        set_learning_rate(self._optimizer, result.learning_rate)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._working.refresh()
        self.progress = Progress(number, batch.rows_seen, self.progress.tokens_seen + batch.label_tokens)
        return result

    def _backward(self, micro_batch: MicroBatch, scale: float) -> Tensor:
        ours = micro_batch.to(self._device)
        model = self._working.model
        hidden = model(ours.tokens, ours.positions)
        loss = scaled_loss(hidden.flatten(0, 1), model.head, ours.labels.flatten(), scale)
        loss.backward()  # type: ignore[no-untyped-call]
        self._working.collect_gradients()
        return loss.detach()

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """The weights and the optimizer's state, by name."""
        return {
            "model": dict(self.model.state_dict()),
            "optimizer": optimizer_tensors(self.model, self._optimizer),
        }

    def restore(self, progress: Progress, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Goes back to a state that `tensors` gave."""
        self.model.load_state_dict(tensors["model"])
        restore_optimizer(self.model, self._optimizer, tensors["optimizer"])
        self._working.refresh()
        self.progress = progress
