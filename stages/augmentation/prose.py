"""The words of prose of a text, and the change of some of them that leaves every other byte where it is.

A word of prose is a run of letters with their marks, also with apostrophes, hyphens or full stops inside. Punctuation
around it is no part of it. No words of prose are what holds a digit, and all code (`source_code` tells what that is).
In languages without spaces a word is what the models of `stages.quality.segmentation` cut off. Rates are shares of the
words of prose.

Line breaks, indentation and all white space stand between words, and nothing here changes what stands between words.
"""

import functools
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from stages.augmentation.change import Change
from stages.augmentation.source_code import is_code_token, without_code
from stages.quality.segmentation import UNSPACED_LANGUAGES, segments
from stages.quality.unspaced_scripts import SCRIPTS

Span = tuple[int, int]
"""Start and end in a text, in characters."""

LINE_BREAK = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
"""What `str.splitlines` takes for the end of a line."""
_NO_GAP = re.compile(f"{LINE_BREAK.pattern}|[^\\W_]")

_CACHED_TEXTS = 2
"""Augmentations of one document come one after another."""
_LAST_WITH_MARKS = 0x1F000
_JOINERS = "\u200c\u200d"
"""They stand between letters of one word in Persian and in the scripts of India."""
WITHIN_WORDS = "'’‘ʼ.‐‑·\u00ad-"
"""Apostrophes, full stops, hyphens and the dot of Catalan; as the inside of a class."""


def edit_words(
    text: str,
    rate: float,
    generator: random.Random,
    changeable: Callable[[str], bool],
    change: Callable[[Sequence[str]], Sequence[str]],
    language: str = "en",
) -> Change:
    """Changes a share of the words of prose; all else stays byte for byte.

    rate: the share of all words of prose that are changed; fewer where not so many are `changeable`.
    change: gets the chosen words in their order, and gives as many back.
    """
    words = words_of_prose(text, language)
    candidates = [place for place, (start, stop) in enumerate(words) if changeable(text[start:stop])]

    def change_places(places: Sequence[int]) -> Sequence[str]:
        return change([text[slice(*words[place])] for place in places])

    return edit_places(text, words, rate, generator, candidates, change_places)


def edit_places(
    text: str,
    words: Sequence[Span],
    rate: float,
    generator: random.Random,
    candidates: Sequence[int],
    change: Callable[[Sequence[int]], Sequence[str]],
) -> Change:
    """As `edit_words`, for those who must see the words where they stand.

    words: all of the text, as `words_of_prose` gives them; candidates: which of them may change, ascending numbers.
    change: gets the numbers of the chosen words, ascending, and gives their new texts.
    """
    count = min(round_at_random(rate * len(words), generator), len(candidates))
    places = sorted(generator.sample(candidates, count))
    if not places:
        return Change(text, 0, len(words))
    return replace(text, [words[place] for place in places], change(places), len(words))


def replace(text: str, spans: Sequence[Span], replacements: Sequence[str], units: int) -> Change:
    """Puts new texts into places that are disjoint and in order; those that are equal to the old count as no edit."""
    pieces: list[str] = []
    position = edits = 0
    for (start, stop), replacement in zip(spans, replacements, strict=True):
        pieces += text[position:start], replacement
        edits += replacement != text[start:stop]
        position = stop
    pieces.append(text[position:])
    return Change("".join(pieces), edits, units)


def round_at_random(count: float, generator: random.Random) -> int:
    """A whole number next to `count`, which it is on average; rounding up would double the rate on short texts."""
    return int(count + generator.random())


def shared_out(capacities: Sequence[int], count: float, generator: random.Random) -> list[tuple[int, int]]:
    """Shares edits out among lines or paragraphs: the numbers of those that get any, in order, with how many.

    capacities: how many edits each has room for; every such place is equally likely.
    count: how many there are on average, fewer where there is no room.
    """
    slots = [number for number, capacity in enumerate(capacities) for _ in range(capacity)]
    taken = generator.sample(slots, min(round_at_random(count, generator), len(slots)))
    return sorted(Counter(taken).items())


