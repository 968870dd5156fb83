"""Lion, which PyTorch has not."""

from typing import Any

import torch
from torch import Tensor


class Lion(torch.optim.Optimizer):
    """EvoLved Sign Momentum (Chen et al. 2023, algorithm 2): every update is a sign, so its state is one momentum."""

    def __init__(self, groups: list[dict[str, Any]], lr: float, betas: tuple[float, float]):
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, _closure: None = None) -> None:  # type: ignore[override]
        """Changes every weight that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        state = self.state[parameter]
        momentum: Tensor = state.setdefault("momentum", torch.zeros_like(parameter))
        parameter.mul_(1.0 - group["lr"] * group["weight_decay"])
        parameter.add_(momentum.lerp(gradient, 1.0 - beta1).sign_(), alpha=-group["lr"])
        momentum.lerp_(gradient, 1.0 - beta2)
