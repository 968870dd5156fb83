"""What is taken from WordNet 3.0: by lemma, part of speech and sense, the words that mean the same and the opposite.

The files of WordNet differ between packages in places of bytes and in what comes with them, not in these facts. So they
are brought into one small file, the lexicon, whose bytes are the same whichever package they came from.

Only single words in lower case are taken: a lemma of several words would not stand where one word stood, and names have
no synonyms. Senses of abuse give no words.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stages.artifacts import exists, join, open_file
from stages.errors import GristmillError

LEXICON = "lexicon.tsv"
LEXICON_SHA256 = "24bffdf7b4c636087f8f63f088954fa3c3bf5c3e5bd1faf289e7f7693e57ee5c"
PARTS = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
"""The parts of speech, by the endings of WordNet's file names."""
SOURCE_FILES = ("index.sense", *(f"{kind}.{part}" for part in PARTS for kind in ("data", "index")))
"""Which of WordNet's files are read."""

ABUSE = re.compile(r"\b(?:obscen|vulgar|offensive|disparag|derogat|insult|contemptible|slurs?\b)")
"""In a definition: a sense of abuse, which gives no words."""
_EXAMPLES = re.compile('".*?"')
_MARKER = re.compile(r"\((?:a|p|ip)\)$")
"""Where an adjective may stand, written after the word."""


class Sense(NamedTuple):
    """One meaning of a lemma."""

    uses: int
    """How often the lemma has this sense in the texts whose words Princeton has tagged."""
    synonyms: tuple[str, ...]
    antonyms: tuple[str, ...]
    """Of the lemma and of its synonyms in this sense, as nlpaug's model gives them."""


class Lexicon:
    """The senses of lemmas, most used ones first."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: dict[tuple[str, str], str] = {}
        for line in lines:
            lemma, part, senses = line.rstrip("\n").split("\t", 2)
            self._lines[lemma, part] = senses

    def senses(self, lemma: str, part: str) -> tuple[Sense, ...]:
        """None at all if the lexicon does not have the lemma as this part of speech."""
        line = self._lines.get((lemma, part))
        return tuple(map(_parsed, line.split("\t"))) if line else ()


def lexicon_text(files: Mapping[str, str]) -> str:
    """The lexicon, made of SOURCE_FILES (format: wndb(5WN) and senseidx(5WN) of WordNet 3.0).

    A line for each lemma and part of speech, sorted, with tabs between: both, then each sense as its uses, its synonyms
    and its antonyms, with colons between, words by spaces. Lemmas without any of these are left out.

    Raises GristmillError if a file is missing.
    """
    missing = [name for name in SOURCE_FILES if name not in files]
    if missing:
        raise GristmillError(f"WordNet's {missing[0]} is missing")
    uses = _uses(files["index.sense"])
    lines = []
    for name, part in PARTS.items():
        synsets = dict(_synsets(files[f"data.{name}"]))
        for lemma, places in _index(files[f"index.{name}"]):
            if not _is_taken(lemma):
                continue
            senses = [
                _sense(lemma, synsets[place], uses.get((lemma, part, number), 0), synsets)
                for number, place in enumerate(places, 1)
            ]
            if any(map(any, senses)):
                columns = [f"{count}:{' '.join(same)}:{' '.join(opposite)}" for count, same, opposite in senses]
                lines.append("\t".join((lemma, part, *columns)) + "\n")
    return "".join(sorted(lines))


def licence_text(files: Mapping[str, str]) -> str:
    """WordNet's licence, which must go with what is made of it; it stands numbered above the data."""
    lines = [line[4:].strip() for line in files["data.noun"].splitlines()[:40] if line.startswith(" ")]
    return "\n".join(["WordNet Release 3.0", "", *lines, ""])


@functools.cache
def read_lexicon(folder: str) -> Lexicon:
    """The lexicon in the folder that `make wordnet` fills, read once in a process; GristmillError if there is none."""
    path = join(folder, LEXICON)
    if not folder or not exists(path):
        raise GristmillError(f"{path}: WordNet is not there; run `make wordnet`")
    with open_file(path) as file:
        data = file.read()
    try:
        return Lexicon(data.decode().splitlines())
    except ValueError as error:
        raise GristmillError(f"{path}: damaged: {error}; delete {folder} and run `make wordnet`") from error


def _parsed(sense: str) -> Sense:
    uses, synonyms, antonyms = sense.split(":")
    return Sense(int(uses), tuple(synonyms.split()), tuple(antonyms.split()))


def _uses(index_of_senses: str) -> dict[tuple[str, str, int], int]:
    """By lemma, part of speech and number of the sense.

    Lines as `walk%2:38:00:: 01904930 1 183`: the digit after `%` tells the part of speech; at the end, number and uses.
    """
    uses: dict[tuple[str, str, int], int] = {}
    parts = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
    for line in index_of_senses.splitlines():
        key, _, number, count = line.split()
        lemma, _, rest = key.partition("%")
        uses[lemma, parts[rest[0]], int(number)] = int(count)
    return uses


def _index(index: str) -> Iterator[tuple[str, list[str]]]:
    """Lemmas with the places of their synsets, most used senses first; the licence stands above, indented."""
    for line in index.splitlines():
        if not line.startswith(" "):
            fields = line.split()
            yield fields[0], fields[-int(fields[2]) :]


@dataclass(frozen=True)
class _Synset:
    words: tuple[str, ...]
    opposites: tuple[tuple[int, str, int], ...]
    """From which word (counted from 1) to which place and word."""
    is_abuse: bool


def _synsets(data: str) -> Iterator[tuple[str, _Synset]]:
    for line in data.splitlines():
        if line.startswith(" "):
            continue
        facts, _, gloss = line.partition("|")
        fields = facts.split()
        count = int(fields[3], 16)
        words = tuple(_MARKER.sub("", word) for word in fields[4 : 4 + 2 * count : 2])
        pointers = fields[5 + 2 * count : 5 + 2 * count + 4 * int(fields[4 + 2 * count])]
        opposites = tuple(
            (int(ends[:2], 16), place, int(ends[2:], 16))
            for symbol, place, ends in zip(pointers[::4], pointers[1::4], pointers[3::4], strict=True)
            if symbol == "!"
        )
        yield fields[0], _Synset(words, opposites, bool(ABUSE.search(_EXAMPLES.sub("", gloss))))


def _sense(lemma: str, synset: _Synset, uses: int, synsets: Mapping[str, _Synset]) -> Sense:
    """A sense that is written with capitals (a name) is no use of the lemma."""
    if lemma not in synset.words:
        return Sense(0, (), ())
    if synset.is_abuse:
        return Sense(uses, (), ())
    opposites = [
        synsets[place].words[to - 1]
        for number in range(1, len(synset.words) + 1)
        for start, place, to in synset.opposites
        if start == number
    ]
    synonyms = (word for word in synset.words if _is_taken(word) and word != lemma)
    return Sense(uses, tuple(synonyms), tuple(filter(_is_taken, opposites)))


def _is_taken(word: str) -> bool:
    return word.isalpha() and word.islower()
