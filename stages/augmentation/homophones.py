"""Chinese characters for others that sound alike: the commonest typing error, as people type by sound.

The readings are those of Mandarin, with their tone, from pypinyin (MIT). Only common characters come in: of level 1 of
GB 2312 (3,755 characters) into simplified text, of level 1 of Big5 (5,401) into traditional text. Which of the two a
text is, the numbers of its characters in the two levels tell.
"""

import functools
import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

from stages.augmentation.change import Change, Context
from stages.augmentation.prose import edit_words, words_of_prose
from stages.recipe import Step

LANGUAGE = "zh"

_LEVELS = {"gb2312": (b"\xb0\xa1", b"\xd7\xf9"), "big5": (b"\xa4\x40", b"\xc6\x7e")}
"""By codec: the first and the last character of level 1; rows are their first bytes."""
_ASCII = frozenset(map(chr, range(0x80)))
_AROUND = 4
"""How many characters around one tell its reading; the words of pypinyin are hardly longer."""

_MOST_TRIES = 8
"""Characters of a word that are tried; hardly a word of Chinese is longer."""


def homophone(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """One character of a word becomes another with the same reading, tone included; Chinese only."""
    if context.language != LANGUAGE:
        return Change(text, 0, len(words_of_prose(text, context.language)))
    homophones = _homophones(max(_LEVELS, key=lambda codec: sum(map(_level_1(codec).__contains__, text))))
    alike = {character for characters in homophones.values() if len(characters) > 1 for character in characters}

    def change(words: Sequence[str]) -> list[str]:
        return [_misspelt(word, homophones, generator) for word in words]

    return edit_words(text, step.rate, generator, lambda word: not alike.isdisjoint(word), change, context.language)


def _misspelt(word: str, homophones: Mapping[str, Sequence[str]], generator: random.Random) -> str:
    """A word with one other character; the word itself where no character has another of its sound."""
    for place in generator.sample(range(len(word)), min(len(word), _MOST_TRIES)):
        others = [other for other in homophones.get(_reading(word, place), ()) if other != word[place]]
        if others:
            return word[:place] + generator.choice(others) + word[place + 1 :]
    return word


def _reading(word: str, place: int) -> str:
    """The sound that a character has in this word, where pypinyin knows the word."""
    from pypinyin import Style, lazy_pinyin

    start = max(place - _AROUND, 0)
    readings = lazy_pinyin(word[start : place + _AROUND], style=Style.TONE3, errors=_each)
    return str(readings[place - start])


def _each(foreign: str) -> Any:
    """What has no reading stands for itself, character by character."""
    return list(foreign)


@functools.cache
def _homophones(codec: str) -> dict[str, list[str]]:
    """The common characters by their commonest reading, in the order of their codes."""
    found: dict[str, list[str]] = {}
    for character in sorted(_level_1(codec)):
        found.setdefault(_reading(character, 0), []).append(character)
    return found


@functools.cache
def _level_1(codec: str) -> frozenset[str]:
    first, last = _LEVELS[codec]
    codes = map(bytes, itertools.product(range(first[0], last[0] + 1), range(first[1], 0xFF)))
    # What is no code of its own decodes as ASCII or not at all.
    return frozenset("".join(code.decode(codec, "ignore") for code in codes if code <= last)) - _ASCII
