"""Texts as hashes of their n-grams, for finding the same passage in two texts that are written a little differently.

A word is what stands between white space or dashes, without its punctuation, symbols, accents and other marks: `Don’t`
is `dont`, `2001:db8::1` one word. Characters are compared after compatibility decomposition (NFKD) and case folding
(Unicode 15, UAX 15 and section 5.18): what NFKC and lower case make equal is equal here, and so is text that lost its
accents. Each step takes one character at a time, so that every hash can be led back to its place in the text.

In scripts without spaces each character is a word of less weight, and an n-gram is as many words in a row as weigh n. A
text of several scripts so needs no case of its own, and the same passage has the same n-grams whatever stands before
it.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from stages.power_tables import power_tables

Int64 = npt.NDArray[np.int64]
UInt32 = npt.NDArray[np.uint32]
UInt64 = npt.NDArray[np.uint64]

WORD_WEIGHT = 20
"""Weights are whole numbers, in twentieths of a word with spaces around it."""
UNSPACED_SCRIPTS = (
    (0x0E00, 0x109F, 6),  # Thai, Lao, Tibetan, Burmese: the letters without their marks
    (0x1780, 0x17FF, 6),  # Khmer
    (0x3005, 0x3007, 13),  # marks that stand for Chinese characters
    (0x3040, 0x30FF, 6),  # Hiragana, Katakana
    (0x31F0, 0x31FF, 6),  # Katakana, phonetic extensions
    (0x3400, 0x9FFF, 13),  # Chinese characters
    (0xF900, 0xFAFF, 13),  # Chinese characters for compatibility
    (0x20000, 0x3FFFF, 13),  # Chinese characters, all further extensions
)
"""First and last code points (Unicode 15, Blocks.txt) and the weight of a character: 13 words are 20 Chinese
characters, 44 of kana. Help pages of LibreOffice have 1.5 Chinese characters for each English word (45 pages), or 0.8
Chinese ones and 1.7 of kana in Japanese (48 pages). Thai and its neighbours are set as kana, which is not measured."""
WRITTEN_WITHOUT_SPACES = ((0x2012, 0x2015), (0x2026, 0x2026), (0x3000, 0x303F), (0xFF01, 0xFF65))
"""Punctuation that stands between words without spaces: dashes, the ellipsis, that of Chinese and Japanese."""

TYPED = (("--", "——"), ("...", "………"))
"""How dashes and the ellipsis are typed, and signs of the same length to read them as."""
MODIFIER_APOSTROPHE = "\u02bc"
"""An apostrophe by use, a letter by its category."""

SEPARATOR = 0
_CODE = np.uint32((1 << 21) - 1)
_WEIGHT_SHIFT = np.uint32(21)
_LEFT_OUT = 1 << 30
_SEVERAL = 1 << 31
"""Added to the number of an expansion, for a character that stands for several."""
_LEFT_OUT_KINDS = ("Mn", "Me", "Cf")
"""Accents and other marks, and signs that only direct the writing (general categories of Unicode)."""
_LAST_ASSIGNED = 0x32000
"""No letter or digit lies above (Unicode 15 and 16)."""
_PLACE = 0x9E3779B97F4A7C15
_BASE = 0xD1342543DE82EF95
"""Odd constants without pattern: of Knuth (TAOCP 6.4) and of Steele and Vigna 2021 (arXiv 2001.05304), table 5."""
BLOCK_CHARACTERS = 1 << 17
BLOCK_WORDS = 1 << 12
BLOCK_NGRAMS = 1 << 15
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Words:
    """The words of a text: their hashes, weights, and places in it from `starts` up to `stops`, an array entry each."""

    hashes: UInt64
    weights: Int64
    starts: Int64
    stops: Int64

    def __len__(self) -> int:
        return len(self.hashes)


def words_in(text: str) -> Words:
    """The words of a text, in time linear in its length."""
    parts = [_words_of_block(text[start:stop], start) for start, stop in _blocks(text)]
    if len(parts) == 1:
        return parts[0]
    columns = ("hashes", "weights", "starts", "stops")
    return Words(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def ngrams(words: Words, first: Int64, weights: Int64) -> tuple[UInt64, Int64]:
    """The n-grams that begin at given words and have given weights: hashes, and the word after the last of each.

    An n-gram has as many words as are needed to reach its weight; the caller sees to it that there are so many.
    """
    stops = _stops(words.weights, first, weights)
    parts = [np.empty(0, np.uint64)]
    for at in range(0, len(first), BLOCK_NGRAMS):
        parts.append(_ngram_hashes(words.hashes, first[at : at + BLOCK_NGRAMS], stops[at : at + BLOCK_NGRAMS]))
    return np.concatenate(parts), stops


def all_ngrams(words: Words, weights: Sequence[int]) -> tuple[UInt64, Int64, Int64]:
    """All n-grams of some weights: hashes, the first word of each, and the word after its last."""
    total = int(words.weights.sum())
    before = np.cumsum(words.weights) - words.weights
    counts = [int(np.searchsorted(before, total - weight, "right")) for weight in weights]
    ranges = [
        (start, min(start + BLOCK_WORDS, count), weight)
        for start in range(0, len(words), BLOCK_WORDS)
        for count, weight in zip(counts, weights, strict=True)
        if start < count
    ]
    first = np.concatenate([np.empty(0, np.int64), *(np.arange(start, stop) for start, stop, _ in ranges)])
    sizes = [stop - start for start, stop, _ in ranges]
    hashes, stops = ngrams(words, first, np.repeat(np.array([weight for *_, weight in ranges], np.int64), sizes))
    return hashes, first, stops


def _stops(word_weights: Int64, first: Int64, weights: Int64) -> Int64:
    if len(word_weights) and word_weights.min() == WORD_WEIGHT:
        return first - -weights // WORD_WEIGHT
    ends = np.concatenate(([0], np.cumsum(word_weights)))
    return np.searchsorted(ends, ends[first] + weights).astype(np.int64)


def _ngram_hashes(hashes: UInt64, first: Int64, stops: Int64) -> UInt64:
    """Polynomial hashes (Karp and Rabin 1987) by prefix sums of a stretch of words."""
    start, stop = int(first.min()), int(stops.max())
    powers, inverses = _powers(max(stop - start, 1 << 12).bit_length())
    prefix = np.zeros(stop - start + 1, np.uint64)
    np.cumsum(hashes[start:stop] * powers[: stop - start], out=prefix[1:])
    return _mixed((prefix[stops - start] - prefix[first - start]) * inverses[first - start])


@lru_cache(maxsize=4)
def _powers(bits: int) -> tuple[UInt64, UInt64]:
    """The base to the powers 0 to 2^bits - 1, and their inverses, mod 2^64."""
    return power_tables(_BASE, 1 << bits)


def _mixed(values: UInt64) -> UInt64:
    """SplitMix64's finaliser, a bijection in which every bit depends on all (Steele, Lea, Flood 2014, figure 16)."""
    values = values ^ (values >> np.uint64(30))
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Ranges that cover a text and end at white space; longer than BLOCK_CHARACTERS only where there is none."""
    start = 0
    while len(text) - start > BLOCK_CHARACTERS:
        space = _SPACE.search(text, start + BLOCK_CHARACTERS)
        if space is None:
            break
        yield start, space.start()
        start = space.start()
    yield start, len(text)


def _words_of_block(text: str, offset: int) -> Words:
    folded, places = _folded(text)
    inside = folded != SEPARATOR
    weights = folded >> _WEIGHT_SHIFT
    alone = weights != WORD_WEIGHT
    joined = np.zeros(len(folded) + 1, np.bool_)  # characters i - 1 and i belong to the same word
    np.logical_and(inside[1:], inside[:-1], out=joined[1:-1])
    joined[1:-1] &= ~(alone[1:] | alone[:-1])
    first = np.flatnonzero(inside & ~joined[:-1])
    last = np.flatnonzero(inside & ~joined[1:])
    starts = places[first]
    stops = np.maximum(places[last + 1], places[last] + 1)  # marks after the last letter belong to the word
    hashes = _word_hashes(folded[inside], last - first + 1)
    return Words(hashes, weights[first].astype(np.int64), starts + offset, stops + offset)


def _word_hashes(letters: UInt32, lengths: Int64) -> UInt64:
    """Hashes of words that follow each other: sums over their letters, mixed with their place in the word."""
    if len(lengths) == 0:
        return np.empty(0, np.uint64)
    starts = np.cumsum(lengths) - lengths
    inner = (np.arange(len(letters)) - np.repeat(starts, lengths)).astype(np.uint64)
    inner *= np.uint64(_PLACE)
    inner += letters & _CODE
    return np.add.reduceat(_mixed(inner), starts)


def _folded(text: str) -> tuple[UInt32, Int64]:
    """The folded characters of a text, and the place of each in it, with the text's length as one place more."""
    for typed, sign in TYPED:
        text = text.replace(typed, sign)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    table, several = _tables()
    folded = np.take(table, codes)
    places = np.flatnonzero(folded != _LEFT_OUT)
    folded = folded[places]
    special = np.flatnonzero(folded >= _SEVERAL)
    if len(special):
        expansions = [several[number] for number in (folded[special] - np.uint32(_SEVERAL)).tolist()]
        counts = np.ones(len(folded), np.int64)
        counts[special] = [len(expansion) for expansion in expansions]
        is_special = np.repeat(folded >= _SEVERAL, counts)
        folded, places = np.repeat(folded, counts), np.repeat(places, counts)
        folded[is_special] = np.concatenate(expansions)
    return folded, np.append(places, len(text))


