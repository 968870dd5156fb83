"""Spans of so many words or more that stand in the corpus more than once: found by their windows, cut out of texts.

After Lee et al. 2021, "Deduplicating Training Data Makes Language Models Better" (arXiv 2107.06499), section 4.1, with
words in the place of their tokens. A window is `substring_words` words in a row. All windows of a span that is repeated
are repeated, and each such window is a span, so their union is what a suffix array over the words finds: every span of
so many words or more and none that is shorter, but for different windows of the same 64-bit hash. `word_windows` has
the odds: in 10^8 windows 3e-4 such pairs are expected. Case, punctuation and white space are not compared.

Cost: about 6.6 bytes of work files a window, 0.8 for each byte of English text, sorted and counted in portions of any
size. A suffix array takes 4 to 8 bytes for each word beside the words as numbers, or for each byte if it is over
bytes, and must be searched as a whole: for the 300 GB of C4 Lee et al. use a machine with more than 600 GB of memory
(README of their code).

Occurrences count, several in one text too. Lee et al. cut out all of them. If the first one is to stay, it stays whole,
so each repeated window is still in the corpus; a later one stays as far as its words belong to the first one of another
window.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stages.document import Edit
from stages.near_duplicates.word_windows import window_hashes, word_places

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]

EDIT = "repeated_substrings"
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Windows:
    """A text and the hashes of all its windows."""

    text: str
    hashes: UInt64
    """uint64 [windows], in the order of their first words."""
    size: int
    """Words in a window."""

    def without(self, repeated: Bools, stays: Bools) -> tuple[str, Edit] | None:
        """The text without its repeated windows; None if nothing goes.

        Both are bool [windows]: which are repeated in the corpus, and which of those this text may keep, each at its
        first place. The white space and punctuation between words that go, and on them, go too, and so does a line
        that loses all its words. The edit counts the spans that are cut.
        """
        gone = self._words_in(repeated) & ~self._words_in(self._at_first_place(stays))
        if not gone.any():
            return None
        shortened, spans = _cut(self.text, gone)
        return shortened, Edit(EDIT, spans, len(self.text) - len(shortened))

    def shown(self, chosen: Bools, occurrences: Int64) -> Iterator[tuple[int, int, str]]:
        """Yields hash, occurrences and text of each span of windows that are chosen and occur equally often.

        `chosen` is bool [windows], `occurrences` int64 [windows]. The hash is that of the first window.
        """
        places = np.flatnonzero(self._at_first_place(chosen))
        if len(places) == 0:
            return
        starts, stops = word_places(self.text)
        joined = (np.diff(places) == 1) & (np.diff(occurrences[places]) == 0)
        for span in np.split(places, np.flatnonzero(~joined) + 1):
            first, last = int(span[0]), int(span[-1])
            text = self.text[int(starts[first]) : int(stops[last + self.size - 1])]
            yield int(self.hashes[first]), int(occurrences[first]), text

    def _at_first_place(self, chosen: Bools) -> Bools:
        """Of the windows that are chosen those that are the first of their hash among them."""
        places = np.flatnonzero(chosen)
        first = np.zeros(len(chosen), np.bool_)
        first[places[np.unique(self.hashes[places], return_index=True)[1]]] = True
        return first

    def _words_in(self, windows: Bools) -> Bools:
        """bool [words]: which words are in any of these windows."""
        if len(windows) == 0:
            return np.zeros(0, np.bool_)
        begun = np.cumsum(np.pad(windows, (0, self.size - 1)), dtype=np.int64)
        begun[self.size :] -= begun[: -self.size].copy()
        return begun > 0


def windows_of(text: str, size: int) -> Windows:
    """A text and its windows of so many words."""
    return Windows(text, window_hashes([text], size)[0], size)


def _cut(text: str, gone: Bools) -> tuple[str, int]:
    """The text without some of its words, bool [words], and how many spans these are."""
    starts, stops = word_places(text)
    spans = np.flatnonzero(np.diff(gone, prepend=False, append=False)).reshape(-1, 2)
    parts, done = [], 0
    for first, last in spans.tolist():
        before = int(stops[first - 1]) if first else 0
        after = int(starts[last]) if last < len(starts) else len(text)
        left, right = text[before : int(starts[first])], text[int(stops[last - 1]) : after]
        parts += [text[done:before], _between(text[max(before - 1, 0) : before], left, right, text[after : after + 1])]
        done = after
    return "".join((*parts, text[done:])).strip(), len(spans)


def _between(last: str, left: str, right: str, following: str) -> str:
    """What is left between two words when those between `left` and `right` are gone.

    `last` and `following` are the characters that it will stand between; empty at the ends of the text.
    """
    if ("\n" in left or not last) and ("\n" in right or not following):
        left, right = left[: left.rfind("\n") + 1], right[len(right.partition("\n")[0]) :]  # whole lines
    else:
        left, right = _without_tail(left) if last else left, _without_head(right)
    white = _white_space(left[len(left.rstrip()) :], right[: len(right) - len(right.lstrip())])
    between = left.rstrip() + white + right.lstrip()
    if not between and last and following and len(word_places(last + following)[0]) == 1:
        return " "  # else two words would become one
    return between


def _without_tail(left: str) -> str:
    """Without the punctuation that is on the next word; without white space it is all on the one before."""
    return left[: len(left) - len(_SPACE.split(left[::-1], maxsplit=1)[0])] if _SPACE.search(left) else left


def _without_head(right: str) -> str:
    """Without the punctuation that is on the word before."""
    return right[len(_SPACE.split(right, maxsplit=1)[0]) :]


def _white_space(left: str, right: str) -> str:
    """Of the white space on both sides of a cut that with more ends of lines, with the indentation of the right."""
    if not left or not right:
        return left + right
    if right.count("\n") >= left.count("\n"):
        return right
    return left[: left.rfind("\n") + 1] + right[right.rfind("\n") + 1 :] if "\n" in right else left
