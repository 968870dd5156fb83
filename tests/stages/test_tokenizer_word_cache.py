"""What the memory of words holds changes no token, however full it is and however many threads use it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.tokenizer import word_cache
from stages.tokenizer.word_cache import WordCache, words_stand_alone
from tests.stages.trained_tokenizers import TEXTS

WORDY = st.lists(st.text(" \nab\t漢", max_size=20), max_size=5)


def spelled(words: Sequence[str]) -> list[npt.NDArray[np.int32]]:
    return [np.array([ord(one) for one in word], np.int32) for word in words]


def texts_of(encoded: Sequence[npt.NDArray[np.int32]]) -> list[str]:
    return ["".join(map(chr, tokens)) for tokens in encoded]


@given(batches=st.lists(WORDY, max_size=4))
def test_a_text_is_its_words_in_order(batches: list[list[str]]) -> None:
    cache = WordCache(spelled)
    for texts in batches:
        assert texts_of(cache.encode(texts)) == texts


def test_a_word_is_encoded_once() -> None:
    asked: list[str] = []

    def encode(words: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        asked.extend(words)
        return spelled(words)

    cache = WordCache(encode)
    cache.encode(["one two one", "two\n\none"])
    cache.encode(["one two three"])
    assert sorted(asked) == ["\n", " one", " three", " two", "one", "two"]


def test_a_full_memory_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "MAXIMUM_CHARACTERS", 50)
    cache = WordCache(spelled)
    for text in [*TEXTS[:5], *TEXTS[:5]]:
        assert texts_of(cache.encode([text])) == [text]
    assert cache._characters < sum(map(len, TEXTS[:5]))


def test_threads_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "MAXIMUM_CHARACTERS", 2_000)
    cache = WordCache(spelled)
    batches = [TEXTS[at : at + 3] for at in range(30)]
    with ThreadPoolExecutor(4) as pool:
        assert [texts_of(one) for one in pool.map(cache.encode, batches)] == batches


def test_pieces_that_span_words_rule_the_memory_out() -> None:
    assert words_stand_alone(frozenset({" a", "ab", "  "}))
    assert not words_stand_alone(frozenset({"a "}))
    assert not words_stand_alone(frozenset({"\n\n"}))
