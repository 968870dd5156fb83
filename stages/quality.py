"""Gopher's rules: which texts are prose, and which only repeat themselves.

Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher" (arXiv 2112.11446),
section A.1.1 and table A1. Words are what white space separates. Three points differ from datatrove's reading of the
paper: an n-gram that occurs once is no repetition, blank lines are no lines, and stop words count in any case.

Chinese, Japanese, Thai, Lao, Khmer, Burmese and Dzongkha put no spaces between words. There every letter counts as a
word, and the rules about the shape of words (mean length, alphabetic words, stop words) do not apply.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stages.document import Refusal
from stages.recipe import Quality

UNSPACED_LANGUAGES = frozenset({"zh", "wuu", "yue", "ja", "th", "lo", "km", "my", "dz"})

BULLETS = ("-", "*", "•", "‣", "◦", "▪", "▫", "■", "□", "▶", "◀")
"""Bullets of dolma (`-`, `*`), datatrove (`-`, `•`) and RedPajama-V2 (the others)."""

ELLIPSES = ("...", "…")

STOP_WORDS = {
    "ca": ("el", "la", "de", "que", "i", "en", "els", "per"),
    "cs": ("a", "se", "na", "je", "že", "to", "v", "s"),
    "da": ("og", "at", "det", "en", "til", "er", "af", "som"),
    "de": ("der", "die", "das", "und", "ist", "nicht", "von", "mit"),
    "el": ("και", "το", "να", "του", "η", "της", "που", "με"),
    "en": ("the", "be", "to", "of", "and", "that", "have", "with"),
    "es": ("el", "la", "de", "que", "y", "en", "los", "con"),
    "fi": ("ja", "on", "ei", "se", "että", "oli", "hän", "mutta"),
    "fr": ("le", "la", "les", "de", "des", "et", "que", "est"),
    "hu": ("a", "az", "és", "hogy", "nem", "is", "egy", "van"),
    "id": ("yang", "dan", "di", "dengan", "untuk", "ini", "dari", "itu"),
    "it": ("il", "la", "di", "che", "e", "un", "per", "non"),
    "nl": ("de", "het", "een", "en", "van", "is", "dat", "niet"),
    "nn": ("og", "å", "det", "som", "ein", "på", "er", "til"),
    "no": ("og", "å", "det", "som", "en", "på", "er", "til"),
    "pl": ("w", "na", "z", "się", "że", "do", "nie", "jest"),
    "pt": ("o", "a", "de", "que", "e", "do", "da", "em"),
    "ro": ("și", "de", "în", "la", "cu", "care", "este", "pe"),
    "ru": ("и", "в", "не", "на", "что", "с", "по", "как"),
    "sv": ("och", "att", "det", "som", "en", "på", "är", "av"),
    "tr": ("ve", "bir", "bu", "da", "de", "için", "ile", "çok"),
    "uk": ("і", "в", "не", "на", "що", "з", "до", "та"),
}
"""English: Gopher's eight words. The others: eight of the most frequent function words of the language, of the same
kinds (articles, conjunctions, prepositions, forms of `be`). A language without a list skips the rule."""


class Measurement(NamedTuple):
    """What a rule measured on a text, and the bounds inside which the text passes."""

    rule: str
    value: float
    lowest: float
    highest: float


def check_quality(text: str, language: str, settings: Quality) -> Refusal | None:
    """The first rule that a text breaks, in the paper's order, with the measured value and the bound it missed."""
    for rule, value, lowest, highest in measurements(text, language, settings):
        if value < lowest:
            return Refusal(rule, value, lowest)
        if value > highest:
            return Refusal(rule, value, highest)
    return None


def measurements(text: str, language: str, settings: Quality) -> Iterator[Measurement]:
    """Every rule that applies to a text, in the paper's order, measured as it is asked for.

    Shares are of 1. `duplicate_*_characters` and `top_*_gram` are shares of all characters; overlapping n-grams count
    each, as in datatrove, so that they can exceed 1.
    """
    spaced = language not in UNSPACED_LANGUAGES
    words = text.split() if spaced else list(filter(str.isalpha, text))
    yield Measurement("minimum_words", len(words), settings.minimum_words, math.inf)
    yield Measurement("maximum_words", len(words), 0, settings.maximum_words)
    counts = Counter(words)
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if spaced:
        mean_length = sum(map(len, words)) / max(len(words), 1)
        bounds = settings.minimum_mean_word_length, settings.maximum_mean_word_length
        yield Measurement("mean_word_length", mean_length, *bounds)
    symbols = max(text.count("#"), sum(map(text.count, ELLIPSES)))
    yield _at_most("symbol_word_ratio", symbols / max(len(words), 1), settings.maximum_symbol_word_ratio)
    bullets = sum(line.startswith(BULLETS) for line in lines) / max(len(lines), 1)
    yield _at_most("bullet_lines", bullets, settings.maximum_bullet_lines)
    ellipses = sum(line.endswith(ELLIPSES) for line in lines) / max(len(lines), 1)
    yield _at_most("ellipsis_lines", ellipses, settings.maximum_ellipsis_lines)
    if spaced:
        alphabetic = _alphabetic_words(counts) / max(len(words), 1)
        yield Measurement("alphabetic_words", alphabetic, settings.minimum_alphabetic_words, math.inf)
    if language in STOP_WORDS:
        found = sum(_occurs(word, counts) for word in STOP_WORDS[language])
        yield Measurement("stop_words", found, settings.minimum_stop_words, math.inf)
    yield from _repetition(text, words, counts, lines, 1 if spaced else 0, settings)


