"""The optimizers, the weights that each of them is for, and their state by name."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from stages.recipe import Pretrain
from trainer.lion import Lion

Groups = list[dict[str, Any]]


class Optimizer:
    """One optimizer over all weights of a model, or two that share them."""

    def __init__(self, model: nn.Module, settings: Pretrain):
        self._parts = _parts(model, settings)

    def step(self, learning_rate: float) -> None:
        """Changes the weights by their gradients, and clears those."""
        for part in self._parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
            part.step()
        self.clear_gradients()

    def clear_gradients(self) -> None:
        """Forgets the gradients."""
        for part in self._parts:
            part.zero_grad()

    def tensors(self) -> dict[str, Tensor]:
        """The whole state, as `parameter/quantity`."""
        return {
            f"{name}/{quantity}": value
            for part in self._parts
            for name, quantities in zip(_names(part), _states(part), strict=True)
            for quantity, value in quantities.items()
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Puts back what `tensors` gave."""
        for part in self._parts:
            states: dict[int, dict[str, Tensor]] = {}
            numbers = {name: number for number, name in enumerate(_names(part))}
            for key, value in tensors.items():
                name, quantity = key.rsplit("/", 1)
                if name in numbers:
                    states.setdefault(numbers[name], {})[quantity] = value
            # PyTorch knows which of its counters stay on the CPU.
            part.load_state_dict({**part.state_dict(), "state": states})


def _names(part: torch.optim.Optimizer) -> list[str]:
    return [name for group in part.param_groups for name in group["param_names"]]


def _states(part: torch.optim.Optimizer) -> list[dict[str, Tensor]]:
    return [part.state.get(one, {}) for group in part.param_groups for one in group["params"]]


def _parts(model: nn.Module, settings: Pretrain) -> list[torch.optim.Optimizer]:
    if settings.optimizer != "muon":
        return [_new(settings.optimizer, parameter_groups(model, settings.weight_decay), settings)]
    groups = parameter_groups(model, settings.weight_decay)
    return [
        _new("muon", _chosen(groups, inside=True), settings),
        _new("adamw", _chosen(groups, inside=False), settings),
    ]


def _new(name: str, groups: Groups, settings: Pretrain) -> torch.optim.Optimizer:
    rate, betas, momentum = settings.learning_rate, (settings.beta1, settings.beta2), settings.momentum
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=rate, betas=betas, fused=True)
    if name == "adam":
        return torch.optim.Adam(groups, lr=rate, betas=betas, fused=True)
    if name == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=momentum, fused=True)
    if name == "adafactor":
        return torch.optim.Adafactor(groups, lr=rate)
    if name == "lion":
        return Lion(groups, lr=rate, betas=betas)
    # With updates as large as AdamW's (Liu et al. 2025) both have the same learning rate and decay.
    return torch.optim.Muon(groups, lr=rate, momentum=momentum, adjust_lr_fn="match_rms_adamw")


def parameter_groups(model: nn.Module, weight_decay: float) -> Groups:
    """Named weights that decay and weights that do not.

    Matrices decay; norms and biases do not, and neither do embeddings, as in OLMo 2 (2024): a row that is seldom read
    would shrink towards nothing, and the first norm would blow its gradient up.
    """
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    named = list(model.named_parameters())
    decaying = [(name, one) for name, one in named if one.ndim > 1 and id(one) not in embeddings]
    steady = [(name, one) for name, one in named if one.ndim == 1 or id(one) in embeddings]
    return [{"params": decaying, "weight_decay": weight_decay}, {"params": steady, "weight_decay": 0.0}]


def _chosen(groups: Groups, inside: bool) -> Groups:
    """Of each group the matrices inside the layers, or all other weights."""
    chosen = [
        {**group, "params": [(name, one) for name, one in group["params"] if _is_inner_matrix(name, one) == inside]}
        for group in groups
    ]
    return [group for group in chosen if group["params"]]


def _is_inner_matrix(name: str, parameter: Tensor) -> bool:
    return name.startswith("layers.") and parameter.ndim == 2
