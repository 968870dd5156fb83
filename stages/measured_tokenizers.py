"""Tokenizers as they are measured: this project's own, SentencePiece models of others, Hugging Face's files."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sentencepiece
import tokenizers

from stages.errors import GristmillError
from stages.tokenizer import Tokenizer
from stages.tokenizer_measures import Kind, MeasuredTokenizer, Tokens

Format = Literal["sentencepiece", "hugging_face"]
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


def own_tokenizer(model: bytes) -> MeasuredTokenizer:
    """A model that this project trained, encoding as the shards are encoded."""
    tokenizer, pieces, kinds = Tokenizer(model), *_pieces_of(sentencepiece.SentencePieceProcessor(model_proto=model))
    return MeasuredTokenizer(pieces, kinds, tokenizer.encode_batch, tokenizer.decode)


def other_tokenizer(data: bytes, format_: Format, name: str) -> MeasuredTokenizer:
    """A tokenizer of others; data that are none is a GristmillError that begins with `name`."""
    if format_ == "sentencepiece":
        try:
            return _sentencepiece(data)
        except RuntimeError as error:
            raise GristmillError(f"{name}: not a SentencePiece model") from error
    try:
        return _hugging_face(data)
    except Exception as error:  # the library raises no class of its own
        raise GristmillError(f"{name}: not a tokenizer.json of Hugging Face: {error}") from error


def _sentencepiece(model: bytes) -> MeasuredTokenizer:
    if not model:  # which SentencePiece takes for a model without pieces
        raise RuntimeError("empty")
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(texts: Sequence[str]) -> list[Tokens]:
        return [np.array(tokens, np.int32) for tokens in processor.encode(list(texts), num_threads=1)]

    pieces, kinds = _pieces_of(processor)
    return MeasuredTokenizer(pieces, kinds, encode, lambda tokens: str(processor.decode(tokens.tolist())))


def _pieces_of(processor: Any) -> tuple[list[str], npt.NDArray[np.uint8]]:
    every = range(processor.vocab_size())
    kinds = [
        Kind.BYTES
        if processor.is_byte(token)
        else Kind.UNKNOWN
        if processor.is_unknown(token)
        else Kind.SPECIAL
        if processor.is_control(token) or processor.is_unused(token)
        else Kind.PIECE
        for token in every
    ]
    return [processor.id_to_piece(token) for token in every], np.array(kinds, np.uint8)


def _hugging_face(data: bytes) -> MeasuredTokenizer:
    tokenizer = tokenizers.Tokenizer.from_str(data.decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    by_id = {token: piece for piece, token in tokenizer.get_vocab(with_added_tokens=True).items()}
    pieces = [by_id.get(token, "") for token in range(max(by_id, default=-1) + 1)]

    def encode(texts: Sequence[str]) -> list[Tokens]:
        return [np.array(one.ids, np.int64) for one in tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def decode(tokens: Tokens) -> str:
        return str(tokenizer.decode(tokens.tolist(), skip_special_tokens=False))

    return MeasuredTokenizer(pieces, _kinds(pieces, set(by_id), json.loads(data)), encode, decode)


def _kinds(pieces: Sequence[str], known: set[int], description: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """The kinds of tokens that a tokenizer.json describes; an id without a token stands for nothing."""
    model = description["model"]
    added = {one["id"]: bool(one["special"]) for one in description.get("added_tokens") or ()}
    unknown = model.get("unk_token")
    if model.get("unk_id") is not None:
        unknown = pieces[model["unk_id"]]
    spells_bytes = '"ByteLevel"' in json.dumps([description.get("pre_tokenizer"), description.get("decoder")])

    def kind(token: int, piece: str) -> Kind:
        if token not in known:
            return Kind.SPECIAL
        if piece == unknown:
            return Kind.UNKNOWN
        if token in added:
            return Kind.SPECIAL if added[token] else Kind.PIECE
        falls_back = model.get("byte_fallback") and _BYTE.fullmatch(piece)
        is_byte = _is_part_of_character(piece) if spells_bytes else falls_back
        return Kind.BYTES if is_byte else Kind.PIECE

    return np.array([kind(token, piece) for token, piece in enumerate(pieces)], np.uint8)


def _is_part_of_character(piece: str) -> bool:
    """Whether a piece of a byte-level vocabulary, a sign for each byte, is no whole characters."""
    try:
        bytes(_BYTE_OF_SIGN[sign] for sign in piece).decode()
    except (KeyError, UnicodeDecodeError):
        return True
    return False


def _bytes_of_signs() -> dict[str, int]:
    """The byte that each sign stands for: itself if it is printable, else the next code from 256 on (GPT-2)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTE_OF_SIGN = _bytes_of_signs()
