"""AdamW, its parameter groups, and its state by name."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from stages.recipe import Pretrain
from trainer.model import Decoder


def new_optimizer(model: Decoder, settings: Pretrain) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) over all parameters of the model."""
    return torch.optim.AdamW(
        parameter_groups(model, settings.weight_decay),
        lr=settings.learning_rate,
        betas=(settings.beta1, settings.beta2),
        fused=True,
    )


def parameter_groups(model: Decoder, weight_decay: float) -> list[dict[str, Any]]:
    """Weights that decay and weights that do not.

    Matrices decay; norms do not, and neither does the embedding, as in OLMo 2 (2024): a row that is seldom read would
    shrink towards nothing, and the first norm would blow its gradient up.
    """
    kept = {id(model.embedding.weight)}
    decaying = [one for one in model.parameters() if one.ndim > 1 and id(one) not in kept]
    steady = [one for one in model.parameters() if one.ndim == 1 or id(one) in kept]
    return [{"params": decaying, "weight_decay": weight_decay}, {"params": steady, "weight_decay": 0.0}]


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Sets the rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def optimizer_tensors(model: Decoder, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The whole state of the optimizer, as `parameter/quantity`."""
    return {
        f"{name}/{quantity}": value
        for name, parameter in model.named_parameters()
        for quantity, value in optimizer.state[parameter].items()
    }


def restore_optimizer(model: Decoder, optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Puts back what `optimizer_tensors` gave."""
    parameters = dict(model.named_parameters())
    for key, value in tensors.items():
        name, quantity = key.rsplit("/", 1)
        parameter = parameters[name]
        # Counters stay where AdamW keeps them: on the device of the parameter, since it is fused.
        optimizer.state[parameter][quantity] = value.to(parameter.device)
