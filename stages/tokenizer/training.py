"""Trains SentencePiece so that nothing of a text is lost.

SentencePiece's own defaults normalise the text (NFKC, spaces folded, newlines lost). Here the normaliser changes
nothing but the sign U+2581, which would otherwise turn into a space, spaces are never stripped, and what the vocabulary
lacks is spelled in bytes, so that `decode(encode(text)) == text`.
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import sentencepiece

from stages.errors import GristmillError
from stages.recipe import Tokenizer as TokenizerSettings
from stages.special_tokens import BOS, EOS, ESCAPES, MASK, PADDING, SPACE, UNKNOWN, sentinel, without_surrogates
from stages.tokenizer.model_file import NEWLINE, finish_model

MAXIMUM_LINE_BYTES = 4192
"""SentencePiece skips longer training lines with only a log line (its `max_sentence_length`)."""
TRAINING_THREADS = 2
"""Fixed, since the sums of the EM training depend on how the sentences are dealt to threads."""
SPELLING = "<>/_0123456789ABCDEFabdeikmnpstux"
"""Characters that a unigram vocabulary always has: those of the names of special tokens and bytes. With them, a name in
a text is spelled at less cost than Hugging Face's model, which finds names too, would have for the token itself."""


def training_lines(text: str) -> Iterator[str]:
    """Yields the non-empty lines of a text; a line over SentencePiece's limit is cut, at a space where there is one."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = without_surrogates(text).encode()
    for line in data.split(b"\n"):
        start = 0
        while len(line) - start > MAXIMUM_LINE_BYTES:
            stop = _place_of_cut(line, start)
            yield line[start:stop].decode()
            start = stop
        if line:
            yield line[start:].decode()


def _place_of_cut(line: bytes, start: int) -> int:
    """The last space within the limit, else the last place between two characters."""
    stop = start + MAXIMUM_LINE_BYTES
    space = line.rfind(b" ", start + 1, stop)
    if space > 0:
        return space
    while line[stop] & 0xC0 == 0x80:
        stop -= 1
    return stop


def train_tokenizer(lines: Iterable[str], settings: TokenizerSettings) -> bytes:
    """Trains SentencePiece on lines and returns the model file; equal lines in equal order give equal bytes.

    The tokens are, in this order: `<unk>`, `<s>`, `</s>`, `<pad>`, `<mask>`, the sentinels, the newline, the user
    symbols, 256 bytes, and what is learned. Raises GristmillError if the text is too small for the vocabulary size.
    """
    model = io.BytesIO()
    try:
        with tempfile.TemporaryDirectory() as folder:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(lines),
                model_writer=model,
                model_type=settings.model,
                vocab_size=settings.vocabulary_size,
                hard_vocab_limit=settings.model in ("unigram", "bpe"),
                character_coverage=settings.character_coverage,
                required_chars=SPELLING if settings.model == "unigram" else "",
                max_sentence_length=MAXIMUM_LINE_BYTES,
                num_threads=TRAINING_THREADS,
                byte_fallback=True,
                split_digits=settings.split_digits,
                normalization_rule_tsv=_write_rules(Path(folder, "normalise"), ESCAPES),
                denormalization_rule_tsv=_write_rules(
                    Path(folder, "denormalise"), {SPACE: " ", **{code: sign for sign, code in ESCAPES.items()}}
                ),
                remove_extra_whitespaces=False,
                add_dummy_prefix=False,
                allow_whitespace_only_pieces=True,
                control_symbols=[MASK, *map(sentinel, range(settings.sentinels))],
                user_defined_symbols=[NEWLINE, *settings.user_symbols],
                unk_id=0,
                bos_id=1,
                eos_id=2,
                pad_id=3,
                unk_piece=UNKNOWN,
                bos_piece=BOS,
                eos_piece=EOS,
                pad_piece=PADDING,
                minloglevel=2,
            )
    except (RuntimeError, OSError) as error:
        reason = str(error).rsplit("] ", 1)[-1].strip() or "no text to train on"
        raise GristmillError(
            f"tokenizer.vocabulary_size = {settings.vocabulary_size}: SentencePiece cannot train: {reason}"
        ) from error
    return finish_model(model.getvalue())


def _write_rules(path: Path, rules: dict[str, str]) -> str:
    """Writes SentencePiece's table of normalisation rules: code points in hexadecimal, a tab between both sides."""
    sides = [[" ".join(f"{ord(one):X}" for one in side) for side in rule] for rule in rules.items()]
    path.write_text("".join(f"{source}\t{target}\n" for source, target in sides))
    return str(path)
