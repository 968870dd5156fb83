"""One step: accumulation, precision, clipping, overfitting, the average, and what must not reach the weights."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
import torch

from stages.errors import GristmillError
from stages.recipe import Model, Pretrain
from stages.shards import PackedRows
from tests.trainer.tiny_run import VOCABULARY
from trainer.loader import IGNORED, Batch, Loader, micro_batch_of
from trainer.model import Transformer, new_transformer
from trainer.training import Progress, Trainer

MODEL = Model(layers=2, width=32, heads=4, key_value_heads=2)
SETTINGS = Pretrain(steps=400, warmup_steps=0, learning_rate=3e-3, precision="fp32", model=MODEL, weight_decay=0.0)
CPU = torch.device("cpu")


def new_trainer(**changes: object) -> Trainer:
    return Trainer(new_transformer(MODEL, VOCABULARY, seed=1), SETTINGS.model_copy(update=changes), CPU)


def weights(model: Transformer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_micro_batches_add_up_to_the_whole_batch(rows: PackedRows) -> None:
    whole, parts = new_trainer(), new_trainer()
    first = whole.step(Loader(rows, 7, 8, 8).batch(0))
    second = parts.step(Loader(rows, 7, 8, 2).batch(0))
    assert second.loss == pytest.approx(first.loss, rel=1e-6)
    assert second.gradient_norm == pytest.approx(first.gradient_norm, rel=1e-5)


def test_the_loss_is_the_mean_over_all_labels_of_the_step(rows: PackedRows) -> None:
    batch = Loader(rows, 7, 8, 2).batch(0)
    assert new_trainer().step(batch).loss == pytest.approx(math.log(VOCABULARY), abs=0.1)
    halves = [new_trainer().step(Loader(rows, 7, 4, 4).batch(seen)).loss for seen in (0, 4)]
    counts = [Loader(rows, 7, 4, 4).batch(seen).label_tokens for seen in (0, 4)]
    mean = sum(loss * count for loss, count in zip(halves, counts, strict=True)) / sum(counts)
    assert counts[0] != counts[1]
    assert new_trainer().step(batch).loss == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_overfits_one_batch(rows: PackedRows, precision: str) -> None:
    # Where a document begins, its words can only be guessed: rows of one document leave little of that.
    ids = [number for number in range(len(rows)) if len(rows.row(number).doc_ends) == 1][:2]
    micro_batch = micro_batch_of(rows.take(np.array(ids)))
    batch = Batch((micro_batch,), int((micro_batch.labels != IGNORED).sum()), 2)
    trainer = new_trainer(precision=precision, learning_rate=1e-2, steps=80)
    losses = [trainer.step(batch).loss for _ in range(80)]
    assert losses[0] > 5
    assert losses[-1] < 0.05


def test_bf16_trains_fp32_weights_and_computes_in_bf16(rows: PackedRows) -> None:
    trainer = new_trainer(precision="bf16")
    trainer.step(Loader(rows, 7, 4, 2).batch(0))
    assert {value.dtype for value in trainer.model.parameters()} == {torch.float32}
    working = dict(trainer.working_model.named_parameters())
    for name, master in trainer.model.named_parameters():
        dtype = torch.bfloat16 if master.ndim > 1 else torch.float32
        assert torch.equal(working[name], master.to(dtype)) and working[name].dtype == dtype


def test_bf16_gradients_stay_close_to_fp32(rows: PackedRows) -> None:
    batch = Loader(rows, 7, 8, 2).batch(0)
    narrow, wide = new_trainer(precision="bf16").step(batch), new_trainer().step(batch)
    assert narrow.loss == pytest.approx(wide.loss, rel=1e-3)
    assert narrow.gradient_norm == pytest.approx(wide.gradient_norm, rel=2e-2)


def test_gradients_are_clipped_to_the_norm(rows: PackedRows, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = new_trainer(gradient_clip=0.01)
    norms: list[float] = []

    def keep_norm(_rate: float) -> None:
        gradients = [one.grad for one in trainer.model.parameters() if one.grad is not None]
        norms.append(torch.nn.utils.get_total_norm(gradients).item())

    monkeypatch.setattr(trainer._optimizer, "step", keep_norm)
    result = trainer.step(Loader(rows, 7, 4, 2).batch(0))
    assert result.gradient_norm > 0.02
    assert norms == [pytest.approx(0.01, rel=1e-3)]


def spoil(trainer: Trainer) -> torch.Tensor:
    """Makes the next loss no number; gives the weight that was spoilt."""
    weight = trainer.working_model.norm.weight
    with torch.no_grad():
        weight[0] = math.nan
    return weight


def repair(weight: torch.Tensor) -> None:
    with torch.no_grad():
        weight[0] = 1.0


def equal_but_for_norms(before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(after[name], before[name]) for name in before if "norm" not in name)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_that_is_not_finite_is_skipped_and_counted_with_all_state_untouched(
    rows: PackedRows, precision: str
) -> None:
    trainer, loader = new_trainer(precision=precision, ema_decay=0.9), Loader(rows, 7, 4, 2)
    trainer.step(loader.batch(0))
    before = {part: {name: one.clone() for name, one in named.items()} for part, named in trainer.tensors().items()}
    weight = spoil(trainer)
    result = trainer.step(loader.batch(4))
    assert not result.is_finite
    assert result.record() == {"learning_rate": result.learning_rate, "skipped": True}
    assert all(equal_but_for_norms(before[part], after) for part, after in trainer.tensors().items())
    labels = sum(loader.batch(seen).label_tokens for seen in (0, 4))
    assert trainer.progress == Progress(2, 8, labels, skipped_steps=1, skipped_in_a_row=1)
    repair(weight)
    assert trainer.step(loader.batch(8)).is_finite
    assert not equal_but_for_norms(before["model"], trainer.tensors()["model"])
    assert (trainer.progress.skipped_steps, trainer.progress.skipped_in_a_row) == (1, 0)


def test_a_skipped_step_leaves_no_gradient_behind(rows: PackedRows) -> None:
    trainer, usual, loader = new_trainer(), new_trainer(), Loader(rows, 7, 4, 2)
    weight = spoil(trainer)
    trainer.step(loader.batch(4))
    repair(weight)
    result = trainer.step(loader.batch(0))
    assert result.gradient_norm == usual.step(loader.batch(0)).gradient_norm


@pytest.mark.parametrize("allowed", [0, 2])
def test_too_many_skipped_steps_in_a_row_end_the_run_with_the_weights_untouched(rows: PackedRows, allowed: int) -> None:
    trainer, loader = new_trainer(maximum_skipped_steps=allowed), Loader(rows, 7, 4, 2)
    trainer.step(loader.batch(0))
    before = weights(trainer.model)
    spoil(trainer)
    for _ in range(allowed):
        trainer.step(loader.batch(4))
    progress = trainer.progress
    with pytest.raises(GristmillError, match=rf"step {allowed + 2}: the loss is nan.*lower pretrain\.learning_rate"):
        trainer.step(loader.batch(4))
    assert equal_but_for_norms(before, weights(trainer.model))
    assert trainer.progress == progress


def test_a_run_all_of_whose_steps_are_skipped_is_an_error(rows: PackedRows) -> None:
    trainer, loader = new_trainer(steps=2, maximum_skipped_steps=5), Loader(rows, 7, 4, 2)
    spoil(trainer)
    trainer.step(loader.batch(0))
    with pytest.raises(GristmillError, match="step 2: the loss is nan"):
        trainer.step(loader.batch(4))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_average_of_the_weights_is_what_is_evaluated_and_exported(rows: PackedRows, precision: str) -> None:
    trainer, loader = new_trainer(precision=precision, ema_decay=0.5), Loader(rows, 7, 4, 2)
    expected = weights(trainer.model)
    for step in range(1, 13):
        trainer.step(loader.batch(4 * step))
        kept = min(0.5, (1 + step) / (10 + step))
        expected = {name: kept * expected[name] + (1 - kept) * one for name, one in weights(trainer.model).items()}
    found = weights(trainer.result_model)
    assert all(torch.allclose(found[name], expected[name], atol=1e-6) for name in expected)
    assert not torch.allclose(found["embedding.weight"], trainer.model.embedding.weight)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    assert torch.equal(trainer.evaluation_model.embedding.weight, found["embedding.weight"].to(dtype))


def test_without_an_average_the_trained_weights_are_the_result(rows: PackedRows) -> None:
    trainer = new_trainer(precision="bf16")
    trainer.step(Loader(rows, 7, 4, 2).batch(0))
    assert trainer.result_model is trainer.model and trainer.evaluation_model is trainer.working_model
    assert trainer.tensors().keys() == {"model", "optimizer"}
