"""A SentencePiece vocabulary as a Hugging Face `tokenizer.json`, with equal token ids."""

import json
from collections.abc import Sequence
from typing import Literal

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors

from stages.tokenizer import BOS, EOS, PADDING, SPACE, UNKNOWN

SPECIAL = (UNKNOWN, BOS, EOS, PADDING)


def hugging_face_files(
    pieces: Sequence[tuple[str, float]], model_type: Literal["unigram", "bpe"], newline: str
) -> dict[str, bytes]:
    """Returns the files by name.

    `pieces` are piece and score of every id in order, the four special tokens first. `newline` is the one symbol that
    is matched before all others, as SentencePiece's user-defined symbols are.
    """
    tokenizer = tokenizers.Tokenizer(_model(pieces, model_type))
    # Spaces become part of the pieces; nothing is split off, stripped or put in front.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="never", split=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", pair=f"{BOS} $A {BOS} $B", special_tokens=[(BOS, 1)]
    )
    tokenizer.add_special_tokens([tokenizers.AddedToken(one, normalized=False, special=True) for one in SPECIAL])
    tokenizer.add_tokens([tokenizers.AddedToken(newline, normalized=False, special=False)])
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PADDING,
        "unk_token": UNKNOWN,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1_000_000_000,
    }
    return {
        "tokenizer.json": tokenizer.to_str(pretty=False).encode(),
        "tokenizer_config.json": json.dumps(configuration, indent=1).encode(),
    }


def _model(pieces: Sequence[tuple[str, float]], model_type: Literal["unigram", "bpe"]) -> models.Model:
    if model_type == "unigram":
        return models.Unigram(list(pieces), unk_id=0, byte_fallback=True)
    vocabulary = {piece: token for token, (piece, _) in enumerate(pieces)}
    return models.BPE(vocabulary, _merges(pieces, vocabulary), unk_token=UNKNOWN, fuse_unk=True, byte_fallback=True)


def _merges(pieces: Sequence[tuple[str, float]], vocabulary: dict[str, int]) -> list[tuple[str, str]]:
    """The pairs that SentencePiece's BPE would join, best score first; ties by the ids of their halves."""
    found = []
    for piece, score in pieces:
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in vocabulary and right in vocabulary:
                found.append((-score, vocabulary[left], vocabulary[right], left, right))
    return [(left, right) for *_, left, right in sorted(found)]
