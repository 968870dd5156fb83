"""The sections of a recipe that make a tokenizer and packed shards."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from stages.recipe.section import Section
from stages.special_tokens import RESERVED, is_name

TokenizerModel = Literal["unigram", "bpe", "char", "word"]
SMALLEST_VOCABULARY = 300
"""256 bytes, special tokens and some letters."""


class Packing(Section):
    """Documents into rows of `sequence_length + 1` tokens, rows into shards."""

    sequence_length: int = Field(default=1024, gt=1, le=1 << 20)
    mode: Literal["best_fit", "concatenate", "one_document"] = "best_fit"
    """`best_fit` cuts no document that fits a row and pads next to nothing; `concatenate` cuts the stream of all
    documents into rows; `one_document` has one document in a row, or a part of a longer one, and pads the rest."""
    rows_of: Literal["any", "source", "language"] = "any"
    """`source`: a row holds documents of one source only, so that `pretrain.quotas` can deal rows by source; the same
    for `language`. Padding grows a little."""
    shard_megabytes_of_text: float = Field(default=64.0, gt=0)
    """The number of shards follows from the text, so that it does not depend on how the inputs were cut."""


class TokenizerSample(Section):
    """The text that SentencePiece is trained on: originals of the training split, drawn by their ids.

    Each source and language gives its share to within a line.
    """

    megabytes: float = Field(default=10.0, gt=0)
    sentences: int = Field(default=0, ge=0)
    """How many lines instead of `megabytes`: what SentencePiece calls a sentence. 0: by megabytes."""
    weights: dict[str, float] = Field(default_factory=dict)
    """The share of each source, by its name, in any unit; empty: as the sources are. Every source with training
    documents has one; 0 leaves it out. What a small source cannot give, the others give: no text comes twice."""
    language_weights: dict[str, float] = Field(default_factory=dict)
    """The share of each language, the same way; with both, each gets its share as far as that can be."""
    language_temperature: float = Field(default=1.0, ge=1.0)
    """Languages get shares in proportion to their size to the power of 1 / temperature (Arivazhagan et al. 2019,
    arXiv 1907.05019, take 5)."""

    @model_validator(mode="after")
    def _shares_make_sense(self) -> Self:
        for key in ("weights", "language_weights"):
            values = getattr(self, key)
            for name, value in values.items():
                if value < 0:
                    raise ValueError(f"{key}.{name} is negative: {value:g}")
            if values and not sum(values.values()):
                raise ValueError(f"all {key} are 0")
        if self.language_weights and self.language_temperature > 1.0:
            raise ValueError("give language_weights or language_temperature, not both")
        if self.sentences and "megabytes" in self.model_fields_set:
            raise ValueError("give sentences or megabytes, not both")
        return self


class TokenizerReport(Section):
    """What a tokenizer makes of documents that it was not trained on, where there are enough of them."""

    megabytes: float = Field(default=2.0, ge=0)
    """Of text of each source and language, at most; 0: nothing is measured."""
    compare: tuple[str, ...] = ()
    """Other tokenizers that are measured on the same text: SentencePiece models (`….model`), Hugging Face's
    `tokenizer.json`, or folders that hold one of them."""


class TokenizerSweep(Section):
    """`make tokenizer-sweep`: which tokenizers are trained and measured on the same text."""

    vocabulary_sizes: tuple[int, ...] = (1_024, 2_048, 4_096, 8_192, 16_384, 32_768)
    models: tuple[TokenizerModel, ...] = ()
    """Empty: `tokenizer.model` alone."""

    @model_validator(mode="after")
    def _something_to_compare(self) -> Self:
        if not self.vocabulary_sizes:
            raise ValueError("vocabulary_sizes is empty")
        for key in ("vocabulary_sizes", "models"):
            values = getattr(self, key)
            for value in values:
                if values.count(value) > 1:
                    raise ValueError(f"{key} has {value} twice")
        if min(self.vocabulary_sizes) < SMALLEST_VOCABULARY:
            raise ValueError(f"vocabulary_sizes begin at {SMALLEST_VOCABULARY}")
        return self


class Tokenizer(Section):
    """SentencePiece, trained so that every text decodes to itself."""

    model: TokenizerModel = "unigram"
    vocabulary_size: int = Field(default=16_384, ge=SMALLEST_VOCABULARY)
    """With special tokens, sentinels, user symbols and 256 bytes. `char` and `word` have fewer if the text does."""
    character_coverage: float = Field(default=0.9995, ge=0.98, le=1.0)
    """The share of the sample's characters that have a piece of their own; the others are spelled in bytes."""
    split_digits: bool = True
    """Every digit is a token of its own, as in Llama 2 (Touvron et al. 2023, arXiv 2307.09288)."""
    user_symbols: tuple[str, ...] = ()
    """Strings that are always one token, wherever they stand; of several at one place, the longest."""
    sentinels: int = Field(default=100, ge=0, le=1000)
    """Tokens `<extra_id_0>`, … for spans that are left out: 100 in T5 (Raffel et al. 2020, arXiv 1910.10683). Rows of T
    tokens with spans of 3 need 0.05 T. They never come of text."""
    sample: TokenizerSample = TokenizerSample()
    pretrained: str = ""
    """The folder of a tokenizer to use (`build/<name>/tokenizer/tokenizer`) instead of training one; the keys above are
    not read then."""
    report: TokenizerReport = TokenizerReport()
    sweep: TokenizerSweep = TokenizerSweep()
    packing: Packing = Packing()

    @field_validator("user_symbols")
    @classmethod
    def _symbols_can_be_found(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            if not symbol:
                raise ValueError("an empty string is no symbol")
            if symbols.count(symbol) > 1:
                raise ValueError(f"{symbol!r} is given twice")
            if is_name(symbol):
                raise ValueError(f"{symbol!r} is the name of a token that never comes of text")
            unfit = [one for one in symbol if one in "\0\n" or one in RESERVED or "\ud800" <= one <= "\udfff"]
            if unfit:
                raise ValueError(f"{symbol!r} holds U+{ord(unfit[0]):04X}, which a symbol cannot have")
        return symbols
