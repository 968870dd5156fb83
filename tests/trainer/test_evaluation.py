"""Evaluation: what it measures, against numbers worked out by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from stages.errors import GristmillError
from stages.recipe import Model
from stages.shards import Origin, PackedRows
from stages.tokenizer import Tokenizer
from tests.trainer.tiny_run import VOCABULARY
from trainer.evaluation import (
    LEAST_TOKENS,
    EvaluationRows,
    evaluate,
    evaluation_of,
    hardest_documents,
    losses_of_labels,
    unigram_entropy,
)
from trainer.loader import IGNORED, labels_of
from trainer.model import Transformer, new_transformer

CPU = torch.device("cpu")


@pytest.fixture
def model() -> Transformer:
    return new_transformer(Model(layers=1, width=32, heads=2, key_value_heads=2), VOCABULARY, seed=1)


def flat_labels(rows: PackedRows, count: int) -> np.ndarray:
    labels = labels_of(rows.take(np.arange(count)))
    return labels[labels != IGNORED]


def test_the_entropy_of_known_distributions() -> None:
    assert unigram_entropy(torch.tensor([5, 5, 5])) == 0.0
    assert unigram_entropy(torch.tensor([1, 2, 3, 7])) == pytest.approx(math.log(4))
    assert unigram_entropy(torch.tensor([0, 0, 0, 9])) == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4))


def test_a_model_that_knows_nothing_has_the_loss_of_a_fair_die(
    model: Transformer, rows: PackedRows, tokenizer: Tokenizer
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


def test_the_result_does_not_depend_on_the_micro_batch(
    model: Transformer, rows: PackedRows, tokenizer: Tokenizer
) -> None:
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


def test_a_loss_that_is_not_finite_is_an_error(model: Transformer, rows: PackedRows, tokenizer: Tokenizer) -> None:
    with torch.no_grad():
        model.norm.weight[0] = math.nan
    with pytest.raises(GristmillError, match="the validation loss is nan"):
        evaluate(model, EvaluationRows(rows, 5, 2, tokenizer.token_bytes()), CPU)


def origins_of(rows: PackedRows) -> dict[int, Origin]:
    """Two sources and two languages."""
    ids = {one for index in range(len(rows)) for one in rows.row(index).doc_ids}
    return {one: Origin("ab"[one % 2], "de" if one % 3 == 0 else "en", None) for one in ids}


def test_each_source_and_language_is_measured_on_its_own_documents(
    model: Transformer, rows: PackedRows, tokenizer: Tokenizer
) -> None:
    origins = origins_of(rows)
    data = EvaluationRows(rows, 9, 4, tokenizer.token_bytes(), origins)
    losses = losses_of_labels(model, data, CPU).tolist()
    sums: dict[tuple[str, str], list[float]] = {}
    place = 0
    for index in range(9):
        row = rows.row(index)
        for start, end, one in zip([0, *row.doc_ends], row.doc_ends, row.doc_ids, strict=False):
            for token in row.tokens[start + 1 : end]:
                for name in (("source", origins[one].source), ("language", origins[one].language)):
                    found = sums.setdefault(name, [0, 0.0, 0])
                    for which, value in enumerate((1, losses[place], tokenizer.token_bytes()[token])):
                        found[which] += value
                place += 1
    result = evaluate(model, data, CPU)
    assert set(result.sources) == {"a", "b"} and set(result.languages) == {"de", "en"}
    for kind, groups in (("source", result.sources), ("language", result.languages)):
        for name, measures in groups.items():
            tokens, nats, size = sums[kind, name]
            assert measures.tokens == tokens
            assert measures.loss == pytest.approx(nats / tokens)
            assert measures.perplexity == pytest.approx(math.exp(nats / tokens))
            assert measures.bits_per_byte == pytest.approx(nats / math.log(2) / size)
        assert sum(one.tokens for one in groups.values()) == data.tokens
        whole = sum(one.tokens * one.loss for one in groups.values()) / data.tokens
        assert whole == pytest.approx(result.validation_loss)


def test_without_origins_there_are_no_groups(model: Transformer, rows: PackedRows, tokenizer: Tokenizer) -> None:
    result = evaluate(model, EvaluationRows(rows, 5, 2, tokenizer.token_bytes()), CPU)
    assert result.sources == result.languages == {}


def test_a_document_of_no_known_origin_is_refused(rows: PackedRows, tokenizer: Tokenizer) -> None:
    origins = origins_of(rows)
    lost = rows.row(0).doc_ids[0]
    del origins[lost]
    with pytest.raises(GristmillError, match=f"origin of document {lost} is not known; run `make tokenizer` again"):
        EvaluationRows(rows, 5, 2, tokenizer.token_bytes(), origins)


def test_tokens_without_text_have_no_bits_per_byte(rows: PackedRows, tokenizer: Tokenizer) -> None:
    sizes = tokenizer.token_bytes()
    data = EvaluationRows(rows, 5, 2, sizes, {one: Origin(str(one), "en", None) for one in origins_of(rows)})
    data.bytes_of_labels[data.documents == 0] = 0
    first = str(next(iter(data.first_rows)))
    found = evaluation_of(torch.ones(data.tokens), data).sources
    assert found[first].bits_per_byte is None and found[first].loss == 1.0


def test_the_hardest_documents_come_first_and_are_long_enough(rows: PackedRows, tokenizer: Tokenizer) -> None:
    data = EvaluationRows(rows, 12, 4, tokenizer.token_bytes(), origins_of(rows))
    losses = torch.from_numpy(data.documents.astype(np.float32))
    counts = np.bincount(data.documents)
    expected = [number for number in reversed(range(len(counts))) if counts[number] >= LEAST_TOKENS][:3]
    ids = list(data.first_rows)
    found = hardest_documents(losses, data, 3)
    assert [one["id"] for one in found] == [str(ids[number]) for number in expected]
    assert [one["loss"] for one in found] == [float(number) for number in expected]
    assert all(int(one["id"]) in rows.row(one["row"]).doc_ids and one["source"] in ("a", "b") for one in found)
