"""The running average of the weights."""

import copy
from collections.abc import Mapping
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

AnyModel = TypeVar("AnyModel", bound=nn.Module)


class WeightAverage(Generic[AnyModel]):
    """An exponential moving average of a model's weights (Polyak and Juditsky 1992), in fp32, as a model of its own."""

    def __init__(self, model: AnyModel, decay: float):
        self.model = copy.deepcopy(model)
        pairs = zip(self.model.parameters(), model.parameters(), strict=True)
        self._pairs, self._decay = list(pairs), decay

    def update(self, step: int) -> None:
        """Takes the weights of a step, counted from 1, into the average."""
        # As TensorFlow's average does: at first it keeps less, or the random weights of the start would stay for long.
        kept = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            for average, weights in self._pairs:
                average.lerp_(weights, 1.0 - kept)

    def tensors(self) -> dict[str, Tensor]:
        """The average, by name."""
        return dict(self.model.state_dict())

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts back what `tensors` gave."""
        self.model.load_state_dict(tensors)
