"""What a token costs, and what a card can do: for the use that is made of it (MFU) and for the plan."""

import torch

from stages.recipe import Pretrain
from trainer.model import Transformer

CARDS = {
    "b200": 2250e12,
    "h200": 989e12,
    "h100 pcie": 756e12,
    "h100": 989e12,
    "a100": 312e12,
    "l40s": 362e12,
    "l4": 121e12,
    "rtx 5090": 209.5e12,
    "rtx 4090": 165.2e12,
    "rtx 3090": 71e12,
}
"""Dense bf16 products with fp32 sums, in FLOPs a second, by a part of the card's name; the first that fits counts. From
NVIDIA's data sheets (those that state sparse rates halved), and for RTX cards from the white papers of Ampere GA102,
Ada and Blackwell."""


def flops_a_token(model: Transformer, length: int) -> int:
    """FLOPs of training on one token: 6 N + 12 * layers * width * length (PaLM, Chowdhery et al. 2022, appendix B).

    N are the weights of matrix products: those of the layers and the head, not a table that is only looked up. As is
    usual, attention is counted as if each row of `length` tokens were one document that sees all of itself.
    """
    weights = sum(parameter.numel() for parameter in model.layers.parameters()) + model.head.numel()
    return 6 * weights + 12 * model.settings.layers * model.settings.width * length


def peak_flops(name: str) -> float | None:
    """The peak in bf16 of a card, by the name that its driver or a person gives it; None if it is not in the table."""
    plain = name.lower().replace("-", " ")
    return next((peak for card, peak in CARDS.items() if card in plain), None)


def peak_tokens(model: Transformer, settings: Pretrain, length: int, device: torch.device) -> float | None:
    """Tokens a second that the device would train on at its peak; None if that is not known, as for a CPU or fp32."""
    if device.type != "cuda" or settings.precision != "bf16":
        return None
    peak = peak_flops(torch.cuda.get_device_name(device))
    return None if peak is None else peak / flops_a_token(model, length)
