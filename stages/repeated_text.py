"""Text that recurs over many documents: how a document falls into units, how units are compared, and what is left.

- `lines`: each line, compared without regard to case and white space, as the line deduplication of C4 (Raffel et al.
  2020, arXiv 1910.10683, section 2.2, and its code in TensorFlow Datasets).
- `paragraphs`: each line too, which is what CCNet calls a paragraph (Wenzek et al. 2019, arXiv 1911.00359, section
  3.1): compared in lower case, digits as 0, without punctuation and accents.
- `sentences`: each run of `span_sentences` sentences, compared as CCNet's paragraphs; 3 in C4. A sentence goes if any
  run that it stands in goes. A document with fewer sentences has no run, and is left alone.

A unit that a document has twice counts once, and goes twice. A unit of fewer than `minimum_characters`, or without a
letter or digit, is left alone.

- `substrings`: each run of `substring_words` words; see `repeated_substrings`, where all this is otherwise.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stages.document import Edit, identifier
from stages.near_duplicates.word_windows import window_hashes
from stages.recipe import RepeatedText
from stages.repeated_substrings import Windows, windows_of

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

_STOPS = ".!?…։؟۔।॥።"
_SENTENCE_END = re.compile(rf"(?:(?<![{_STOPS}])[{_STOPS}]++[\"'”’»)\]]*+(?=\s)|[。！？｡]++[」』”’）]*+)\s*+")
"""Possessive, and begun only where a run of stops begins: linear in the text."""
_BLANK_LINES = re.compile(r"\n{3,}")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


class Piece(NamedTuple):
    """A line or sentence: its number in the text, and its place."""

    number: int
    start: int
    stop: int


class TextUnit(NamedTuple):
    """What is compared with other documents, one piece or several in a row: a 64-bit hash, and its pieces."""

    hash: int
    pieces: Sequence[Piece]

    def of(self, text: str) -> str:
        """The unit as it stands in its document."""
        return text[self.pieces[0].start : self.pieces[-1].stop].strip()


@dataclass(frozen=True)
class Pieces:
    """A text with its lines or sentences, in their order."""

    text: str
    units: Sequence[TextUnit]
    _lines: Sequence[Sequence[Piece]]
    _edit: str

    @cached_property
    def hashes(self) -> UInt64:
        """uint64 [units]."""
        return np.array([unit.hash for unit in self.units], np.uint64)

    def without(self, repeated: Bools, stays: Bools) -> tuple[str, Edit] | None:
        """The text without its repeated units; None if nothing goes.

        Both are bool [units]: which are repeated in the corpus, and which of those this text may keep. Lines that lose
        all that they hold go, and of several blank lines in a row one is left. The edit counts lines or sentences.
        """
        gone = {piece.number for unit in compress(self.units, repeated & ~stays) for piece in unit.pieces}
        if not gone:
            return None
        left = []
        for line in self._lines:
            kept = [self.text[piece.start : piece.stop] for piece in line if piece.number not in gone]
            if kept or not line:
                left.append("".join(kept).rstrip())
        shortened = _BLANK_LINES.sub("\n\n", "\n".join(left)).strip()
        return shortened, Edit(self._edit, len(gone), len(self.text) - len(shortened))

    def shown(self, chosen: Bools, occurrences: Int64) -> Iterator[tuple[int, int, str]]:
        """Yields hash, occurrences and text of each unit that is chosen: bool [units], int64 [units]."""
        for number in np.flatnonzero(chosen).tolist():
            unit = self.units[number]
            yield unit.hash, int(occurrences[number]), unit.of(self.text)


Divided = Pieces | Windows


def divided(text: str, settings: RepeatedText) -> Divided:
    """A text and its units; time is linear in the text."""
    return windows_of(text, settings.substring_words) if settings.unit == "substrings" else _pieces(text, settings)


def unit_hashes(texts: Sequence[str], settings: RepeatedText) -> tuple[UInt64, Int64]:
    """Hashes uint64 of the units that count, one text's after another's, and int64 [texts]: how many each text has.

    A unit that a text has twice counts once, a window of words each time.
    """
    if settings.unit == "substrings":
        return window_hashes(texts, settings.substring_words)
    every = [np.unique(_pieces(text, settings).hashes) for text in texts]
    counts = np.array([len(hashes) for hashes in every], np.int64)
    return np.concatenate((np.empty(0, np.uint64), *every)), counts


def _pieces(text: str, settings: RepeatedText) -> Pieces:
    lines = _lines(text, settings)
    return Pieces(text, list(_units(text, lines, settings)), lines, f"repeated_{settings.unit}")


def _lines(text: str, settings: RepeatedText) -> list[list[Piece]]:
    """The pieces of each line; a blank line has none."""
    lines: list[list[Piece]] = []
    number = start = 0
    for line in text.split("\n"):
        pieces = []
        if line.strip():
            for first, last in _parts(line, settings):
                pieces.append(Piece(number, start + first, start + last))
                number += 1
        lines.append(pieces)
        start += len(line) + 1
    return lines


def _parts(line: str, settings: RepeatedText) -> Iterator[tuple[int, int]]:
    """Yields the place of the whole line, or of each of its sentences with the space that follows it."""
    start = 0
    if settings.unit == "sentences":
        for end in _SENTENCE_END.finditer(line):
            yield start, end.end()
            start = end.end()
    if start < len(line):
        yield start, len(line)


def _units(text: str, lines: Sequence[Sequence[Piece]], settings: RepeatedText) -> Iterator[TextUnit]:
    pieces = [piece for line in lines for piece in line]
    size = settings.span_sentences if settings.unit == "sentences" else 1
    fold = _without_case if settings.unit == "lines" else _folded
    folded = [fold(text[piece.start : piece.stop]) for piece in pieces]
    for first in range(len(pieces) - size + 1):
        compared = "\n".join(folded[first : first + size])
        unit = pieces[first : first + size]
        if unit[-1].stop - unit[0].start >= settings.minimum_characters and _LETTER_OR_DIGIT.search(compared):
            yield TextUnit(identifier(compared), unit)


def _without_case(piece: str) -> str:
    return " ".join(piece.lower().split())


def _folded(piece: str) -> str:
    if not piece.isascii():
        piece = unicodedata.normalize("NFD", piece)
    return " ".join(piece.lower().translate(_FOLDING).split())


class _Folding(dict[int, str]):
    """What becomes of each character, found when it first comes up; as many entries as there are characters at most."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category == "Nd":
            character = "0"
        elif category[0] == "P" or category in ("Mn", "Cf"):
            character = ""
        self[code] = character
        return character


_FOLDING = _Folding()
