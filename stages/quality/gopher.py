"""Gopher's rules on prose: which texts are written in sentences, for people.

Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher" (arXiv 2112.11446),
section A.1.1. Three points differ from datatrove's reading, which reference mode takes: blank lines are no lines, stop
words count in any case and in their own language, and words without a letter or digit are words too.

The rules about the shape of words (mean length, alphabetic words) say nothing where no spaces stand between words.
"""

import string
from collections.abc import Iterable, Mapping, Sequence
from itertools import filterfalse

from stages.quality.prepared import Measured, Prepared, Reference
from stages.quality.punctuation import DATATROVE_PUNCTUATION
from stages.quality.stop_words import stop_words_found
from stages.recipe import GopherQuality

BULLETS = frozenset("-*•‣◦▪▫■□▶◀")
"""Bullets of dolma (`-`, `*`), datatrove (`-`, `•`) and RedPajama-V2 (the others)."""

DATATROVE_BULLETS = frozenset("•-")
ELLIPSES = ("...", "…")

_NO_LETTERS = string.punctuation + string.digits


def measure(prepared: Prepared, settings: GopherQuality) -> Measured:  # noqa: ARG001 - the bounds are read from it
    """Measures all rules of section A.1.1; ratios of a text without words or lines are 0."""
    counts, words, characters = prepared.word_counts, len(prepared.words), len(prepared.joined)
    lines = prepared.stripped_lines if prepared.as_datatrove else prepared.lines
    others = list(filterfalse(str.isalpha, counts))
    signs = punctuation_alone(others) if prepared.as_datatrove else ()
    solid = words - sum(map(counts.__getitem__, signs))
    values: dict[str, float] = {"words": solid}
    if prepared.spaced:
        solid_characters = characters - sum(len(sign) * counts[sign] for sign in signs)
        values["mean_word_length"] = solid_characters / max(solid, 1)
        values["alphabetic_words"] = alphabetic_words(counts, others, words) / max(words, 1)
    values["hash_word_ratio"] = prepared.text.count("#") / max(words, 1)
    ellipsis_number = ellipses(prepared.text)
    values["ellipsis_word_ratio"] = ellipsis_number / max(words, 1)
    values["bullet_lines"] = bullet_lines(lines, prepared.reference)
    values["ellipsis_lines"] = ellipsis_lines(lines) if ellipsis_number else 0.0
    found = stop_words_found(list(counts), prepared.language, prepared.reference)
    if found is not None:
        values["stop_words"] = found
    return Measured(values)


def punctuation_alone(words: Iterable[str]) -> list[str]:
    """The words without a letter or digit, which datatrove neither counts nor measures in length."""
    return [word for word in words if word[0] in DATATROVE_PUNCTUATION and DATATROVE_PUNCTUATION.issuperset(word)]


def alphabetic_words(counts: Mapping[str, int], others: Iterable[str], words: int) -> int:
    """How many of all words have a letter; the paper asks for 80 % of them. `others` are not only of letters."""
    without = [word for word in others if not (word[0].isalpha() or has_letter(word))]
    return words - sum(map(counts.__getitem__, without))


def has_letter(word: str) -> bool:
    """Whether any character is a letter; most words that are not all letters are so without the signs around them."""
    bare = word.strip(_NO_LETTERS)
    return bare[:1].isalpha() or any(map(str.isalpha, bare))


def ellipses(text: str) -> int:
    """The ellipses of a text, in either spelling; at most one in ten words in the paper, as for the hash sign."""
    return sum(map(text.count, ELLIPSES))


def bullet_lines(lines: Sequence[str], reference: Reference) -> float:
    """The share of stripped lines that begin with a bullet; at most 0.9 in the paper."""
    marks = DATATROVE_BULLETS if reference == "datatrove" else BULLETS
    return sum([line[:1] in marks for line in lines]) / max(len(lines), 1)


def ellipsis_lines(lines: Sequence[str]) -> float:
    """The share of stripped lines that end with an ellipsis; at most 0.3 in the paper."""
    return sum([line.endswith(ELLIPSES) for line in lines]) / max(len(lines), 1)