def _at_most(rule: str, value: float, highest: float) -> Measurement:
    return Measurement(rule, value, -math.inf, highest)


def _alphabetic_words(counts: Counter[str]) -> int:
    """How many words have a letter; each different word is looked at once."""
    return sum(count for word, count in counts.items() if word.isalpha() or any(map(str.isalpha, word)))


def _occurs(word: str, counts: Counter[str]) -> bool:
    return word in counts or word.capitalize() in counts or word.upper() in counts


def _repetition(
    text: str, words: Sequence[str], counts: Counter[str], lines: Sequence[str], gap: int, settings: Quality
) -> Iterator[Measurement]:
    """Table A1: repeated lines and paragraphs, then the most frequent n-grams."""
    paragraphs = [paragraph for paragraph in map(str.strip, text.split("\n\n")) if paragraph]
    same_lines, same_line_characters = _repeated(lines)
    same_paragraphs, same_paragraph_characters = _repeated(paragraphs)
    line_share = same_lines / max(len(lines), 1)
    paragraph_share = same_paragraphs / max(len(paragraphs), 1)
    characters = max(len(text), 1)
    yield _at_most("duplicate_lines", line_share, settings.maximum_duplicate_lines)
    yield _at_most("duplicate_paragraphs", paragraph_share, settings.maximum_duplicate_paragraphs)
    highest = settings.maximum_duplicate_line_characters
    yield _at_most("duplicate_line_characters", same_line_characters / characters, highest)
    highest = settings.maximum_duplicate_paragraph_characters
    yield _at_most("duplicate_paragraph_characters", same_paragraph_characters / characters, highest)
    bounds = (
        settings.maximum_top_2_gram_characters,
        settings.maximum_top_3_gram_characters,
        settings.maximum_top_4_gram_characters,
    )
    repeated = _top_n_gram_characters(words, counts, gap, sizes=len(bounds))
    for size, (top, highest) in enumerate(zip(repeated, bounds, strict=True), start=2):
        yield _at_most(f"top_{size}_gram", top / characters, highest)


def _repeated(parts: Sequence[str]) -> tuple[int, int]:
    """How many parts occurred before in the text, and how many characters they have."""
    different = set(parts)
    if len(different) == len(parts):
        return 0, 0
    return len(parts) - len(different), sum(map(len, parts)) - sum(map(len, different))


def _top_n_gram_characters(words: Sequence[str], counts: Counter[str], gap: int, sizes: int) -> list[int]:
    """For n = 2, 3, ... the characters that all occurrences of the most frequent word n-gram have, 0 without a repeat.

    `gap` characters stand between two words. Of equally frequent n-grams the longest counts. Numbers that name n-grams
    exactly are built up from those of (n-1)-grams, and only where these repeat, since no others can.
    """
    codes = {word: code for code, word in enumerate(counts)}
    word_codes = np.fromiter(map(codes.__getitem__, words), np.int64, len(words))
    stops = np.concatenate(([0], np.cumsum(np.fromiter(map(len, words), np.int64, len(words)) + gap)))
    positions: npt.NDArray[np.int64] = np.arange(len(words))
    grams = word_codes
    characters = [0] * sizes
    for size in range(2, sizes + 2):
        inside = positions + size <= len(words)
        positions, grams = positions[inside], grams[inside]
        keys = grams * len(codes) + word_codes[positions + size - 1]
        _, grams, occurrences = np.unique(keys, return_inverse=True, return_counts=True)
        repeats = occurrences[grams]
        again = repeats > 1
        if not again.any():
            break
        top = positions[repeats == repeats.max()]
        longest = int((stops[top + size] - stops[top]).max()) - gap
        characters[size - 2] = longest * int(repeats.max())
        positions, grams = positions[again], grams[again]
    return characters
