"""Tokenizers of all kinds as they are measured: their tokens, what these stand for, and what decodes back."""

import io
import json
import random

import pytest
import sentencepiece
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from stages.errors import GristmillError
from stages.measured_tokenizers import other_tokenizer, own_tokenizer
from stages.recipe import Tokenizer as Settings
from stages.tokenizer import Tokenizer, train_tokenizer
from stages.tokenizer_measures import Document, Kind, MeasuredTokenizer, measure

GENERATOR = random.Random(1)
WORDS = ["".join(GENERATOR.choices("abcdefgh", k=GENERATOR.randint(2, 7))) for _ in range(200)]
LINES = [" ".join(GENERATOR.choices(WORDS, k=12)) for _ in range(300)]
TEXT = f"{LINES[0]}  {LINES[1]}\n\n{LINES[2]} \U00010348 aha"


@pytest.fixture(scope="module")
def model() -> bytes:
    return train_tokenizer(LINES, Settings(vocabulary_size=400, sentinels=4))


def kinds(tokenizer: MeasuredTokenizer) -> dict[str, Kind]:
    return {piece: Kind(kind) for piece, kind in zip(tokenizer.pieces, tokenizer.kinds.tolist(), strict=True)}


def figures(tokenizer: MeasuredTokenizer, text: str = TEXT) -> dict[str, int]:
    found = measure(tokenizer, [[Document(("web", "en"), len(text.split()), text)]])["all"]
    return {name: found[name] for name in ("tokens", "byte_tokens", "covered_characters", "lost_documents")}


def test_the_own_tokenizer_is_measured_as_it_encodes(model: bytes) -> None:
    own = own_tokenizer(model)
    tokens = Tokenizer(model).encode(TEXT)
    assert own.encode([TEXT])[0].tolist() == tokens.tolist()
    assert figures(own) == {
        "tokens": len(tokens),
        "byte_tokens": 4,  # the Gothic letter
        "covered_characters": len(TEXT) - 1,
        "lost_documents": 0,
    }
    found = kinds(own)
    assert found["<unk>"] == Kind.UNKNOWN and found["<0x41>"] == Kind.BYTES and found["\n"] == Kind.PIECE
    assert found["<s>"] == found["<pad>"] == found["<extra_id_0>"] == Kind.SPECIAL


def test_its_twin_for_hugging_face_has_equal_figures(model: bytes) -> None:
    twin = other_tokenizer(Tokenizer(model).hugging_face_files()["tokenizer.json"], "hugging_face", "twin")
    assert figures(twin) == figures(own_tokenizer(model))
    own = kinds(own_tokenizer(model))
    assert {piece: kind for piece, kind in kinds(twin).items() if own[piece] != kind} == {}


def test_documents_that_another_model_loses_are_counted() -> None:
    target = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=target, vocab_size=200, minloglevel=2
    )
    lossy = other_tokenizer(target.getvalue(), "sentencepiece", "lossy")
    found = figures(lossy)
    assert found["lost_documents"] == 1, "two spaces and newlines"
    assert found["byte_tokens"] == 0
    # The Gothic letter is unknown; newlines are taken for spaces.
    assert found["covered_characters"] == len(TEXT) - 1
    assert figures(lossy, LINES[0])["lost_documents"] == 0


def byte_level() -> bytes:
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.enable_truncation(5)
    return tokenizer.to_str().encode()


def test_parts_of_characters_are_bytes_in_a_byte_level_vocabulary() -> None:
    tokenizer = other_tokenizer(byte_level(), "hugging_face", "bytes")
    found = kinds(tokenizer)
    assert found["<|end|>"] == Kind.SPECIAL
    assert found["a"] == found["Ġ"] == found["Ċ"] == Kind.PIECE
    assert found["ð"] == Kind.BYTES, "the first byte of a character of four"
    counted = figures(tokenizer)
    assert counted["lost_documents"] == 0 and counted["byte_tokens"] == 4
    assert counted["covered_characters"] == len(TEXT) - 1
    assert counted["tokens"] > 5, "nothing is cut off"


@pytest.mark.parametrize(
    ("format_", "message"),
    [("sentencepiece", "mine: not a SentencePiece model"), ("hugging_face", "mine: not a tokenizer.json of Hugging")],
)
@pytest.mark.parametrize("data", [b"nonsense", b"", b"\xff\xfe", json.dumps({"model": {}}).encode()])
def test_a_file_that_is_no_tokenizer_is_named(format_: str, message: str, data: bytes) -> None:
    with pytest.raises(GristmillError, match=message):
        other_tokenizer(data, format_, "mine")  # type: ignore[arg-type]
