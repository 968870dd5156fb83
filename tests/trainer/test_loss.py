"""The loss: equal to the plain formulas over whole logits, in value and in gradients."""

import itertools

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional

from stages.recipe import Loss, Model, Pretrain
from stages.shards import PackedRows
from tests.trainer.tiny_run import VOCABULARY
from trainer import loss
from trainer.loader import IGNORED, Loader
from trainer.model import new_transformer
from trainer.training import StepResult, Trainer

PLAIN = Loss()
COMBINATIONS = [
    Loss(label_smoothing=smoothing, focal_gamma=gamma, z_loss=weight)
    for smoothing, gamma, weight in itertools.product((0.0, 0.1), (0.0, 0.5, 2.0), (0.0, 1e-2))
    if not (smoothing and gamma)
]


def a_case(count: int = 33, spread: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, a head of 50 tokens, and labels of which every fifth is ignored."""
    generator = torch.Generator().manual_seed(1)
    hidden = (spread * torch.randn(count, 16, generator=generator)).requires_grad_()
    head = torch.randn(50, 16, generator=generator, requires_grad=True)
    labels = torch.randint(50, (count,), generator=generator)
    labels[::5] = IGNORED
    return hidden, head, labels


def formula(hidden: Tensor, head: Tensor, labels: Tensor, settings: Loss) -> Tensor:
    """The sum of the objective as the papers write it, over whole logits in fp64."""
    valid = labels != IGNORED
    logits = (hidden.double() @ head.double().T)[valid]
    shares = torch.softmax(logits, dim=-1)
    target = functional.one_hot(labels[valid], len(head)).double()
    target = (1 - settings.label_smoothing) * target + settings.label_smoothing / len(head)
    focus = 1 - shares.gather(1, labels[valid][:, None]).squeeze(1)
    entropy = -(target * shares.log()).sum(1) * focus**settings.focal_gamma
    return (entropy + settings.z_loss * logits.logsumexp(1) ** 2).sum()


@pytest.mark.parametrize("slice_logits", [1, 7 * 50, 1 << 20])
@pytest.mark.parametrize("settings", COMBINATIONS, ids=str)
def test_slices_of_any_size_give_the_formula_and_its_gradients(
    settings: Loss, slice_logits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "LOGITS_AT_ONCE", {"cpu": slice_logits})
    hidden, head, labels = a_case()
    expected = formula(hidden, head, labels, settings) * 0.25
    gradients = torch.autograd.grad(expected, (hidden, head))

    ours = loss.scaled_loss(hidden, head, labels, 0.25, settings)
    for gradient, wanted in zip(torch.autograd.grad(ours.objective, (hidden, head)), gradients, strict=True):
        assert (gradient - wanted).abs().max() <= 2e-6 * wanted.abs().max()
        assert gradient.dtype == torch.float32
    assert ours.objective.item() == pytest.approx(expected.item(), rel=1e-6)
    plain = formula(hidden, head, labels, PLAIN).item()
    assert ours.cross_entropy.item() == pytest.approx(plain * 0.25, rel=1e-6)
    assert loss.summed_loss(hidden, head, labels).item() == pytest.approx(plain, rel=1e-6)
    assert loss.label_losses(hidden, head, labels).sum().item() == pytest.approx(plain, rel=1e-6)


def test_plain_gradients_are_softmax_minus_the_label_bit_for_bit() -> None:
    hidden, head, labels = a_case()
    ours = loss.scaled_loss(hidden, head, labels, 0.25, PLAIN)
    logits = torch.log_softmax(hidden.detach() @ head.detach().T, dim=-1)
    difference = logits.exp()
    difference[torch.arange(len(labels)), labels.clamp(min=0)] -= 1.0
    difference *= (labels != IGNORED)[:, None] * 0.25
    assert torch.equal(torch.autograd.grad(ours.objective, hidden)[0], difference @ head.detach())
    assert torch.equal(ours.objective.detach(), ours.cross_entropy)


@pytest.mark.parametrize("settings", COMBINATIONS, ids=str)
@pytest.mark.parametrize("spread", [1e-6, 1e3])
def test_gradients_are_finite_where_probabilities_are_one_or_nothing(settings: Loss, spread: float) -> None:
    hidden, head, labels = a_case(spread=spread)
    labels[1::5] = (hidden @ head.T).argmax(1)[1::5]
    ours = loss.scaled_loss(hidden, head, labels, 1.0, settings)
    assert ours.objective.isfinite()
    assert all(one.isfinite().all() for one in torch.autograd.grad(ours.objective, (hidden, head)))


@pytest.mark.parametrize("settings", COMBINATIONS, ids=str)
def test_ignored_labels_have_no_part_in_it(settings: Loss) -> None:
    hidden, head, labels = a_case()
    ours = loss.scaled_loss(hidden, head, labels, 1.0, settings)
    hidden_gradient, _ = torch.autograd.grad(ours.objective, (hidden, head))
    assert not hidden_gradient[labels == IGNORED].any()
    assert hidden_gradient[labels != IGNORED].any(1).all()
    nothing = loss.scaled_loss(hidden, head, torch.full_like(labels, IGNORED), 1.0, settings)
    assert nothing.objective.item() == nothing.cross_entropy.item() == 0


def test_bf16_logits_are_summed_in_fp32() -> None:
    hidden, head, labels = (one.detach() for one in a_case(count=4096))
    hidden, head = hidden.bfloat16(), head.bfloat16()
    expected = functional.cross_entropy((hidden @ head.T).double(), labels, reduction="sum")
    assert loss.summed_loss(hidden, head, labels).item() == pytest.approx(expected.item(), rel=1e-6)


def test_smoothing_and_focus_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="label_smoothing and focal_gamma exclude each other"):
        Loss(label_smoothing=0.1, focal_gamma=2.0)


def a_step(rows: PackedRows, settings: Loss) -> StepResult:
    model = Model(layers=1, width=32, heads=2, key_value_heads=2)
    trainer = Trainer(
        new_transformer(model, VOCABULARY, seed=1),
        Pretrain(precision="fp32", model=model, loss=settings, warmup_steps=0),
        torch.device("cpu"),
    )
    return trainer.step(Loader(rows, 7, 8, 4).batch(0))


def test_a_step_reports_the_plain_loss_and_the_objective_beside_it(rows: PackedRows) -> None:
    plain, smoothed = a_step(rows, PLAIN), a_step(rows, Loss(label_smoothing=0.1, z_loss=1e-2))
    assert plain.objective is None
    assert smoothed.loss == plain.loss
    # All tokens are about equally likely before training: smoothing changes little, and log Z is that of so many zeros.
    assert smoothed.objective is not None
    extra = 1e-2 * torch.tensor(float(VOCABULARY)).log().item() ** 2
    assert smoothed.objective - smoothed.loss == pytest.approx(extra, rel=0.05)
    assert smoothed.gradient_norm != plain.gradient_norm