@cache
def _tables() -> tuple[UInt32, list[UInt32]]:
    """uint32 by code point, what a character is folded to, and the expansions of those that become several."""
    table = np.full(0x110000, SEPARATOR, np.uint32)
    several: list[UInt32] = []
    numbers: dict[tuple[int, ...], int] = {}
    for code in range(_LAST_ASSIGNED):
        found = _fold_character(chr(code))
        if len(found) < 2:
            table[code] = found[0] if found else _LEFT_OUT
            continue
        if found not in numbers:
            numbers[found] = len(several)
            several.append(np.array(found, np.uint32))
        table[code] = _SEVERAL + numbers[found]
    table[0xE0000:0xE1000] = _LEFT_OUT  # tags and selectors of variants
    return table, several


def _fold_character(character: str) -> tuple[int, ...]:
    """The letters, digits and separators that a character stands for; none for one that is left out."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    found: list[int] = []
    for one in folded:
        kind = unicodedata.category(one)
        if one == MODIFIER_APOSTROPHE or kind in _LEFT_OUT_KINDS:
            continue
        if kind[0] in "LNM":
            found.append(ord(one) | _weight(ord(one)) << 21)
        elif kind[0] in "ZC":
            found.append(SEPARATOR)
    is_separator = not found and _is_within(ord(character), WRITTEN_WITHOUT_SPACES)
    return (SEPARATOR,) if is_separator else tuple(found)


def _is_within(code: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _weight(code: int) -> int:
    return next((weight for first, last, weight in UNSPACED_SCRIPTS if first <= code <= last), WORD_WEIGHT)
