"""The loss: equal to cross-entropy over whole logits, in value and in gradients."""

import pytest
import torch
from torch.nn import functional

from trainer import loss
from trainer.loader import IGNORED


@pytest.mark.parametrize("slice_logits", [1, 7 * 50, 1 << 20])
def test_slices_of_any_size_give_cross_entropy_and_its_gradients(
    slice_logits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "LOGITS_AT_ONCE", {"cpu": slice_logits})
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(33, 16, generator=generator, requires_grad=True)
    head = torch.randn(50, 16, generator=generator, requires_grad=True)
    labels = torch.randint(50, (33,), generator=generator)
    labels[::5] = IGNORED
    expected = functional.cross_entropy(hidden @ head.T, labels, reduction="sum") * 0.25
    gradients = torch.autograd.grad(expected, (hidden, head))

    ours = loss.scaled_loss(hidden, head, labels, 0.25)
    for gradient, wanted in zip(torch.autograd.grad(ours, (hidden, head)), gradients, strict=True):
        assert (gradient - wanted).abs().max() <= 1e-5
    assert ours.item() == pytest.approx(expected.item(), rel=1e-6)
    assert loss.summed_loss(hidden, head, labels).item() * 0.25 == pytest.approx(expected.item(), rel=1e-6)


def test_bf16_logits_are_summed_in_fp32() -> None:
    generator = torch.Generator().manual_seed(1)
    hidden = torch.randn(4096, 16, generator=generator).bfloat16()
    head = torch.randn(50, 16, generator=generator).bfloat16()
    labels = torch.randint(50, (4096,), generator=generator)
    expected = functional.cross_entropy((hidden @ head.T).double(), labels, reduction="sum")
    assert loss.summed_loss(hidden, head, labels).item() == pytest.approx(expected.item(), rel=1e-6)
