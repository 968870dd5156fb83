"""The tokenizer loses nothing, is the same every time, and means the same to Hugging Face."""

import pydoc_data.topics
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as HuggingFaceTokenizer

from stages.errors import GristmillError
from stages.recipe import Tokenizer as Settings
from stages.tokenizer import MAXIMUM_LINE_BYTES, SPACE, Tokenizer, train_tokenizer, training_lines

TEXTS = [text for _, text in sorted(pydoc_data.topics.topics.items())][:40]
LINES = [line for text in TEXTS for line in training_lines(text)]


def train(model: str = "bpe", vocabulary_size: int = 600) -> bytes:
    return train_tokenizer(LINES, Settings(model=model, vocabulary_size=vocabulary_size))  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer(train(request.param))


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters=f"\0{SPACE}")))
@example("\n\n  two  spaces\tand a tab \n")
@example("   ")
@example("emoji \U0001f600 é 漢字 \x07 <s> </s> <0x41>")
def test_every_text_decodes_to_itself(tokenizer: Tokenizer, text: str) -> None:
    tokens = tokenizer.encode(text)
    assert tokenizer.decode(tokens) == text
    assert tokenizer.token_bytes()[tokens].sum() == len(text.encode())


def test_real_texts_decode_to_themselves(tokenizer: Tokenizer) -> None:
    encoded = tokenizer.encode_batch(TEXTS)
    assert [tokenizer.decode(tokens) for tokens in encoded] == TEXTS


def test_special_tokens_stand_where_they_should_and_mean_nothing(tokenizer: Tokenizer) -> None:
    assert (tokenizer.bos_id, tokenizer.eos_id, tokenizer.padding_id) == (1, 2, 3)
    assert tokenizer.decode([1, *tokenizer.encode("text"), 2, 3]) == "text"
    assert tokenizer.token_bytes()[:4].tolist() == [0, 0, 0, 0]


def test_training_gives_the_same_bytes_again() -> None:
    assert train("unigram") == train("unigram")
    assert train("bpe") == train("bpe")


def test_hugging_face_reads_the_same_tokens(tokenizer: Tokenizer) -> None:
    theirs = HuggingFaceTokenizer.from_str(tokenizer.hugging_face_files()["tokenizer.json"].decode())
    for text in TEXTS:
        assert theirs.encode(text, add_special_tokens=False).ids == tokenizer.encode(text).tolist()
    assert theirs.encode("two\nlines").ids == [1, *tokenizer.encode("two\nlines").tolist()]


@settings(deadline=None, max_examples=50)
@given(
    words=st.lists(st.sampled_from(["word", "x" * 5000, "漢" * 2000, ""]), max_size=9), gap=st.sampled_from([" ", "\n"])
)
def test_long_training_lines_are_cut_not_skipped(words: list[str], gap: str) -> None:
    text = gap.join(words)
    lines = list(training_lines(text))
    assert "".join(lines) == text.replace("\n", "")
    assert all(0 < len(line.encode()) <= MAXIMUM_LINE_BYTES for line in lines)


def test_too_little_text_is_one_line_that_names_the_setting() -> None:
    for lines in ([], ["a few words"]):
        with pytest.raises(GristmillError, match="vocabulary_size = 5000: SentencePiece cannot train: ") as caught:
            train_tokenizer(lines, Settings(vocabulary_size=5000))
        assert "\n" not in str(caught.value)


def test_a_missing_or_damaged_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match=r"tokenizer\.model: No such file"):
        Tokenizer.load(str(tmp_path))
    (tmp_path / "tokenizer.model").write_bytes(b"no model")
    with pytest.raises(GristmillError, match=r"tokenizer\.model: not a SentencePiece model"):
        Tokenizer.load(str(tmp_path))
