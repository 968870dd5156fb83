"""Documents that hold text of evaluation sets: a model that has read the questions is not measured by them.

After Brown et al. 2020 (GPT-3, arXiv 2005.14165), appendix C: a document that shares an n-gram of 13 words with a text
of the evaluation files is removed, or the shared passages are cut out of it with 200 characters on both sides. What a
word is and how it is compared, in scripts without spaces too, is told in `stages.evaluation_ngrams`.

Texts of the evaluation files with fewer words are looked for whole, down to 8 words, the smallest n of GPT-3; shorter
ones (answers, names) are not looked for, since such occur by chance. GPT-3 let pass n-grams that more than ten
documents share; here every one counts, as no document is judged by others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, pairwise

import numpy as np
import numpy.typing as npt

from stages.document import Edit, Refusal
from stages.errors import GristmillError
from stages.evaluation_ngrams import WORD_WEIGHT, Words, all_ngrams, ngrams, words_in
from stages.evaluation_sets import KEY, EvaluationText, evaluation_files, evaluation_texts
from stages.recipe import Decontamination

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

MINIMUM_WORDS = 8
"""Evaluation texts of fewer words are not looked for (GPT-3, appendix C: n is 8 to 13)."""
SHOWN_WORDS = 8
"""How many words of a match are named."""
BATCH_CHARACTERS = 1 << 17
TEXT_SEPARATOR = "\n"
FILTER_BITS_PER_NGRAM = 16
"""One n-gram in sixteen that is not in the index passes the filter before the search."""
_SPACE = re.compile(r"\s")


def decontaminate(
    text: str,
    language: str,  # noqa: ARG001 - the text's script decides; evaluation sets name no language
    settings: Decontamination,
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    """The text without what it shares with the evaluation files, or why it is refused; a pure function.

    Rules: `evaluation_overlap`, the number of n-grams that it shares (`action` is `remove`), or that the pieces which
    `cut` leaves share where they meet; `evaluation_pieces`, how many pieces are left, if they are too many or none
    (`cut`). The detail names the first match in the text: its file,
    its row, and its first words. Files that cannot be used are a GristmillError.
    """
    if not settings.files:
        return text, ()
    words = words_in(text)
    matches = _index(settings).matches(words)
    if len(matches) == 0:
        return text, ()
    if settings.action == "remove":
        return _overlap(text, words, matches)
    clean = _cut(text, words, matches, settings)
    if isinstance(clean, Refusal):
        return clean
    words = words_in(clean[0])
    matches = _index(settings).matches(words)
    return _overlap(clean[0], words, matches) if len(matches) else clean


def _overlap(text: str, words: Words, matches: "Matches") -> Refusal:
    shared = len(np.unique(matches.hashes))
    return Refusal("evaluation_overlap", float(shared), 0.0, _detail(text, words, matches))


@dataclass(frozen=True)
class Matches:
    """The n-grams of a text that are in the index, in their order: hash, first word, word after the last."""

    hashes: UInt64
    first: Int64
    stops: Int64
    source: tuple[str, int] | None
    """File and row of the first."""

    def __len__(self) -> int:
        return len(self.hashes)


class Index:
    """The n-grams of all evaluation texts: sorted hashes, each with the first row that it stands in.

    Takes 18 bytes an n-gram, building it some 60.
    """

    def __init__(self, settings: Decontamination):
        self._files = evaluation_files(settings)
        self._weight = settings.words * WORD_WEIGHT
        parts = [self._of_file(path, settings) for path in self._files]
        hashes = np.concatenate([hashes for hashes, _ in parts])
        rows = np.concatenate([rows for _, rows in parts])
        file_numbers = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part) for part, _ in parts])
        self._hashes, places = np.unique(hashes, return_index=True)
        self._rows, self._file_numbers = rows[places], file_numbers[places]
        self._weights = [*range(MINIMUM_WORDS * WORD_WEIGHT, self._weight, WORD_WEIGHT), self._weight]
        bits = max((FILTER_BITS_PER_NGRAM * len(self._hashes)).bit_length(), 8)
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << (bits - 3), np.uint8)
        slots = self._hashes >> self._shift
        np.bitwise_or.at(self._filter, (slots >> np.uint64(3)).astype(np.int64), _bit(slots))

    def __len__(self) -> int:
        return len(self._hashes)

    def _of_file(self, path: str, settings: Decontamination) -> tuple[UInt64, npt.NDArray[np.uint32]]:
        hashes, rows = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
        for batch in _batches(evaluation_texts(path, settings.columns)):
            found, texts = _hashes_of_batch([one.text for one in batch], self._weight)
            hashes.append(found)
            rows.append(np.array([one.row for one in batch], np.uint32)[texts])
        every = np.concatenate(hashes)
        if len(every) == 0:
            least = min(MINIMUM_WORDS, settings.words)
            raise GristmillError(f"{KEY}: {path}: holds no text of {least} words or more; leave the file out")
        return every, np.concatenate(rows)

    def matches(self, words: Words) -> Matches:
        """The n-grams that are in the index."""
        hashes, first, stops = all_ngrams(words, self._weights)
        slots = hashes >> self._shift
        likely = np.flatnonzero(self._filter[slots >> np.uint64(3)] & _bit(slots))
        places = np.searchsorted(self._hashes, hashes[likely])
        places[places == len(self._hashes)] = 0
        found = likely[self._hashes[places] == hashes[likely]]
        found = found[np.lexsort((-stops[found], first[found]))]
        source = self._source(hashes[found[0]]) if len(found) else None
        return Matches(hashes[found], first[found], stops[found], source)

    def _source(self, ngram: np.uint64) -> tuple[str, int]:
        place = int(np.searchsorted(self._hashes, ngram))
        return self._files[self._file_numbers[place]], int(self._rows[place])


@cache
def _index(settings: Decontamination) -> Index:
    """The one index of this process, and of those forked from it."""
    return Index(settings)


def _bit(slots: UInt64) -> npt.NDArray[np.uint8]:
    return np.left_shift(np.uint8(1), (slots & np.uint64(7)).astype(np.uint8))


def _batches(texts: Iterator[EvaluationText]) -> Iterator[list[EvaluationText]]:
    batch: list[EvaluationText] = []
    characters = 0
    for one in texts:
        batch.append(one)
        characters += len(one.text)
        if characters > BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    yield batch


def _hashes_of_batch(texts: list[str], weight: int) -> tuple[UInt64, Int64]:
    """The n-grams of some texts, and the text that each is of: all of the given weight, or one of a short text."""
    words = words_in(TEXT_SEPARATOR.join(texts))
    text_stops = np.cumsum([len(text) + len(TEXT_SEPARATOR) for text in texts])
    of_text = np.searchsorted(text_stops, words.starts, "right")
    ends = np.concatenate(([0], np.cumsum(words.weights)))
    last = np.searchsorted(of_text, np.arange(len(texts)), "right")
    left = ends[last][of_text] - ends[:-1]
    full = np.flatnonzero(left >= weight)
    hashes, _ = ngrams(words, full, np.full(len(full), weight))
    is_first = np.ones(len(words), np.bool_)
    is_first[1:] = of_text[1:] != of_text[:-1]
    short = np.flatnonzero(is_first & (left < weight) & (left >= MINIMUM_WORDS * WORD_WEIGHT))
    # Whole words: of a script without spaces, the last character may be left out.
    short_hashes, _ = ngrams(words, short, left[short] // WORD_WEIGHT * WORD_WEIGHT)
    return np.concatenate([hashes, short_hashes]), np.concatenate([of_text[full], of_text[short]])


def _detail(text: str, words: Words, matches: Matches) -> str:
    assert matches.source is not None
    file, row = matches.source
    first, stop = int(matches.first[0]), int(matches.stops[0])
    last = min(first + SHOWN_WORDS, stop) - 1
    shown = " ".join(text[int(words.starts[first]) : int(words.stops[last])].split())
    return f'{file}, row {row}: "{shown[:200]} …"'


def _cut(
    text: str, words: Words, matches: Matches, settings: Decontamination
) -> tuple[str, tuple[Edit, ...]] | Refusal:
    spans = list(_merged(_widened(text, words, matches, settings.margin_characters)))
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    between = [text[start:stop].strip() for start, stop in islice(pairwise(edges), 0, None, 2)]
    least = max(settings.minimum_piece_characters, 1)
    pieces = [piece for piece in between if len(piece) >= least]
    if not pieces:
        detail = f"nothing of {least} characters or more is left; {_detail(text, words, matches)}"
        return Refusal("evaluation_pieces", 0.0, 1.0, detail)
    if len(pieces) > settings.maximum_pieces:
        detail = _detail(text, words, matches)
        return Refusal("evaluation_pieces", float(len(pieces)), float(settings.maximum_pieces), detail)
    left = "\n\n".join(pieces)
    return left, (Edit("cut_evaluation", len(spans), len(text) - len(left)),)


def _widened(text: str, words: Words, matches: Matches, margin: int) -> Iterator[tuple[int, int]]:
    """Yields the matches' places in the text with a margin, that cut no word and leave no punctuation behind."""
    for start, stop in _joined(matches):
        left = max(int(words.starts[start]) - margin, 0)
        right = min(int(words.stops[stop - 1]) + margin, len(text))
        first = int(np.searchsorted(words.stops, left, "right"))
        after = int(np.searchsorted(words.starts, right, "left"))
        left = min(left, int(words.starts[first]))
        right = max(right, int(words.stops[after - 1]))
        before = int(words.stops[first - 1]) if first else 0
        following = int(words.starts[after]) if after < len(words) else len(text)
        yield _left_edge(text, before, left), _right_edge(text, right, following)


def _joined(matches: Matches) -> Iterator[tuple[int, int]]:
    """Yields ranges of words that matches cover, overlapping ones as one."""
    return _merged(zip(matches.first.tolist(), matches.stops.tolist(), strict=True))


def _merged(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yields ranges that come in the order of their starts, with those that touch as one."""
    start, stop = next(spans)
    for next_start, next_stop in spans:
        if next_start > stop:
            yield start, stop
            start, stop = next_start, next_stop
        stop = max(stop, next_stop)
    yield start, stop


def _left_edge(text: str, before: int, left: int) -> int:
    """Takes along signs that open the word, as a bracket; those that close the word before stay with it."""
    gap = text[before:left]
    if not gap or gap[-1].isspace():
        return left
    signs = gap.split()[-1]
    return left if len(signs) == len(gap) else left - len(signs)


def _right_edge(text: str, right: int, following: int) -> int:
    """Takes along signs that close the word, as a full stop."""
    space = _SPACE.search(text, right, following)
    return space.start() if space else following
