"""Cuts texts into chunks whose tokens, joined, are the tokens of the whole text.

A cut between two characters changes nothing where no piece of the vocabulary holds these two side by side. Chunks keep
the sums of a unigram model's scores exact (see `model_file`), and BPE fast, whose time grows faster than the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from stages.special_tokens import RESERVED, SPACE
from stages.tokenizer.model_file import NEWLINE, NORMAL, SCORE_STEPS, USER_DEFINED, Model

EXACT_SUM = 2**24 // SCORE_STEPS
"""Multiples of 1/64 up to here add up without error in 32-bit floating-point numbers."""
UNKNOWN_PENALTY = 10.0
"""How much lower than the lowest score of a piece SentencePiece takes an unknown character (kUnkPenalty)."""
BPE_CHARACTERS = 4_000
"""Below this, the time that BPE takes still grows about as fast as the text."""
UNLIMITED = 1 << 40


@dataclass
class Chunks:
    """Texts in chunks: `counts` of them a text. Some are given: a symbol, by the chunk's index, with the token's id."""

    chunks: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    symbols: dict[int, int] = field(default_factory=dict)
    too_long: list[int] = field(default_factory=list)
    """Indices of chunks over the limit, for want of a place to cut."""
    masked: list[int] = field(default_factory=list)
    """Indices of chunks with the name of a special token, in which symbols are not looked for."""


class Cutter:
    """Cuts texts for one model."""

    def __init__(self, model: Model, special_names: Sequence[str]):
        self._limit = _limit(model)
        self.pairs = frozenset(
            pair for piece in model.pieces if piece.kind == NORMAL for pair in _pairs(piece.text.replace(SPACE, " "))
        )
        self._symbols = {
            piece.text.replace(SPACE, " "): token
            for token, piece in enumerate(model.pieces)
            if piece.kind == USER_DEFINED or (model.type == "word" and piece.text == NEWLINE)
        }
        self._finder = _finder(self._symbols, special_names)

    def cut(self, texts: Sequence[str]) -> Chunks:
        """The chunks of all texts, in order."""
        made = Chunks()
        for text in texts:
            before = len(made.chunks)
            if self._finder:
                self._cut_at_symbols(text, self._finder, made)
            elif len(text) <= self._limit:
                made.chunks.append(text)
            else:
                self._cut_long(text, made)
            if len(made.chunks) == before:
                made.chunks.append("")
            made.counts.append(len(made.chunks) - before)
        return made

    def _cut_at_symbols(self, text: str, finder: re.Pattern[str], made: Chunks) -> None:
        start, has_names = 0, False
        for found in finder.finditer(text):
            token = self._symbols.get(found.group())
            if token is None:
                has_names = True
                continue
            self._cut_section(text[start : found.start()], has_names, made)
            made.symbols[len(made.chunks)] = token
            made.chunks.append("")
            start, has_names = found.end(), False
        self._cut_section(text[start:], has_names, made)

    def _cut_section(self, text: str, has_names: bool, made: Chunks) -> None:
        if not has_names:
            self._cut_long(text, made)
            return
        made.masked.append(len(made.chunks))
        made.chunks.append(text)

    def _cut_long(self, text: str, made: Chunks) -> None:
        start, limit = 0, self._limit
        while len(text) - start > limit:
            stop = self._place_of_cut(text, start)
            if stop - start > limit:
                made.too_long.append(len(made.chunks))
            made.chunks.append(text[start:stop])
            start = stop
        if start < len(text):
            made.chunks.append(text[start:])

    def _place_of_cut(self, text: str, start: int) -> int:
        """The last place within the limit that no piece spans, else the first one behind it, else the end."""
        middle = start + self._limit
        for at in chain(range(middle, start, -1), range(middle + 1, len(text))):
            pair = text[at - 1 : at + 1]
            if pair not in self.pairs and RESERVED.isdisjoint(pair):
                return at
        return len(text)


def _limit(model: Model) -> int:
    """How many characters a chunk may have."""
    if model.type == "bpe":
        return BPE_CHARACTERS
    if model.type != "unigram":
        return UNLIMITED
    lowest = min((piece.score for piece in model.pieces if piece.kind == NORMAL), default=0.0)
    return int(EXACT_SUM / (UNKNOWN_PENALTY - min(lowest, 0.0))) - 1


def _pairs(text: str) -> list[str]:
    return [text[at : at + 2] for at in range(len(text) - 1)]


def _finder(symbols: dict[str, int], special_names: Sequence[str]) -> re.Pattern[str] | None:
    """Finds the leftmost, longest symbol, as Hugging Face does: names of special tokens hide symbols inside them."""
    if not symbols:
        return None
    names = sorted({*symbols, *special_names}, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, names)))
