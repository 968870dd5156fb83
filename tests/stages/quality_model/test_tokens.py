"""Tokens: what is one, what is the same one, and that a text of any kind has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality_model.tokens import BLOCK_CHARACTERS, Tokens, mixed, token_blocks, tokens_of


def spelled(tokens: Tokens) -> list[str]:
    places = zip(tokens.starts.tolist(), tokens.lengths.tolist(), strict=True)
    return ["".join(map(chr, tokens.codes[start : start + length])) for start, length in places]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat SAT.", ["the", "cat", "sat", "."]),
        ("In 2019, 3.5%", ["in", "0000", ",", "0", ".", "0", "%"]),
        ("don't -- x_y", ["don", "'", "t", "-", "-", "x", "_", "y"]),
        ("東京タワーへ", ["東", "京", "タ", "ワ", "ー", "へ"]),
        ("Größe cafe\u0301", ["größe", "cafe\u0301"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("٣ apples", ["0", "apples"]),
        ("a\u00a0b\u3000c\td\x00e", ["a", "b", "c", "d", "e"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_words_signs_and_letters_of_scripts_without_spaces_are_tokens(text: str, expected: list[str]) -> None:
    assert spelled(tokens_of(text)) == expected


@settings(deadline=None, max_examples=150)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_equal_tokens_and_only_those_have_equal_hashes(text: str) -> None:
    tokens = tokens_of(text + " " + text[::-1])
    by_hash = dict(zip(tokens.hashes.tolist(), spelled(tokens), strict=True))
    assert len(by_hash) == len(set(spelled(tokens)))
    for name, value in zip(spelled(tokens), tokens.hashes.tolist(), strict=True):
        assert by_hash[value] == name


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_every_visible_character_is_in_one_token(text: str) -> None:
    tokens = tokens_of(text)
    assert tokens.lengths.sum() == len(tokens.codes)
    assert (tokens.lengths > 0).all()
    assert tokens.starts.tolist() == (np.cumsum(tokens.lengths) - tokens.lengths).tolist()


def test_the_order_of_letters_and_their_number_tell_words_apart() -> None:
    words = ["ab", "ba", "a", "aa", "aaa", "b", "aab", "aba", "baa"]
    assert len(set(tokens_of(" ".join(words)).hashes.tolist())) == len(words)


def test_blocks_hold_the_tokens_of_the_whole_text() -> None:
    text = "some words of a text " * (BLOCK_CHARACTERS // 21 + 2000)
    blocks = [tokens.hashes for tokens in token_blocks(text)]
    assert len(blocks) == 2
    whole = tokens_of(text).hashes
    assert abs(sum(map(len, blocks)) - len(whole)) <= 1
    assert blocks[0][:-1].tolist() == whole[: len(blocks[0]) - 1].tolist()


@pytest.mark.parametrize(
    "text", ["a" * 2_000_000, "\n" * 300_000, "\x00" * 1000, "\ud800\udfff" * 1000, "x y\n" * 300_000]
)
def test_hostile_texts_are_read(text: str) -> None:
    assert sum(tokens.lengths.sum() for tokens in token_blocks(text)) <= len(text)


def test_mixing_keeps_hashes_apart() -> None:
    values = np.arange(100_000, dtype=np.uint64)
    assert len(np.unique(mixed(values))) == len(values)
    assert len(np.unique(mixed(values) >> np.uint64(44))) > 90_000
