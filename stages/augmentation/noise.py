"""Errors of typing and reading within words: one letter of a chosen word is wrong, missing, doubled or misplaced.

By nlpaug, with what follows changed beside what `nlpaug_calls` lists:

- Its keyboards hold capitals, digits and symbols as neighbours of small letters, and one neighbour of two characters.
  Here letters become letters, in their case.
- Its random letters are those of English with digits and symbols. Here they are letters of the same script that the
  document itself holds.
- It takes marks for characters of their own. Here a letter and its marks change together.

Keyboard and recognition errors exist for the languages and letters that nlpaug ships tables of, and nowhere else.
"""

import copy
import functools
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from stages.augmentation.change import Change, Context
from stages.augmentation.letter_case import in_case_of
from stages.augmentation.nlpaug_calls import hidden_modules, in_groups, join_words, split_words, until_changed
from stages.augmentation.prose import WITHIN_WORDS, edit_words, words_of_prose
from stages.recipe import Step

KEYBOARDS = frozenset({"de", "en", "es", "fr", "he", "it", "nl", "pl", "th", "tr", "uk"})
"""Languages that nlpaug 1.1.11 ships a keyboard layout for."""

# fmt: off
LATIN_LANGUAGES = frozenset({
    "af", "az", "bcl", "br", "bs", "ca", "cs", "cy", "da", "eo", "et", "eu", "ext", "fi", "fo", "fy", "ga",
    "gcf", "gcr", "gd", "gl", "ha", "hr", "ht", "hu", "id", "ig", "is", "jv", "kab", "ku", "la", "lb", "lg",
    "lij", "ln", "lt", "ltg", "lv", "mg", "ms", "mt", "nn", "no", "nso", "oc", "om", "pcm", "qu", "ro", "rw",
    "se", "sk", "sl", "sn", "so", "sq", "st", "sv", "sw", "tk", "tl", "uz", "vec", "vi", "vo", "wa", "xh",
    "yo", "zu",
})
# fmt: on
"""Languages in Latin script without a layout of their own; they are typed on the English one."""

_LETTER_WITH_MARKS = re.compile(rf"\w[^\w{WITHIN_WORDS}]*|.")
"""Within a word, all else are marks and joiners."""
_MOST_LETTERS = 4000
"""How many different letters of one script a document gives; bounds the work on Chinese."""


