"""Evaluation: what it measures, against numbers worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.errors import GristmillError
from stages.recipe import Model
from stages.shards import PackedRows
from stages.tokenizer import Tokenizer
from tests.trainer.tiny_run import VOCABULARY
from trainer.evaluation import EvaluationRows, evaluate, unigram_entropy
from trainer.loader import IGNORED, labels_of
from trainer.model import Decoder, new_decoder

CPU = torch.device("cpu")


@pytest.fixture
def model() -> Decoder:
    return new_decoder(Model(layers=1, width=32, heads=2, key_value_heads=2), VOCABULARY, seed=1)


def flat_labels(rows: PackedRows, count: int) -> np.ndarray:
    labels = labels_of(rows.take(np.arange(count)))
    return labels[labels != IGNORED]


def test_the_entropy_of_known_distributions() -> None:
    assert unigram_entropy(torch.tensor([5, 5, 5])) == 0.0
    assert unigram_entropy(torch.tensor([1, 2, 3, 7])) == pytest.approx(math.log(4))
    assert unigram_entropy(torch.tensor([0, 0, 0, 9])) == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4))


def test_a_model_that_knows_nothing_has_the_loss_of_a_fair_die(
    model: Decoder, rows: PackedRows, tokenizer: Tokenizer
) -> None:
    with torch.no_grad():
        model.embedding.weight.zero_()
    data = EvaluationRows(rows, 10, 4, tokenizer.token_bytes())
    result = evaluate(model, data, CPU)
    labels = flat_labels(rows, 10)
    text_bytes = tokenizer.token_bytes()[labels].sum()
    assert result.validation_loss == pytest.approx(math.log(VOCABULARY), rel=1e-6)
    assert result.perplexity == pytest.approx(VOCABULARY, rel=1e-5)
    assert result.bits_per_byte == pytest.approx(len(labels) * math.log2(VOCABULARY) / text_bytes, rel=1e-6)
    assert result.unigram_entropy == pytest.approx(unigram_entropy(torch.from_numpy(labels)))


def test_the_result_does_not_depend_on_the_micro_batch(model: Decoder, rows: PackedRows, tokenizer: Tokenizer) -> None:
    results = [evaluate(model, EvaluationRows(rows, 11, size, tokenizer.token_bytes()), CPU) for size in (1, 4, 11)]
    assert results[0].validation_loss == pytest.approx(results[1].validation_loss, rel=1e-6)
    assert results[0].validation_loss == pytest.approx(results[2].validation_loss, rel=1e-6)
    assert replace(results[0], validation_loss=0, perplexity=0, bits_per_byte=0) == replace(
        results[2], validation_loss=0, perplexity=0, bits_per_byte=0
    )


def test_the_first_rows_are_taken_or_all_if_there_are_fewer(rows: PackedRows, tokenizer: Tokenizer) -> None:
    assert EvaluationRows(rows, 5, 2, tokenizer.token_bytes()).tokens == len(flat_labels(rows, 5))
    assert EvaluationRows(rows, 10_000, 2, tokenizer.token_bytes()).tokens == len(flat_labels(rows, len(rows)))


def test_rows_without_text_are_refused(rows: PackedRows) -> None:
    with pytest.raises(GristmillError, match=r"no text to predict; raise corpus\.split\.validation"):
        EvaluationRows(rows, 5, 2, np.zeros(VOCABULARY, np.int64))


def test_a_loss_that_is_not_finite_is_an_error(model: Decoder, rows: PackedRows, tokenizer: Tokenizer) -> None:
    with torch.no_grad():
        model.norm.weight[0] = math.nan
    with pytest.raises(GristmillError, match="the validation loss is nan"):
        evaluate(model, EvaluationRows(rows, 5, 2, tokenizer.token_bytes()), CPU)
