"""Tokens of words that were seen before: BPE's time goes into joining the same characters again and again.

Where no piece spans the place between a word and the space before the next one, nor a newline, the tokens of a text are
those of its words, so each word is encoded once. What is remembered changes no token.
"""

import re
import threading
from collections.abc import Callable, Sequence
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

MAXIMUM_CHARACTERS = 8_000_000
"""Of words that are remembered: some hundred megabytes with their tokens. Above that the memory starts anew."""
_WORD = re.compile(r"\n| *[^ \n]+| +")
"""A newline, or a word with the spaces before it, or the spaces at the end of a line."""
Tokens = npt.NDArray[np.int32]


def words_stand_alone(pairs: frozenset[str]) -> bool:
    """Whether no piece spans two words, given the pairs of characters that pieces hold side by side."""
    return not any("\n" in pair or (pair[1] == " " and pair[0] != " ") for pair in pairs)


class WordCache:
    """Encodes texts word by word; several threads may use it at once."""

    def __init__(self, encode: Callable[[Sequence[str]], Sequence[Tokens]]):
        """`encode` gives the tokens, int32, of each of some words."""
        self._encode = encode
        self._lock = threading.Lock()
        self._start_anew()

    def _start_anew(self) -> None:
        self._numbers: dict[str, int] = {}
        self._tokens: Tokens = np.zeros(0, np.int32)
        self._ends = np.zeros(1, np.int64)
        self._characters = 0

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text, int32."""
        words = [_WORD.findall(text) for text in texts]
        numbers, tokens, ends = self._known(list(dict.fromkeys(chain.from_iterable(words))))
        counts = [len(one) for one in words]
        places = np.fromiter(map(numbers.__getitem__, chain.from_iterable(words)), np.int64, sum(counts))
        starts, sizes = ends[places], ends[places + 1] - ends[places]
        stops = np.concatenate([[0], np.cumsum(sizes)])
        index = np.arange(stops[-1]) + np.repeat(starts - stops[:-1], sizes)
        found = tokens[index]
        bounds = stops[np.cumsum([0, *counts])].tolist()
        return [found[start:stop] for start, stop in pairwise(bounds)]

    def _known(self, words: Sequence[str]) -> tuple[dict[str, int], Tokens, npt.NDArray[np.int64]]:
        """Number by word, tokens of all words, and where those of each number end, once all `words` are among them."""
        new = [word for word in words if word not in self._numbers]
        encoded = dict(zip(new, self._encode(new), strict=True))
        with self._lock:
            if self._characters > MAXIMUM_CHARACTERS:
                self._start_anew()
            left = [word for word in words if word not in self._numbers]
            missing = [word for word in left if word not in encoded]
            encoded.update(zip(missing, self._encode(missing), strict=True))
            arrays = [encoded[word] for word in left]
            self._ends = np.concatenate(
                [self._ends, self._ends[-1] + np.cumsum([len(one) for one in arrays], dtype=np.int64)]
            )
            self._tokens = np.concatenate([self._tokens, *arrays])
            self._numbers.update(zip(left, range(len(self._numbers), len(self._numbers) + len(left)), strict=True))
            self._characters += sum(map(len, left))
            return self._numbers, self._tokens, self._ends
