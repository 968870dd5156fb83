"""A SentencePiece vocabulary as a Hugging Face `tokenizer.json`, with equal token ids for every text."""

import json
import re
from collections.abc import Sequence

import tokenizers
from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, processors

from stages.special_tokens import BOS, EOS, ESCAPES, MASK, PADDING, SPACE, UNKNOWN, sentinel
from stages.tokenizer.model_file import BYTE, CONTROL, NEWLINE, NORMAL, USER_DEFINED, Model, Piece

NEVER = -1e6
"""The score, in a unigram model, of a token that no text may become: below that of every spelling of its name."""


def hugging_face_files(model: Model, keeps_space_sign: bool) -> dict[str, bytes]:
    """Returns the files by name; `keeps_space_sign` says whether the model was trained with the rules `ESCAPES`.

    In a text the names of special tokens are text: `AutoTokenizer` reads so from `split_special_tokens`, while who
    opens `tokenizer.json` by itself sets `encode_special_tokens`.
    """
    names = [piece.text for piece in model.pieces if piece.kind == CONTROL]
    tokenizer = tokenizers.Tokenizer(_model(model))
    if keeps_space_sign:
        # The last sign first: what one rule writes, the next must not find.
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Replace(sign, code) for sign, code in reversed(ESCAPES.items())]
        )
    tokenizer.pre_tokenizer = _words(model) if model.type == "word" else _spaces(split=False)
    tokenizer.decoder = _decoder(keeps_space_sign)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    tokenizer.add_special_tokens([AddedToken(one, normalized=False, special=True) for one in (UNKNOWN, *names)])
    symbols = [_key(piece) for piece in model.pieces if piece.kind == USER_DEFINED]
    tokenizer.add_tokens([AddedToken(one, normalized=False, special=False) for one in symbols])
    return {
        "tokenizer.json": tokenizer.to_str(pretty=False).encode(),
        "tokenizer_config.json": json.dumps(_configuration(names), indent=1).encode(),
    }


def _configuration(names: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PADDING,
        "unk_token": UNKNOWN,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1_000_000_000,
        "split_special_tokens": True,
    }
    if MASK in names:
        found["mask_token"] = MASK
    if sentinel(0) in names:
        found["additional_special_tokens"] = [one for one in names if one not in (BOS, EOS, PADDING, MASK)]
    return found


def _model(model: Model) -> models.Model:
    if model.type == "unigram":
        scores = [(_key(piece), piece.score if piece.kind == NORMAL else NEVER) for piece in model.pieces]
        return models.Unigram(scores, unk_id=0, byte_fallback=True)
    vocabulary = {_key(piece): token for token, piece in enumerate(model.pieces)}
    merges = _merges(model.pieces) if model.type == "bpe" else []
    return models.BPE(
        vocabulary,
        merges,
        unk_token=UNKNOWN,
        fuse_unk=True,
        byte_fallback=True,
        # A word model knows whole words only; all other words are spelled.
        ignore_merges=model.type == "word",
    )


def _key(piece: Piece) -> str:
    """User-defined symbols are matched in the text as it is, all others where spaces are written as U+2581."""
    return piece.text.replace(SPACE, " ") if piece.kind == USER_DEFINED else piece.text


def _merges(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """The pairs that SentencePiece's BPE would join, best score first; ties by the ids of their halves."""
    vocabulary = {piece.text: token for token, piece in enumerate(pieces) if piece.kind == NORMAL}
    found = []
    for piece in vocabulary:
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in vocabulary and right in vocabulary:
                found.append((-pieces[vocabulary[piece]].score, vocabulary[left], vocabulary[right], left, right))
    return [(left, right) for *_, left, right in sorted(found)]


def _spaces(split: bool) -> pre_tokenizers.PreTokenizer:
    """Spaces become part of the pieces; nothing is stripped or put in front."""
    return pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="never", split=split)


def _words(model: Model) -> pre_tokenizers.PreTokenizer:
    """Lines, and words with the space before them; the name of a token is no word of the vocabulary."""
    names = [piece.text for piece in model.pieces if piece.kind in (CONTROL, BYTE)] + [UNKNOWN]
    first = "|".join(rf"{re.escape(name[0])}(?={re.escape(name[1:])}\z)" for name in names)
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(NEWLINE, "isolated"),
            _spaces(split=True),
            pre_tokenizers.Split(Regex(rf"\A(?:{first})"), "isolated"),
        ]
    )


def _decoder(keeps_space_sign: bool) -> decoders.Decoder:
    back = [decoders.Replace(code, sign) for sign, code in ESCAPES.items()] if keeps_space_sign else []
    return decoders.Sequence([decoders.ByteFallback(), decoders.Fuse(), decoders.Replace(SPACE, " "), *back])
