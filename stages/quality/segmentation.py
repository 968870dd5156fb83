"""Words of languages that are written without spaces between them.

Chinese, Japanese and Thai are cut by the models of budoux (Google, Apache-2.0): sums of weights of the one to three
characters around a place, integers, so that every machine cuts alike. The models (boundary_model.py). What
else was measured on 219 pages of Chinese and Japanese documentation, with the thresholds of the papers:

- characters as words: of the Japanese pages the n-gram rules refuse a third (36 of 103), as five characters are two
  words, which good prose repeats;
- jieba 0.42 (last release in 2020): cuts Chinese as budoux does, but takes 80 MB and 0.7 s to start, runs at 0.9 MB/s,
  and leaves Japanese in characters;
- budoux's model of Japanese phrases: 6.4 characters a piece, so that a quarter of the pages miss 50 words; its model of
  Japanese words (`ja_word.json`) does not.

For Lao, Khmer and Burmese there is no model. Their pieces are two clusters (a letter with its marks) on average, cut
where a hash of two neighbours says so: the same passage falls into the same pieces wherever it stands, so that
repetition is found as it is between words, and a piece is about as long as a word. Dzongkha marks its syllables with a
tsheg, which separates words here.

Signs and white space are no words; letters and digits of other scripts are words as white space and signs separate
them. In a language with spaces, a run of Chinese is one word.
"""

import functools
import itertools
import re
import zlib
from bisect import bisect_right

from stages.quality.boundary_model import boundary_model, cuts
from stages.quality.unspaced_scripts import CLUSTER, SCRIPTS

UNSPACED_LANGUAGES = frozenset(SCRIPTS)

_MODELS = {"ja": "ja_word", "th": "th"}
_CHINESE = frozenset({"zh", "wuu", "yue"})
_SIMPLIFIED = "这国们来时会个说为对发学过经样现还后"
_TRADITIONAL = "這國們來時會個說為對發學過經樣現還後"
_HASHED = frozenset({"lo", "km", "my"})


def segments(text: str, language: str) -> list[str]:
    """The words of a text in a language without spaces, in their order; linear in the text.

    Raises KeyError for a language with spaces.
    """
    runs = _runs(language)
    if language in _HASHED:
        return [piece for run in runs.finditer(text) for piece in _hashed_pieces(run)]
    name = _model_name(text, language)
    if name is None:
        return [run.group() for run in runs.finditer(text)]
    places = cuts(text, boundary_model(name))
    words: list[str] = []
    position = 0
    for run in runs.finditer(text):
        start, stop = run.span()
        if run.lastgroup is not None:
            position = bisect_right(places, start, position)
            while position < len(places) and places[position] < stop:
                words.append(text[start : places[position]])
                start = places[position]
                position += 1
        words.append(text[start:stop])
    return words


def _model_name(text: str, language: str) -> str | None:
    if language not in _CHINESE:
        return _MODELS.get(language)
    simplified, traditional = (sum(map(text.count, signs)) for signs in (_SIMPLIFIED, _TRADITIONAL))
    return "zh-hant" if traditional > simplified else "zh-hans"


@functools.cache
def _runs(language: str) -> re.Pattern[str]:
    """Runs of the language's own letters (the groups), one script a group, and words of other scripts."""
    scripts = SCRIPTS[language]
    own = "".join(scripts)
    groups = "|".join(f"(?P<script_{number}>[{script}]+)" for number, script in enumerate(scripts))
    foreign = f"[^\\W_{own}]"
    return re.compile(f"{groups}|{foreign}(?:(?:[^\\s{own}\u3000-\u303f\uff01-\uff0f])*{foreign})?")


def _hashed_pieces(run: re.Match[str]) -> list[str]:
    if run.lastgroup is None:
        return [run.group()]
    clusters = CLUSTER.findall(run.group())
    pieces: list[list[str]] = [clusters[:1]]
    for before, cluster in itertools.pairwise(clusters):
        if zlib.crc32(f"{before}{cluster}".encode()) & 1:
            pieces.append([cluster])
        else:
            pieces[-1].append(cluster)
    return list(map("".join, pieces))
