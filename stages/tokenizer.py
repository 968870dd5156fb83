"""Text to tokens and back, without loss: SentencePiece trained and loaded, and its Hugging Face twin.

SentencePiece's own defaults normalise the text (NFKC, spaces folded, newlines lost). Here the normaliser is the
identity, a newline is a symbol of its own, spaces are never stripped, and what the vocabulary lacks is spelled in
bytes, so that `decode(encode(text)) == text`.
"""

import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece

from stages import artifacts
from stages.errors import GristmillError
from stages.recipe import Tokenizer as TokenizerSettings
from stages.tokenizer_scores import round_scores

MODEL_FILE = "tokenizer.model"
HUGGING_FACE_FILES = ("tokenizer.json", "tokenizer_config.json")
UNKNOWN, BOS, EOS, PADDING = "<unk>", "<s>", "</s>", "<pad>"
MAXIMUM_LINE_BYTES = 4192
"""SentencePiece skips longer training lines with only a log line (its `max_sentence_length`)."""
SPACE = "\u2581"
"""How SentencePiece writes a space inside a piece."""
TRAINING_THREADS = 2
"""Fixed, since the sums of the EM training depend on how the sentences are dealt to threads."""


def training_lines(text: str) -> Iterator[str]:
    """Yields the non-empty lines of a text; a line over SentencePiece's limit is cut, at a space where there is one."""
    for line in text.split("\n"):
        rest = line
        while len(rest.encode()) > MAXIMUM_LINE_BYTES:
            head = rest.encode()[:MAXIMUM_LINE_BYTES].decode("utf-8", "ignore")
            cut = head.rfind(" ")
            head = head[:cut] if cut > 0 else head
            yield head
            rest = rest[len(head) :]
        if rest:
            yield rest


def train_tokenizer(lines: Iterable[str], settings: TokenizerSettings) -> bytes:
    """Trains SentencePiece on lines and returns the model file; equal lines in equal order give equal bytes.

    Raises GristmillError if the text is too small for the vocabulary size.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type=settings.model,
            vocab_size=settings.vocabulary_size,
            character_coverage=settings.character_coverage,
            max_sentence_length=MAXIMUM_LINE_BYTES,
            num_threads=TRAINING_THREADS,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            allow_whitespace_only_pieces=True,
            user_defined_symbols=["\n"],
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
    return round_scores(model.getvalue())


class Tokenizer:
    """A trained tokenizer, loaded from the folder that holds its files."""

    def __init__(self, model: bytes, folder: str = ""):
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        self._folder = folder

    @classmethod
    def load(cls, folder: str) -> "Tokenizer":
        """Loads `tokenizer.model` from a folder; a missing or damaged one is a GristmillError."""
        path = artifacts.join(folder, MODEL_FILE)
        with artifacts.open_file(path) as file:
            model = file.read()
        try:
            return cls(model, folder)
        except RuntimeError as error:
            raise GristmillError(f"{path}: not a SentencePiece model; run `make tokenizer` again") from error

    @property
    def vocabulary_size(self) -> int:
        """How many token ids there are."""
        return int(self._processor.vocab_size())

    @property
    def bos_id(self) -> int:
        """The token before every document."""
        return int(self._processor.bos_id())

    @property
    def eos_id(self) -> int:
        """The token behind every document."""
        return int(self._processor.eos_id())

    @property
    def padding_id(self) -> int:
        """The token that fills rows; never a label."""
        return int(self._processor.pad_id())

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """The token ids of a text, int32, without bos and eos."""
        # A line at a time: 32-bit sums of scores over a long text would lose the bits that tell cuts apart.
        tokens: list[int] = []
        for line in self._processor.encode(text.split("\n"), num_threads=1):
            tokens += line
            tokens.append(self._newline_id)
        return np.array(tokens[:-1], np.int32)

    def encode_batch(self, texts: Sequence[str]) -> list[npt.NDArray[np.int32]]:
        """The token ids of several texts."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        """The text of token ids; bos, eos and padding stand for nothing."""
        return str(self._processor.decode([int(one) for one in ids]))

    def token_bytes(self) -> npt.NDArray[np.int64]:
        """int64 [vocabulary_size]: the UTF-8 bytes of text that each token stands for."""
        return np.array([self._bytes_of(token) for token in range(self.vocabulary_size)], np.int64)

    def _bytes_of(self, token: int) -> int:
        if self._processor.is_control(token) or self._processor.is_unknown(token):
            return 0
        if self._processor.is_byte(token):
            return 1
        return len(self._pieces[token][0].replace(SPACE, " ").encode())

    @cached_property
    def _newline_id(self) -> int:
        return int(self._processor.piece_to_id("\n"))

    @cached_property
    def _pieces(self) -> list[tuple[str, float]]:
        """Piece and score of every token id."""
        count = range(self.vocabulary_size)
        return [(self._processor.id_to_piece(token), self._processor.get_score(token)) for token in count]

    def copy_to(self, folder: str) -> None:
        """Copies the model and its Hugging Face files into another local folder."""
        for name in (MODEL_FILE, *HUGGING_FACE_FILES):
            shutil.copyfile(Path(self._folder, name), Path(folder, name))

    def hugging_face_files(self) -> dict[str, bytes]:
        """`tokenizer.json` and `tokenizer_config.json`, as `AutoTokenizer.from_pretrained` reads them."""
        from stages.tokenizer_export import hugging_face_files

        return hugging_face_files(self._pieces, "bpe" if self._is_bpe else "unigram", newline="\n")

    @property
    def _is_bpe(self) -> bool:
        """BPE scores are the negated ranks 0, -1, -2, …; unigram scores are log probabilities."""
        return all(score == int(score) for _, score in self._pieces)
