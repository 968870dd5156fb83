"""The tokenizer loses nothing, however a text is cut, and its special tokens never come of text."""

from pathlib import Path

import numpy as np
import pytest
import sentencepiece
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.tokenizer import MODEL_FILE, Tokenizer
from stages.tokenizer.model_file import BYTE, NORMAL, USER_DEFINED
from tests.stages.trained_tokenizers import ANY_TEXT, SYMBOLS, TEXTS, TYPES, trained


@pytest.fixture(params=[(model, symbols) for model in TYPES for symbols in (False, True)], ids=str, scope="module")
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return trained(*request.param)


@settings(deadline=None, max_examples=150)
@given(text=ANY_TEXT)
@example("\n\n  two  spaces\tand a tab \n")
@example("   ")
@example("emoji \U0001f600 é 漢字 \x07 \0 <s> </s> <0x41> <mask>\r\n\u2028")
@example("\u2581 \ufdd0\ufdd1\ufdd2\ufdd3\u2581")
def test_every_text_decodes_to_itself(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == text
    if not set(text) & set("\ufdd0\ufdd1"):
        assert tokenizer.token_bytes()[tokens].sum() == len(text.encode())


@settings(deadline=None, max_examples=100)
@given(text=ANY_TEXT)
def test_no_text_becomes_a_special_token(tokenizer: Tokenizer, text: str) -> None:
    pieces = tokenizer._model.pieces
    assert {pieces[token].kind for token in tokenizer.encode(text)} <= {NORMAL, BYTE, USER_DEFINED}


def test_surrogates_are_read_as_the_replacement_character(tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode("a\ud83d\ude00b \udcff")) == "a\ufffd\ufffdb \ufffd"
    good, bad = tokenizer.encode_batch(["whole", "\ud800"])
    assert (tokenizer.decode(good), tokenizer.decode(bad)) == ("whole", "\ufffd")


def test_a_batch_is_its_texts_one_after_the_other(tokenizer: Tokenizer) -> None:
    texts = ["", *TEXTS, "", "x" * 30_000, "last"]
    alone = [tokenizer.encode(text).tolist() for text in texts]
    for threads in (1, 2):
        batch = tokenizer.encode_batch(texts, threads)
        assert [tokens.tolist() for tokens in batch] == alone
        assert all(tokens.dtype == np.int32 for tokens in batch)
    assert [tokenizer.decode(one) for one in alone] == texts


def test_no_texts_give_no_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode_batch([]) == []
    assert [tokens.tolist() for tokens in tokenizer.encode_batch(["", ""])] == [[], []]


def test_special_tokens_stand_where_they_should_and_mean_nothing(tokenizer: Tokenizer) -> None:
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.padding_id, tokenizer.mask_id) == (1, 2, 3, 4)
    assert tokenizer.sentinel_ids == tuple(range(5, 5 + len(tokenizer.sentinel_ids)))
    assert tokenizer.decode([1, *tokenizer.encode("text"), 2, 3, 4, *tokenizer.sentinel_ids]) == "text"
    assert tokenizer.token_bytes()[: 5 + len(tokenizer.sentinel_ids)].sum() == 0


def test_there_are_as_many_sentinels_as_asked_for() -> None:
    assert len(trained("bpe").sentinel_ids) == 100
    assert len(trained("bpe", with_symbols=True).sentinel_ids) == 3


@pytest.mark.parametrize("model", TYPES)
def test_a_user_symbol_is_always_one_token(model: str) -> None:
    tokenizer = trained(model, with_symbols=True)
    for symbol in SYMBOLS:
        (token,) = tokenizer.encode(symbol)
        assert token in tokenizer.encode(f"word{symbol}word").tolist()
    longest = tokenizer.encode("xabcd")
    assert tokenizer.encode("abc")[0] in longest and tokenizer.encode("ab")[0] not in longest


@pytest.mark.parametrize("model", ["unigram", "bpe", "char"])
def test_the_stored_model_by_itself_reads_the_same_tokens(model: str) -> None:
    tokenizer = trained(model)
    bare = sentencepiece.SentencePieceProcessor(model_file=f"{tokenizer._folder}/{MODEL_FILE}")
    texts = [*TEXTS, "</s> <mask> \u2581 \0\n\n  x"]
    assert bare.encode(texts) == [tokens.tolist() for tokens in tokenizer.encode_batch(texts)]
    assert bare.decode(bare.encode(texts)) == texts


@settings(deadline=None, max_examples=30)
@given(
    parts=st.lists(st.tuples(st.sampled_from(["=", "ab", "- ", "word ", "\n", "漢", "\u2581"]), st.integers(1, 900)))
)
@pytest.mark.parametrize("model", ["unigram", "bpe"])
def test_a_long_text_has_the_tokens_that_it_has_in_one_piece(model: str, parts: list[tuple[str, int]]) -> None:
    tokenizer = trained(model)
    text = "".join(part * times for part, times in parts)
    assert tokenizer.encode(text).tolist() == tokenizer._exact.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize(
    "text", ["=" * 60_000, "-= " * 20_000, "\u2581" * 40_000, "return" * 9_000], ids=lambda text: text[:6]
)
def test_sums_of_scores_stay_exact_over_very_long_words(text: str) -> None:
    tokenizer = trained("unigram")
    assert tokenizer.encode(text).tolist() == tokenizer._exact.encode(text, add_special_tokens=False).ids


def test_a_model_without_mask_and_sentinels_goes_on_working(tmp_path: Path) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS[0].split("\n") * 9),
        model_prefix=str(tmp_path / "tokenizer"),
        vocab_size=400,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=False,
        user_defined_symbols=["\n"],
        pad_id=3,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    tokenizer = Tokenizer.load(str(tmp_path))
    assert (tokenizer.mask_id, tokenizer.sentinel_ids, tokenizer.padding_id) == (-1, (), 3)
    text = " two  spaces,\n\na tab\t, 1234 and \U00010348"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.encode(text).tolist() == tokenizer._exact.encode(text, add_special_tokens=False).ids


def test_a_missing_or_damaged_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"tokenizer\.model: No such file"):
        Tokenizer.load(str(tmp_path))
    (tmp_path / "tokenizer.model").write_bytes(b"no model")
    with pytest.raises(GristmillError, match=r"tokenizer\.model: not a SentencePiece model"):
        Tokenizer.load(str(tmp_path))
