"""A trained tokenizer, loaded: texts to token ids and back."""

import shutil
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import sentencepiece

from stages import artifacts
from stages.errors import GristmillError
from stages.special_tokens import MASK, SPACE, UNKNOWN, sentinel, without_surrogates
from stages.tokenizer.cutting import Chunks, Cutter
from stages.tokenizer.model_file import BYTE, CONTROL, NORMAL, USER_DEFINED, Model, Piece, read_model
from stages.tokenizer.word_cache import WordCache, words_stand_alone

if TYPE_CHECKING:
    import tokenizers

MODEL_FILE = "tokenizer.model"
HUGGING_FACE_FILES = ("tokenizer.json", "tokenizer_config.json")


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

    @property
    def mask_id(self) -> int:
        """The token that stands for one that is hidden; -1 if the model has none."""
        return self._control_id(MASK)

    @cached_property
    def sentinel_ids(self) -> tuple[int, ...]:
        """The tokens for spans that are left out, `<extra_id_0>` first; empty if the model has none."""
        return tuple(takewhile(lambda token: token >= 0, (self._control_id(sentinel(number)) for number in count())))

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """The token ids of a text, int32, without bos and eos."""
        return self.encode_batch([text])[0]

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[npt.NDArray[np.int32]]:
        """The token ids of each text, int32, without bos and eos; arrays may be read-only.

        Surrogates are read as U+FFFD. SentencePiece works with the interpreter released, so that several Python threads
        do as well as `threads` of its own.
        """
        cut = self._cutter.cut(texts)
        try:
            arrays = self._encode_chunks(cut.chunks, threads)
        except TypeError:
            whole = [without_surrogates(text) for text in texts]
            if whole == list(texts):
                raise
            return self.encode_batch(whole, threads)
        self._replace(arrays, cut)
        joined = arrays if len(arrays) == len(texts) else _joined(arrays, cut.counts)
        return list(map(self._with_spaces, joined)) if self._model.type == "word" else joined

    def _encode_chunks(self, chunks: Sequence[str], threads: int) -> list[npt.NDArray[np.int32]]:
        if self._word_cache:
            return self._word_cache.encode(chunks)
        return list(self._processor.encode(chunks, num_threads=threads, return_type="numpy"))

    def _replace(self, arrays: list[npt.NDArray[np.int32]], cut: Chunks) -> None:
        """Puts in the symbols, and what SentencePiece by itself would read in another way than Hugging Face."""
        for place, token in cut.symbols.items():
            arrays[place] = np.array([token], np.int32)
        for place in cut.masked + (cut.too_long if self._model.type == "unigram" else []):
            arrays[place] = np.array(self._exact.encode(cut.chunks[place], add_special_tokens=False).ids, np.int32)

    def _with_spaces(self, tokens: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Writes a space inside an unknown word of a word model as one token, not as the three bytes of its sign."""
        space, *spelled = map(self._processor.piece_to_id, (SPACE, *(f"<0x{byte:02X}>" for byte in SPACE.encode())))
        if space == self._processor.unk_id() or len(tokens) < len(spelled):
            return tokens
        found = np.flatnonzero((np.lib.stride_tricks.sliding_window_view(tokens, len(spelled)) == spelled).all(axis=1))
        tokens = tokens.copy()
        tokens[found] = space
        return np.delete(tokens, np.concatenate([found + 1, found + 2]))

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer]) -> str:
        """The text of token ids; special tokens stand for nothing."""
        return str(self._processor.decode(np.asarray(ids, np.int64).tolist()))

    def token_bytes(self) -> npt.NDArray[np.int64]:
        """int64 [vocabulary_size]: the UTF-8 bytes of text that each token stands for.

        Of U+FDD0 and U+FDD1, noncharacters that no text should hold, each counts as the two that it is written with.
        """
        return np.array([_bytes_of(piece) for piece in self._model.pieces], np.int64)

    def copy_to(self, folder: str) -> None:
        """Copies the model and its Hugging Face files into another local folder."""
        for name in (MODEL_FILE, *HUGGING_FACE_FILES):
            shutil.copyfile(Path(self._folder, name), Path(folder, name))

    def hugging_face_files(self) -> dict[str, bytes]:
        """`tokenizer.json` and `tokenizer_config.json`, as `AutoTokenizer.from_pretrained` reads them."""
        from stages.tokenizer.hugging_face import hugging_face_files

        return hugging_face_files(self._model, self._keeps_space_sign)

    @cached_property
    def _model(self) -> Model:
        return read_model(self._processor.serialized_model_proto())

    @cached_property
    def _cutter(self) -> Cutter:
        return Cutter(self._model, [UNKNOWN, *(piece.text for piece in self._model.pieces if piece.kind == CONTROL)])

    @cached_property
    def _word_cache(self) -> WordCache | None:
        if self._model.type != "bpe" or not words_stand_alone(self._cutter.pairs):
            return None
        return WordCache(lambda words: self._processor.encode(words, num_threads=1, return_type="numpy"))

    @cached_property
    def _exact(self) -> "tokenizers.Tokenizer":
        """Hugging Face's reader of the same vocabulary, which is slow, but adds up in 64 bits."""
        import tokenizers

        reader = tokenizers.Tokenizer.from_str(self.hugging_face_files()["tokenizer.json"].decode())
        reader.encode_special_tokens = True
        return reader

    @cached_property
    def _keeps_space_sign(self) -> bool:
        """Whether the model was trained to tell the sign U+2581 in a text from a space."""
        return bool(self._processor.decode(self._processor.encode(SPACE)) == SPACE)

    def _control_id(self, name: str) -> int:
        token = int(self._processor.piece_to_id(name))
        return token if self._processor.is_control(token) else -1


def _joined(arrays: Sequence[npt.NDArray[np.int32]], counts: Sequence[int]) -> list[npt.NDArray[np.int32]]:
    """Each text's chunks, so many of them, as one array."""
    parts = (arrays[stop - count : stop] for stop, count in zip(accumulate(counts), counts, strict=True))
    return [part[0] if len(part) == 1 else np.concatenate(part) for part in parts]


def _bytes_of(piece: Piece) -> int:
    if piece.kind == BYTE:
        return 1
    if piece.kind not in (NORMAL, USER_DEFINED):
        return 0
    return len(piece.text.replace(SPACE, " ").encode())
