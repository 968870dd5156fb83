"""Rounds the scores inside a SentencePiece model, so that every reader of it cuts a text in the same way.

A unigram model cuts a line where the sum of its pieces' scores is highest. SentencePiece adds up in 32 bits and Hugging
Face in 64, so where two cuts are equally good (runs of a sign, most often) their rounding errors decide, each their own
way. Scores that are multiples of 1/256 add up without any error in both, for lines of some thousand tokens.
"""

import struct

SCORE_STEPS = 256
_PIECES, _PIECE_TEXT, _PIECE_SCORE, _PIECE_TYPE = 0x0A, 0x0A, 0x15, 0x18
"""Protocol buffer tags: ModelProto.pieces; SentencePiece.piece, .score and .type (sentencepiece_model.proto)."""
_NORMAL = 1


def round_scores(model: bytes) -> bytes:
    """The model with the score of every normal piece rounded to a multiple of 1/256."""
    data = bytearray(model)
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        size, at = _read_varint(data, at)
        if tag == _PIECES:
            _round_piece(data, at, at + size)
        at += size
    return bytes(data)


def _round_piece(data: bytearray, at: int, stop: int) -> None:
    place, kind = -1, _NORMAL
    while at < stop:
        tag, at = _read_varint(data, at)
        if tag == _PIECE_TEXT:
            size, at = _read_varint(data, at)
            at += size
        elif tag == _PIECE_SCORE:
            place = at
            at += 4
        elif tag == _PIECE_TYPE:
            kind, at = _read_varint(data, at)
        else:
            raise ValueError(f"unknown field {tag >> 3} in a SentencePiece piece")
    if place >= 0 and kind == _NORMAL:
        (score,) = struct.unpack_from("<f", data, place)
        struct.pack_into("<f", data, place, round(score * SCORE_STEPS) / SCORE_STEPS)


def _read_varint(data: bytearray, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
