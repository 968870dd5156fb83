"""One step: accumulation, precision, clipping, what decays, overfitting, and what must not reach the weights."""

import math

import numpy as np
import pytest
import torch

from stages.errors import GristmillError
from stages.recipe import Model, Pretrain
from stages.shards import PackedRows
from tests.trainer.tiny_run import VOCABULARY
from trainer.loader import IGNORED, Batch, Loader, micro_batch_of
from trainer.model import Decoder, new_decoder
from trainer.optimizer import parameter_groups
from trainer.training import Trainer

MODEL = Model(layers=2, width=32, heads=4, key_value_heads=2)
SETTINGS = Pretrain(steps=400, warmup_steps=0, learning_rate=3e-3, precision="fp32", model=MODEL, weight_decay=0.0)
CPU = torch.device("cpu")


def new_trainer(**changes: object) -> Trainer:
    return Trainer(new_decoder(MODEL, VOCABULARY, seed=1), SETTINGS.model_copy(update=changes), CPU)


def weights(model: Decoder) -> dict[str, torch.Tensor]:
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

    def keep_norm() -> None:
        gradients = [one.grad for one in trainer.model.parameters() if one.grad is not None]
        norms.append(torch.nn.utils.get_total_norm(gradients).item())

    monkeypatch.setattr(trainer._optimizer, "step", keep_norm)
    result = trainer.step(Loader(rows, 7, 4, 2).batch(0))
    assert result.gradient_norm > 0.02
    assert norms == [pytest.approx(0.01, rel=1e-3)]


@pytest.mark.parametrize("tied", [True, False])
def test_matrices_decay_and_norms_and_embeddings_do_not(tied: bool) -> None:
    model = new_decoder(MODEL.model_copy(update={"tied_embeddings": tied}), VOCABULARY, seed=1)
    decaying, steady = parameter_groups(model, 0.1)
    names = {id(value): name for name, value in model.named_parameters()}
    assert (decaying["weight_decay"], steady["weight_decay"]) == (0.1, 0.0)
    assert {names[id(one)] for one in steady["params"]} == {
        name for name in names.values() if "norm" in name or name == "embedding.weight"
    }
    assert len(decaying["params"]) + len(steady["params"]) == len(names)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_loss_that_is_not_finite_stops_before_the_weights_change(rows: PackedRows, precision: str) -> None:
    trainer = new_trainer(precision=precision)
    loader = Loader(rows, 7, 4, 2)
    trainer.step(loader.batch(0))
    with torch.no_grad():
        trainer.working_model.norm.weight[0] = math.nan
    before, progress = weights(trainer.model), trainer.progress
    with pytest.raises(GristmillError, match=r"step 2: the loss is nan.*lower pretrain\.learning_rate"):
        trainer.step(loader.batch(4))
    after = weights(trainer.model)
    assert all(torch.equal(after[name], before[name]) or "norm" in name for name in before)
    assert torch.equal(after["embedding.weight"], before["embedding.weight"])
    assert trainer.progress == progress


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_restored_trainer_goes_on_bit_for_bit(rows: PackedRows, precision: str) -> None:
    loader = Loader(rows, 7, 4, 2)
    trainer, restored = new_trainer(precision=precision), new_trainer(precision=precision)
    for seen in range(0, 20, 4):
        trainer.step(loader.batch(seen))
    kept = {part: {name: one.clone() for name, one in named.items()} for part, named in trainer.tensors().items()}
    restored.restore(trainer.progress, kept)
    for seen in range(20, 40, 4):
        assert trainer.step(loader.batch(seen)) == restored.step(loader.batch(seen))
    first, second = trainer.tensors(), restored.tensors()
    assert all(torch.equal(value, second[part][name]) for part in first for name, value in first[part].items())
