"""Training: lines of a text, the same bytes again, and settings that cannot work."""

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.errors import GristmillError
from stages.recipe import Tokenizer as Settings
from stages.recipe import load_recipe
from stages.special_tokens import SPACE
from stages.tokenizer import MAXIMUM_LINE_BYTES, Tokenizer, train_tokenizer, training_lines
from stages.tokenizer.model_file import NORMAL, SCORE_STEPS, read_model
from tests.stages.trained_tokenizers import LINES, TYPES, trained

RECIPE = """
name = "small"
[[corpus.sources]]
name = "texts"
paths = ["texts"]
[tokenizer]
user_symbols = {}
"""


@settings(deadline=None, max_examples=60)
@given(
    words=st.lists(st.sampled_from(["word", "x" * 5000, "漢" * 2000, "\U0001f600" * 1500, "", " "]), max_size=9),
    gap=st.sampled_from([" ", "\n", ""]),
)
@example(words=["x" * (MAXIMUM_LINE_BYTES - 1), "y"], gap=" ")
def test_long_training_lines_are_cut_not_skipped(words: list[str], gap: str) -> None:
    text = gap.join(words)
    lines = list(training_lines(text))
    assert "".join(lines) == text.replace("\n", "")
    assert all(0 < len(line.encode()) <= MAXIMUM_LINE_BYTES for line in lines)


def test_a_line_is_cut_at_a_space_where_there_is_one() -> None:
    first, second = training_lines("word " * 800 + "x" * 4000)
    assert first == ("word " * 800)[:-1]
    assert second == " " + "x" * 4000


def test_surrogates_do_not_stop_training() -> None:
    assert list(training_lines("a\ud800\nb")) == ["a\ufffd", "b"]


def test_one_very_long_line_takes_no_longer_than_its_length_asks_for() -> None:
    started = time.process_time()
    assert sum(map(len, training_lines("漢字 word " * 1_000_000))) == 8_000_000
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize("model", TYPES)
def test_training_gives_the_same_bytes_again(model: str) -> None:
    config = Settings(model=model, vocabulary_size=800)  # type: ignore[arg-type]
    assert train_tokenizer(LINES, config) == train_tokenizer(LINES, config)


@pytest.mark.parametrize("model", TYPES)
def test_the_vocabulary_has_its_order_and_exact_scores(model: str) -> None:
    pieces = trained(model, with_symbols=True)._model.pieces
    names = [piece.text for piece in pieces]
    assert names[:9] == [
        "<unk>",
        "<s>",
        "</s>",
        "<pad>",
        "<mask>",
        "<extra_id_0>",
        "<extra_id_1>",
        "<extra_id_2>",
        "\n",
    ]
    assert pieces[8] == ("\n", 0.0, NORMAL)
    assert names[9] == "<|im start|>" and names.index("<0x00>") == 16 and names.index("<0xFF>") == 271
    assert len(set(names)) == len(names)
    assert all(piece.score * SCORE_STEPS == int(piece.score * SCORE_STEPS) for piece in pieces if piece.kind == NORMAL)


def test_types_with_a_small_vocabulary_have_fewer_tokens_than_asked_for() -> None:
    assert trained("unigram").vocabulary_size == trained("bpe").vocabulary_size == 800
    assert 362 < trained("char").vocabulary_size < 800
    assert 700 < trained("word").vocabulary_size <= 801


def test_digits_are_tokens_of_their_own_if_so_set() -> None:
    lines = [f"in {year} and {year + 1}" for year in range(1900, 2000)] * 100
    for split in (True, False):
        config = Settings(model="bpe", vocabulary_size=400, sentinels=0, split_digits=split)
        tokens = Tokenizer(train_tokenizer([*LINES, *lines], config)).encode("1984")
        assert (len(tokens) == 4) is split


def test_nothing_of_the_machine_is_in_the_model() -> None:
    data = train_tokenizer(LINES, Settings(model="char", vocabulary_size=800))
    assert tempfile.gettempdir().encode() not in data and b"normalise" not in data
    assert read_model(data).type == "char"


def test_too_little_text_is_one_line_that_names_the_setting() -> None:
    for lines in ([], ["a few words"]):
        with pytest.raises(GristmillError, match="vocabulary_size = 5000: SentencePiece cannot train: ") as caught:
            train_tokenizer(lines, Settings(vocabulary_size=5000))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("symbols", "reason"),
    [
        ('["ok", ""]', "an empty string"),
        ('["ab", "ab"]', "'ab' is given twice"),
        ('["</s>"]', "'</s>' is the name of a token"),
        ('["<extra_id_7>"]', "'<extra_id_7>' is the name of a token"),
        ('["<0x0A>"]', "'<0x0A>' is the name of a token"),
        ('["a\\nb"]', r".* holds U\+000A"),
        ('["a\\u0000b"]', r".* holds U\+0000"),
        (f'["{SPACE}"]', r".* holds U\+2581"),
    ],
)
def test_a_symbol_that_cannot_be_one_is_named(tmp_path: Path, symbols: str, reason: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(symbols))
    with pytest.raises(GristmillError, match=rf"tokenizer\.user_symbols: {reason}"):
        load_recipe(path)


def test_a_lone_surrogate_is_no_symbol() -> None:
    with pytest.raises(ValueError, match=r"user_symbols[\s\S]*holds U\+D800"):
        Settings(user_symbols=("\ud800",))
