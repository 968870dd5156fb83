"""Cross-entropy over the vocabulary, taken a slice of tokens at a time so that the logits never exist as a whole."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from stages.recipe import Loss
from trainer.loader import IGNORED

LOGITS_AT_ONCE = {"cpu": 1 << 21, "cuda": 1 << 28}
"""How many logits are held in fp32 at a time. On a CPU a slice that stays in its caches makes the loss 1.6 times as
fast as the whole (8,192 tokens of vocabulary, bf16, one Zen 4 core)."""


class ScaledLoss(NamedTuple):
    """The losses of some labels, summed and scaled: fp32 scalars."""

    objective: Tensor
    """What is trained on; it has gradients."""
    cross_entropy: Tensor
    """In nats, without gradient; equal to the objective where the settings of the loss are plain."""


def summed_loss(hidden: Tensor, head: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy in nats, summed over all labels that are not IGNORED: an fp32 scalar without gradient.

    `hidden` is [tokens, width], `head` [vocabulary, width] in the same dtype, `labels` int64 [tokens].
    """
    with torch.no_grad():
        losses = (_cross_entropy(part.log_shares, labels[part.span]).sum() for part in _sliced(hidden, head))
        return torch.stack(list(losses)).sum()


def label_losses(hidden: Tensor, head: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy in nats of each label: fp32 [tokens] without gradient, 0 where a label is IGNORED."""
    with torch.no_grad():
        return torch.cat([_cross_entropy(part.log_shares, labels[part.span]) for part in _sliced(hidden, head)])


def scaled_loss(hidden: Tensor, head: Tensor, labels: Tensor, scale: float, settings: Loss) -> ScaledLoss:
    """The summed losses times `scale`, the objective with gradients for `hidden` and `head`.

    The gradients are made together with the loss, while a slice's logits are at hand.
    """
    return ScaledLoss(*_LossWithGradients.apply(hidden, head, labels, scale, settings))  # type: ignore[no-untyped-call]


class _LossWithGradients(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, head: Tensor, labels: Tensor, scale: float, settings: Loss
    ) -> tuple[Tensor, Tensor]:
        objective, cross_entropy = torch.zeros((), device=hidden.device), torch.zeros((), device=hidden.device)
        hidden_gradient = torch.empty_like(hidden)
        head_gradient = torch.zeros(head.shape, device=head.device)
        for part in _sliced(hidden, head):
            own = labels[part.span]
            losses = _cross_entropy(part.log_shares, own)
            cross_entropy += losses.sum()
            objective += losses.sum() if settings.plain else _objective(part, losses, own, settings).sum()
            logit_gradient = _logit_gradient(part, losses, own, scale, settings).to(hidden.dtype)
            hidden_gradient[part.span] = logit_gradient @ head
            head_gradient += logit_gradient.T @ hidden[part.span]
        cross_entropy *= scale
        ctx.mark_non_differentiable(cross_entropy)
        ctx.save_for_backward(hidden_gradient, head_gradient.to(head.dtype))
        return objective * scale, cross_entropy

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        hidden_gradient, head_gradient = ctx.saved_tensors
        return hidden_gradient * gradient, head_gradient * gradient, None, None, None


class _Slice(NamedTuple):
    """The logits of some tokens, split into what the loss reads."""

    span: slice
    log_shares: Tensor
    """The logarithms of the softmax: fp32 [tokens in the span, vocabulary]."""
    log_normalizers: Tensor
    """The logarithms of Z, what the softmax divides by: fp32 [tokens in the span]."""


def _sliced(hidden: Tensor, head: Tensor) -> Iterator[_Slice]:
    size = max(1, LOGITS_AT_ONCE[hidden.device.type] // len(head))
    for start in range(0, len(hidden), size):
        span = slice(start, start + size)
        logits = hidden[span] @ head.T
        log_shares = torch.log_softmax(logits, dim=-1, dtype=torch.float32)
        # Any column tells the normalizer: a logit is the logarithm of its share plus that of Z.
        log_normalizers = logits[:, 0].float() - log_shares[:, 0]
        # Freed before the gradient of the slice is made.
        del logits
        yield _Slice(span, log_shares, log_normalizers)


def _cross_entropy(log_shares: Tensor, labels: Tensor) -> Tensor:
    """fp32 [tokens]: 0 where the label is IGNORED."""
    chosen = log_shares.gather(1, labels.clamp(min=0)[:, None]).squeeze(1)
    return torch.where(labels == IGNORED, 0.0, -chosen)


def _objective(part: _Slice, cross_entropy: Tensor, labels: Tensor, settings: Loss) -> Tensor:
    """What is trained on, of each label: fp32 [tokens], 0 where the label is IGNORED."""
    found = cross_entropy
    if settings.focal_gamma:
        found = found * _unlikelihood(cross_entropy) ** settings.focal_gamma
    if settings.label_smoothing:
        found = torch.lerp(found, -part.log_shares.mean(1), settings.label_smoothing)
    if settings.z_loss:
        found = found + settings.z_loss * part.log_normalizers**2
    return torch.where(labels == IGNORED, 0.0, found)


def _logit_gradient(part: _Slice, cross_entropy: Tensor, labels: Tensor, scale: float, settings: Loss) -> Tensor:
    """The gradient of the scaled objective: fp32 [tokens, vocabulary], 0 where the label is IGNORED.

    Every loss here has a gradient of one form: the softmax times a factor of the token, less what pulls at the label,
    less what pulls at the whole vocabulary alike. Overwrites the slice's log_shares.
    """
    gradient = part.log_shares.exp_()
    focus = _focus(cross_entropy, settings.focal_gamma) if settings.focal_gamma else 1.0
    if settings.focal_gamma or settings.z_loss:
        gradient *= (focus + 2 * settings.z_loss * part.log_normalizers)[:, None]
    rows = torch.arange(len(labels), device=labels.device)
    gradient[rows, labels.clamp(min=0)] -= focus - settings.label_smoothing
    if settings.label_smoothing:
        gradient -= settings.label_smoothing / gradient.shape[1]
    return gradient.mul_((labels != IGNORED)[:, None] * scale)


def _focus(cross_entropy: Tensor, gamma: float) -> Tensor:
    """The derivative of the focal loss by the logarithm of the label's probability p, negated: fp32 [tokens].

    (1 - p) ** gamma * (1 - gamma * p * log(p) / (1 - p)), whose last quotient is -1 where p is 1.
    """
    unlikelihood = _unlikelihood(cross_entropy)
    quotient = torch.where(unlikelihood > 0, cross_entropy / unlikelihood, 1.0)
    return unlikelihood**gamma * (1 + gamma * (1 - unlikelihood) * quotient)


def _unlikelihood(cross_entropy: Tensor) -> Tensor:
    """One minus the label's probability, exact where that is near to one."""
    return -torch.expm1(-cross_entropy)