def keyboard(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A letter becomes its neighbour on the keyboard of the text's language."""
    layout = (
        context.language if context.language in KEYBOARDS else "en" if context.language in LATIN_LANGUAGES else None
    )
    if layout is None:
        return Change(text, 0, len(words_of_prose(text, context.language)))
    return _by_table(_keyboard(layout), text, step, context, generator)


def ocr(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A letter becomes a character that looks like it, as `l` and `1`, `O` and `D`."""
    return _by_table(_ocr(), text, step, context, generator)


def character_insert(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A letter that does not belong there comes into the word."""
    return _with_letters("insert", text, step, context, generator)


def character_substitute(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A letter becomes another of its script."""
    return _with_letters("substitute", text, step, context, generator)


def character_swap(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Two neighbouring letters of a word change places; capitals stay where they were."""
    swap = _own(_random_characters("swap"), generator).swap
    return edit_words(
        text,
        step.rate,
        generator,
        lambda word: len(set(_letters(word))) > 1 and len(set(_letters(word.lower()))) > 1,
        lambda words: until_changed(functools.partial(in_groups, swap), words),
        context.language,
    )


def character_delete(text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """A letter of a word of two or more is lost."""
    delete = _own(_random_characters("delete"), generator).delete
    return edit_words(
        text,
        step.rate,
        generator,
        lambda word: len(word) > 1 and len(_letters(word)) > 1,
        functools.partial(in_groups, delete),
        context.language,
    )


def _own(augmenter: Any, generator: random.Random) -> Any:
    """A copy that draws from this generator alone."""
    own = copy.copy(augmenter)
    own.sample = generator.sample
    return own


def _by_table(augmenter: Any, text: str, step: Step, context: Context, generator: random.Random) -> Change:
    keys = augmenter.model.model.keys()
    substitute = _own(augmenter, generator).substitute
    return edit_words(
        text,
        step.rate,
        generator,
        lambda word: not keys.isdisjoint(word),
        functools.partial(in_groups, substitute),
        context.language,
    )


def _with_letters(action: str, text: str, step: Step, context: Context, generator: random.Random) -> Change:
    """Words are handed over by their script, so that the random letters are of it."""
    words = words_of_prose(text, context.language)
    alphabets = _alphabets({letter for start, stop in words for letter in text[start:stop]})
    augmenter = _own(_random_characters(action), generator)

    def change(chosen: Sequence[str]) -> list[str]:
        changed = list(chosen)
        for script, alphabet in alphabets.items():
            places = [place for place, word in enumerate(chosen) if _script(word[0]) == script]
            augmenter.model = alphabet
            once = functools.partial(in_groups, getattr(augmenter, action))
            for place, word in zip(places, until_changed(once, [chosen[place] for place in places]), strict=True):
                changed[place] = in_case_of(chosen[place], word)
        return changed

    def changeable(word: str) -> bool:
        return len(alphabets.get(_script(word[0]), ())) > 1

    return edit_words(text, step.rate, generator, changeable, change, context.language)


def _alphabets(letters: set[str]) -> dict[str, list[str]]:
    """The small letters by their script, in their order."""
    alphabets: dict[str, list[str]] = {}
    for letter in sorted(letters):
        small = letter.lower()
        if letter.isalpha() and len(small) == 1:
            alphabet = alphabets.setdefault(_script(small), [])
            if small not in letters or small == letter:
                alphabet.append(small)
    return {script: alphabet[:_MOST_LETTERS] for script, alphabet in sorted(alphabets.items())}


@functools.lru_cache(maxsize=0x8000)
def _script(letter: str) -> str:
    """As Unicode names it, as LATIN, CYRILLIC or CJK."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _letters(word: str) -> list[str]:
    """The letters of a word, each with its marks."""
    return list(word) if word.isalpha() else _LETTER_WITH_MARKS.findall(word)


@functools.cache
def _keyboard(layout: str) -> Any:
    """nlpaug's keyboard augmenter, set to change one letter of every word it is given."""
    with hidden_modules():
        from nlpaug.augmenter.char.keyboard import KeyboardAug

    augmenter = _every_word(KeyboardAug)(lang=layout, aug_char_min=1, aug_char_max=1, min_char=1, **_SETTINGS)
    neighbours = {
        key: [other for other in others if _is_typed(other) and other.isupper() == key.isupper()]
        for key, others in augmenter.model.model.items()
        if _is_typed(key)
    }
    augmenter.model.model = {key: others for key, others in neighbours.items() if others}
    return augmenter


@functools.cache
def _ocr() -> Any:
    """nlpaug's simulation of recognition errors, set to change one letter of every word it is given."""
    with hidden_modules():
        from nlpaug.augmenter.char.ocr import OcrAug

    return _every_word(OcrAug)(aug_char_min=1, aug_char_max=1, min_char=1, **_SETTINGS)


@functools.cache
def _random_characters(action: str) -> Any:
    """nlpaug's random errors, set to make one in every word it is given; their letters are set at each call."""
    with hidden_modules():
        from nlpaug.augmenter.char.random import RandomCharAug

    class WithMarks(RandomCharAug):  # type: ignore[misc]
        def token2char(self, word: str) -> list[str]:
            return _letters(word)

    return _every_word(WithMarks)(action=action, aug_char_min=1, aug_char_max=1, min_char=1, **_SETTINGS)


_SETTINGS = {"tokenizer": split_words, "reverse_tokenizer": join_words}


def _is_typed(character: str) -> bool:
    """Whether this is one letter, or one vowel or tone mark as Thai keyboards have them."""
    return len(character) == 1 and unicodedata.category(character)[0] in "LM"


def _every_word(augmenter: type[Any]) -> Callable[..., Any]:
    """The class, taking every word that it is given, and one place of each."""

    class EveryWord(augmenter):  # type: ignore[misc]
        def _get_aug_idxes(self, tokens: Sequence[str], aug_min: int, aug_max: int, aug_p: float, mode: str) -> Any:
            if mode == "word":
                return range(len(tokens))
            return super()._get_aug_idxes(tokens, aug_min, aug_max, aug_p, mode)

    return EveryWord
