"""A stored SentencePiece model: its pieces read, and finished after training.

The file is a protocol buffer (`sentencepiece_model.proto`). A trained model is changed in four ways, so that all its
readers cut a text in the same way, and equal training gives equal bytes:

- Scores become multiples of 1/64. A unigram model cuts a text where the sum of its pieces' scores is highest.
  SentencePiece adds up in 32 bits and Hugging Face in 64, so where two cuts are equally good (runs of a sign, most
  often) their rounding errors would decide, each their own way. Sums of such multiples have no error in either.
- The newline, a user-defined symbol in training so that no other piece holds it, becomes a normal piece of score 0: the
  score of a symbol is no such multiple.
- The path of the file that the normalisation rules were read from is left out.
- A word model loses the words that would mean one thing to SentencePiece and another to Hugging Face.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stages.recipe import TokenizerModel
from stages.special_tokens import NAME_WITHOUT_FIRST, SPACE

SCORE_STEPS = 64
NEWLINE = "\n"
NORMAL, CONTROL, USER_DEFINED, BYTE = 1, 3, 4, 6
"""SentencePiece.Type, those that are told apart here."""
_MODEL_TYPES: dict[int, TokenizerModel] = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
"""TrainerSpec.ModelType"""
_PIECES, _TRAINER, _NORMALIZERS = 1, 2, (3, 5)
"""Fields of ModelProto; the normaliser has a counterpart for decoding."""
_PIECE_TEXT, _PIECE_SCORE, _PIECE_KIND = 1, 2, 3
_TRAINER_MODEL_TYPE = 3
_NORMALIZER_RULES_PATH = 6
_VARINT, _BYTES, _FLOAT = 0, 2, 5
"""Wire types"""


class Piece(NamedTuple):
    """One entry of the vocabulary; `kind` is SentencePiece's type of it."""

    text: str
    score: float
    kind: int


@dataclass(frozen=True)
class Model:
    """What a model file says of its vocabulary; a piece's place is its token id."""

    type: TokenizerModel
    pieces: tuple[Piece, ...]


def read_model(data: bytes) -> Model:
    """Reads a model file that SentencePiece has accepted."""
    pieces: list[Piece] = []
    model_type: TokenizerModel = "unigram"
    for field, _, value in _fields(data):
        if field == _PIECES:
            pieces.append(_read_piece(value))
        elif field == _TRAINER:
            numbers = {inner: number for inner, number, _ in _fields(value)}
            model_type = _MODEL_TYPES[numbers.get(_TRAINER_MODEL_TYPE, 1)]
    return Model(model_type, tuple(pieces))


def finish_model(data: bytes) -> bytes:
    """Changes a trained model as the top of this file says."""
    model = read_model(data)
    pieces = _words(model.pieces) if model.type == "word" else model.pieces
    parts = [_bytes_field(_PIECES, _write_piece(_finished(piece))) for piece in pieces]
    for field, _, value in _fields(data):
        if field in _NORMALIZERS:
            parts.append(_bytes_field(field, _without_path(value)))
        elif field != _PIECES:
            parts.append(_bytes_field(field, value))
    return b"".join(parts)


def _finished(piece: Piece) -> Piece:
    if piece.text == NEWLINE:
        return Piece(NEWLINE, 0.0, NORMAL)
    if piece.kind != NORMAL:
        return piece
    return Piece(piece.text, round(piece.score * SCORE_STEPS) / SCORE_STEPS, NORMAL)


def _words(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces of a word model that every reader finds in the same places.

    An unknown word is spelled: by SentencePiece in bytes, by Hugging Face in characters, and those that it lacks in
    bytes. Without words of one character, both spell bytes; only the space stays (`Tokenizer` puts it where its three
    bytes stand). SentencePiece adds each user-defined symbol once more with a space before it, which it never finds.
    """
    yield from (piece for piece in pieces if not _is_ambiguous(piece))
    if all(piece.text != SPACE for piece in pieces):
        yield Piece(SPACE, 0.0, NORMAL)


def _is_ambiguous(piece: Piece) -> bool:
    if piece.kind == USER_DEFINED:
        return piece.text.startswith(SPACE)
    if piece.kind != NORMAL or piece.text == SPACE:
        return False
    return len(piece.text) == 1 or NAME_WITHOUT_FIRST.fullmatch(piece.text) is not None


def _read_piece(data: bytes) -> Piece:
    text, score, kind = "", 0.0, NORMAL
    for field, number, value in _fields(data):
        if field == _PIECE_TEXT:
            text = value.decode()
        elif field == _PIECE_SCORE:
            (score,) = struct.unpack("<f", value)
        elif field == _PIECE_KIND:
            kind = number
    return Piece(text, score, kind)


def _write_piece(piece: Piece) -> bytes:
    text = _bytes_field(_PIECE_TEXT, piece.text.encode())
    score = _varint(_PIECE_SCORE << 3 | _FLOAT) + struct.pack("<f", piece.score)
    kind = b"" if piece.kind == NORMAL else _varint(_PIECE_KIND << 3 | _VARINT) + _varint(piece.kind)
    return text + score + kind


def _without_path(data: bytes) -> bytes:
    parts = []
    for field, number, value in _fields(data):
        if field == _NORMALIZER_RULES_PATH:
            continue
        is_text = field in (1, 2)
        parts.append(_bytes_field(field, value) if is_text else _varint(field << 3 | _VARINT) + _varint(number))
    return b"".join(parts)


def _fields(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yields number, value if it is an integer, and value if it is bytes or a float, of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, size = 0, 4
        if tag & 7 == _VARINT:
            number, at = _read_varint(data, at)
            size = 0
        elif tag & 7 == _BYTES:
            size, at = _read_varint(data, at)
        elif tag & 7 != _FLOAT:
            raise ValueError(f"field {tag >> 3} of a SentencePiece model has the unknown wire type {tag & 7}")
        yield tag >> 3, number, data[at : at + size]
        at += size


def _bytes_field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
