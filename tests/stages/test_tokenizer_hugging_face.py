"""Hugging Face reads the same tokens from the same text, and the same text from the same tokens."""

import os
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings

from stages.tokenizer import Tokenizer
from tests.stages.trained_tokenizers import ANY_TEXT, SYMBOLS, TYPES, real_texts, trained


@cache
def twin(model: str, with_symbols: bool = False) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import transformers

    return transformers.AutoTokenizer.from_pretrained(trained(model, with_symbols)._folder, local_files_only=True)


@pytest.fixture(params=[(model, symbols) for model in TYPES for symbols in (False, True)], ids=str, scope="module")
def pair(request: pytest.FixtureRequest) -> tuple[Tokenizer, Any]:
    return trained(*request.param), twin(*request.param)


@settings(deadline=None, max_examples=150)
@given(text=ANY_TEXT)
@example("<s> </s> <mask> <extra_id_0> <0x41>")
@example("<s>\n<0x41>\n</s>\n<0x41> a")
@example(" \u2581\ufdd0\ufdd1\ufdd3 \u2581\n\n  a  ")
@example("==========================================\n" * 3)
def test_tokens_and_texts_are_the_same(pair: tuple[Tokenizer, Any], text: str) -> None:
    ours, theirs = pair
    tokens = ours.encode(text).tolist()
    assert theirs.encode(text, add_special_tokens=False) == tokens
    assert theirs.decode(tokens) == text


@pytest.mark.parametrize("model", TYPES)
def test_real_texts_have_the_same_tokens(model: str) -> None:
    check_real_texts(trained(model), twin(model), real_texts(most=2_000, characters=2_000))


@pytest.mark.long
def test_thousands_of_real_texts_have_the_same_tokens(pair: tuple[Tokenizer, Any]) -> None:
    check_real_texts(*pair, real_texts(most=4_000, characters=20_000))


def check_real_texts(ours: Tokenizer, theirs: Any, texts: list[str]) -> None:
    encoded = theirs(texts, add_special_tokens=False)["input_ids"]
    for text, one, other in zip(texts, ours.encode_batch(texts), encoded, strict=True):
        assert one.tolist() == other, text[:100]


def test_special_tokens_are_named_and_added(pair: tuple[Tokenizer, Any]) -> None:
    ours, theirs = pair
    assert len(theirs) == ours.vocabulary_size
    named = (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id, theirs.mask_token_id)
    assert named == (ours.bos_id, ours.eos_id, ours.padding_id, ours.mask_id)
    assert theirs.convert_tokens_to_ids(["<extra_id_0>", "<extra_id_2>"]) == [
        ours.sentinel_ids[0],
        ours.sentinel_ids[2],
    ]
    assert set(ours.sentinel_ids) <= set(theirs.all_special_ids)
    assert theirs.encode("two\nlines") == [ours.bos_id, *ours.encode("two\nlines").tolist()]
    tokens = [ours.bos_id, *ours.encode("text").tolist(), ours.sentinel_ids[0], ours.eos_id]
    assert theirs.decode(tokens, skip_special_tokens=True) == "text"


@pytest.mark.parametrize("model", TYPES)
def test_user_symbols_are_added_tokens(model: str) -> None:
    ours, theirs = trained(model, with_symbols=True), twin(model, with_symbols=True)
    for symbol in SYMBOLS:
        assert [theirs.convert_tokens_to_ids(symbol)] == ours.encode(symbol).tolist()
