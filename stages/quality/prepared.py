"""A text with its words, lines and paragraphs, which the rules share: each is made once, when first asked for."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import count
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from stages.document import Edit
from stages.quality.words import is_spaced, words_of

Reference = Literal["papers", "datatrove"]

Codes = npt.NDArray[np.uint16] | npt.NDArray[np.int64]

LONG_TEXT_WORDS = 300
"""From so many words on the ways of NumPy are the faster ones (measured on the sample)."""

SMALL_NUMBERS = 65_535
"""NumPy sorts numbers below 65,536 several times faster than others; the highest is left to mark the end."""

_BLANK_LINES = re.compile(r"\n\s*\n")


class Measured(NamedTuple):
    """What a group of rules measured on a text, and what it made of it."""

    values: Mapping[str, float]
    """By the names of the recipe's bounds without `minimum_` and `maximum_`."""
    text: str | None = None
    """The text after the group's edits; None: unchanged."""
    edits: tuple[Edit, ...] = ()
    words_left: int | None = None
    """How many words the text after the edits has, where that is known without reading it again."""


class Prepared:
    """A text, its language, and how it is to be read."""

    def __init__(self, text: str, language: str, reference: Reference = "papers", known_words: int | None = None):
        self.text = text
        self._known_words = known_words
        self.language = language
        self.reference: Reference = reference
        self.as_datatrove = reference == "datatrove"
        """Whether datatrove's reading is asked for, with its defects."""
        self.spaced = self.as_datatrove or is_spaced(language)
        """Whether spaces stand between the words of the language; datatrove's rules take it so everywhere."""

    @cached_property
    def words(self) -> list[str]:
        """The words in their order."""
        return words_of(self.text, self.language, self.reference)

    @property
    def word_number(self) -> int:
        """How many words there are; `known_words`, where a text was given with their number."""
        return len(self.words) if self._known_words is None else self._known_words

    def words_without(self, lines: Iterable[str]) -> int | None:
        """How many words are left without some whole lines; None where words may reach over their ends."""
        if not is_spaced(self.language):
            return None
        return self.word_number - sum(len(words_of(line, self.language, self.reference)) for line in lines)

    @cached_property
    def joined(self) -> str:
        """The words with nothing between them."""
        return "".join(self.words)

    @cached_property
    def word_counts(self) -> Mapping[str, int]:
        """How often each word occurs, in the order of first occurrence."""
        if len(self.words) < LONG_TEXT_WORDS:
            return Counter(self.words)
        return dict(zip(self._numbers[0], np.bincount(self.word_codes).tolist(), strict=True))

    @property
    def word_codes(self) -> Codes:
        """The number of each word among the different ones, in the order of first occurrence."""
        return self._numbers[1]

    @cached_property
    def _numbers(self) -> tuple[Mapping[str, int], Codes]:
        """The numbers of the different words, and each word as its number."""
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        codes = np.fromiter(map(numbers.__getitem__, self.words), np.int64, len(self.words))
        return numbers, codes.astype(np.uint16) if len(numbers) < SMALL_NUMBERS else codes

    @cached_property
    def word_stops(self) -> npt.NDArray[np.int64]:
        """Where each word begins, and at last where all end, if nothing stood between the words."""
        stops = np.zeros(len(self.words) + 1, np.int64)
        if len(self.words) < LONG_TEXT_WORDS:
            lengths = np.fromiter(map(len, self.words), np.int64, len(self.words))
        else:
            numbers, codes = self._numbers
            lengths = np.fromiter(map(len, numbers), np.int64, len(numbers))[codes]
        np.cumsum(lengths, out=stops[1:])
        return stops

    @cached_property
    def stripped_lines(self) -> list[str]:
        """The lines, without white space around them."""
        return list(map(str.strip, self.text.splitlines()))

    @cached_property
    def lines(self) -> list[str]:
        """The lines that are not blank, stripped."""
        return list(filter(None, self.stripped_lines))

    @cached_property
    def paragraphs(self) -> list[str]:
        """What blank lines separate, stripped."""
        return [part for part in map(str.strip, _BLANK_LINES.split(self.text)) if part]
