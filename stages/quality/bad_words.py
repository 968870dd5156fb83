"""Words that a page must not have, from the files of a recipe.

Raffel et al. 2020 (arXiv 1910.10683), section 2.2: pages with a word of the "List of Dirty, Naughty, Obscene or
Otherwise Bad Words" are removed. The list is not ours to ship; entries are compared in lower case, between signs that
belong to no word, and anywhere in languages that put no spaces between words.
"""

import re
from functools import lru_cache

from stages.errors import GristmillError
from stages.quality.prepared import Prepared
from stages.quality.words import is_spaced
from stages.word_lists import read_list

KEY = "corpus.quality.c4.bad_words"
DATATROVE_ALLOWED = frozenset({"sm", "グロ", "女の子", "性"})
"""Entries that datatrove leaves out of the lists of all languages, since they are common parts of other words."""

DATATROVE_UNSPACED = frozenset({"ja", "th", "zh"})

_WORD = re.compile(r"\w+")


def bad_word_count(text: str, prepared: Prepared, files: tuple[str, ...]) -> int:
    """How often a text has entries of the files; a phrase and a word in it count both."""
    if not files:
        return 0
    words, phrases = _entries(files, prepared.reference)
    lowered = text.lower()
    unspaced = prepared.language in DATATROVE_UNSPACED if prepared.as_datatrove else not is_spaced(prepared.language)
    if unspaced:
        return sum(map(lowered.count, sorted(words))) + sum(map(lowered.count, phrases))
    count = sum(word in words for word in _WORD.findall(lowered))
    return count + sum(_standing_alone(phrase, lowered) for phrase in phrases if phrase in lowered)


def _standing_alone(phrase: str, lowered: str) -> int:
    """How often a phrase stands between signs that are no letters, digits or underscores."""
    return len(re.findall(rf"(?<!\w){re.escape(phrase)}(?!\w)", lowered))


@lru_cache(maxsize=8)
def _entries(files: tuple[str, ...], reference: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The entries that are one word each, and the others."""
    entries = {entry for path in files for entry in _listed(path)}
    entries = entries - DATATROVE_ALLOWED if reference == "datatrove" else set(map(str.lower, entries))
    words = frozenset(filter(_WORD.fullmatch, entries))
    return words, tuple(sorted(entries - words))


def _listed(path: str) -> tuple[str, ...]:
    try:
        return read_list(path)
    except GristmillError as error:
        raise GristmillError(f"{KEY}: {error}") from error