@functools.lru_cache(maxsize=_CACHED_TEXTS)
def words_of_prose(text: str, language: str = "en") -> tuple[Span, ...]:
    """The places of the words of prose, in their order; linear in the text."""
    prose = without_code(text)
    return tuple(_unspaced_words(prose, language) if language in UNSPACED_LANGUAGES else _words(prose))


def neighbours(text: str, words: Sequence[Span]) -> list[list[int]]:
    """The numbers of the words by runs on one line that nothing but signs and spaces separates: no number, no code."""
    return _by_gap(text, words, _NO_GAP)


def words_by_line(text: str, words: Sequence[Span]) -> list[list[int]]:
    """The numbers of the words of each line that has any."""
    return _by_gap(text, words, LINE_BREAK)


def _by_gap(text: str, words: Sequence[Span], ending: re.Pattern[str]) -> list[list[int]]:
    runs: list[list[int]] = []
    position = -1
    for number, (start, stop) in enumerate(words):
        if position < 0 or (text[position:start] != " " and ending.search(text, position, start)):
            runs.append([])
        runs[-1].append(number)
        position = stop
    return runs


def _words(prose: str) -> Iterator[Span]:
    plain, word = _patterns()
    for token in plain.finditer(prose):
        if not token.lastindex:
            if not is_code_token(token[0]):
                for match in word.finditer(prose, *token.span()):
                    yield match.span()
        elif (text := token[1]).islower() or text.istitle() or not is_code_token(text):
            yield token.span(1)


def _unspaced_words(prose: str, language: str) -> Iterator[Span]:
    """What begins with a letter of another script is looked at as in languages with spaces."""
    own, word = _own_letter(language), _patterns()[1]
    position = 0
    for piece in segments(prose, language):
        start = prose.index(piece, position)
        position = start + len(piece)
        if own.match(piece):
            yield start, position
        elif not is_code_token(_sign_before(prose, start) + piece):
            for match in word.finditer(piece):
                yield start + match.start(), start + match.end()


def _sign_before(prose: str, place: int) -> str:
    """The sign before a piece, which `segments` leaves out: that of an option, a path or a variable."""
    return prose[place - 1] if place and prose[place - 1] in "-/~$%@#" else ""


@functools.cache
def _own_letter(language: str) -> re.Pattern[str]:
    return re.compile(f"[{''.join(SCRIPTS[language])}]")


@functools.cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A token that is a word with punctuation around it (group 1: the word), else any; and a word within a token."""
    codes = range(0x300, _LAST_WITH_MARKS)
    marks = "".join(chr(code) for code in codes if unicodedata.category(chr(code))[0] == "M") + _JOINERS
    letters = f"[^\\W\\d_]++(?:[{_ranges(marks)}]++[^\\W\\d_]*+)*+"
    # A word with a full stop inside, as an address has it, is looked at more closely.
    plain = f"{letters}(?:['’‑-]{letters})*+"
    word = f"{letters}(?:[{WITHIN_WORDS}]{letters})*+"
    plain = f"(?<!\\S)[\"'“”‘’«»„(\\[*]*+_?({plain})_?[\"'“”’«»)\\].,;:!?*…]*+(?!\\S)|\\S++"
    return re.compile(plain), re.compile(f"(?<![^\\W_]){word}(?![^\\W_])")


def _ranges(characters: str) -> str:
    """Ascending characters as the inside of a class, with runs written as ranges."""
    runs: list[list[str]] = []
    for character in sorted(characters):
        if runs and ord(character) == ord(runs[-1][1]) + 1:
            runs[-1][1] = character
        else:
            runs.append([character, character])
    return "".join(f"{first}-{last}" for first, last in runs)
