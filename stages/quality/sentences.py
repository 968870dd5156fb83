"""How many sentences a text has, in the scripts of all languages.

C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2) counts those of nltk's punkt, datatrove those of spaCy's
sentencizer. The rule asks only whether there are at least 3 or 5, so that a plain scan that stops there will do.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from stages.quality.english_words import english_tokens
from stages.quality.punctuation import DATATROVE_TERMINAL_PUNCTUATION, TERMINAL_PUNCTUATION

SPACY_UNKNOWN = frozenset(
    "\u061d\u061e\u0837\u0839\u083d\u083e\u17d4\u17d5\u17d6\u17d9\u17da\u1b7d\u1b7e\u2e53\u2e54\U00010f55\U00010f56"
    "\U00010f57\U00010f58\U00010f59\U00010f86\U00010f87\U00010f88\U00010f89\U00011944\U00011946\U00011ef7\U00011ef8"
    "\U00011f43\U00011f44\U00016e98"
)
"""Of datatrove's list, what spaCy's sentencizer does not know."""
SPACY_TERMINALS = DATATROVE_TERMINAL_PUNCTUATION - SPACY_UNKNOWN
"""The 128 of spaCy 3.8 (`spacy/pipeline/sentencizer.pyx`)."""

CLAUSE_LANGUAGES = frozenset({"th", "lo"})
"""They end sentences with a space, which also stands between clauses and around numbers."""
CLAUSE_LETTERS = 10
"""What has fewer letters between spaces is a name or a number in Thai, not a clause."""


def _any_of(signs: frozenset[str]) -> str:
    """An expression for one of some signs that is found fast.

    `re` looks signs below U+10000 up in a table, but compares with the others one by one, which every letter would pay:
    any character from there on is found first, and then looked at.
    """
    listed = re.escape("".join(sorted(signs)))
    below = re.escape("".join(sorted(sign for sign in signs if sign < "\U00010000")))
    return f"[{below}\U00010000-\U0010ffff](?<=[{listed}])"


_CLOSED = r"(?<![\s.(]\w\.)(?<!\A\w\.)[.\"'”’»)\]]*+(?P<inside>(?=\S))?"
"""What belongs to a full stop, which does not stand after a single letter."""
_ENDS = TERMINAL_PUNCTUATION | {"\n", "\r"}
_END = re.compile(rf"{_any_of(_ENDS)}(?:(?<!\.)|{_CLOSED})")
_GREEK_END = re.compile(rf"{_any_of(_ENDS | {';'})}(?:(?<!\.)|{_CLOSED})")
_SPACY_END = re.compile(_any_of(SPACY_TERMINALS))
_HAS_CONTENT = re.compile(r"[^\W_]")
_CLAUSE = re.compile(rf"\S{{{CLAUSE_LETTERS},}}")
_CHUNK = re.compile(r"(\S*)(\s*)")


def sentence_count(text: str, language: str, reference: Literal["papers", "datatrove"], at_most: int) -> int:
    """The sentences of a text; counting stops at `at_most`, so that a long text costs no more than a short one.

    `papers`: a sentence ends with terminal punctuation of any script, or with the line. A full stop counts only before
    white space, and not after a single letter (`e.g.`, `J. Smith`); what has no letter or digit is no sentence. In Thai
    and Lao it ends with white space, if it has at least 10 letters. `datatrove`: as spaCy's sentencizer counts.
    """
    if reference == "datatrove":
        text = text.strip()
        return _spacy_sentences(text, int(bool(text)), at_most)
    return _clauses(text, at_most) if language in CLAUSE_LANGUAGES else _sentences(text, language, at_most)


def sentence_ends(text: str, language: str) -> Iterator[int]:
    """Where sentences and lines end, as `sentence_count` counts them for the papers; without the end of the text."""
    if language in CLAUSE_LANGUAGES:
        for clause in _CLAUSE.finditer(text):
            if sum(map(str.isalpha, clause.group())) >= CLAUSE_LETTERS:
                yield clause.end()
        return
    for end in (_GREEK_END if language == "el" else _END).finditer(text):
        if end.lastgroup is None:
            yield end.end()


def line_sentence_count(text: str, at_most: int) -> int:
    """The sentences of the stripped lines of a text as datatrove counts them: no line shares one with the next.

    A line that is not blank has one at least.
    """
    return _spacy_sentences(text, sum(map(bool, text.split("\n"))), at_most, "\n")


def _sentences(text: str, language: str, at_most: int) -> int:
    has_content = _HAS_CONTENT.search
    count = start = 0
    for end in (_GREEK_END if language == "el" else _END).finditer(text):
        if count >= at_most:
            return at_most
        if end.lastgroup is None:
            count += has_content(text, start, end.start()) is not None
            start = end.end()
    return min(count + (has_content(text, start) is not None), at_most)


def _clauses(text: str, at_most: int) -> int:
    count = 0
    for clause in _CLAUSE.finditer(text):
        if count >= at_most:
            break
        count += sum(map(str.isalpha, clause.group())) >= CLAUSE_LETTERS
    return count


def _spacy_sentences(text: str, first: int, at_most: int, line_break: str = "") -> int:
    """The sentences of spaCy's sentencizer that are not blank, of a text without white space around it.

    `first` is how many begin with the text, or with its lines, where a line break is given.

    A sentence begins with the first token that is not punctuation after a token that is terminal punctuation. White
    space is such a token if it is more than a single space. What stands between the beginning of a sentence and the
    next chunk with a terminal sign is not looked at.
    """
    count, place = first, 0
    while count < at_most:
        sign = _SPACY_END.search(text, place)
        if sign is None:
            break
        place = _chunk_begin(text, place, sign.start())
        ended = False
        while place < len(text):
            chunk = _CHUNK.match(text, place)
            assert chunk is not None
            begun, ended = _begun(chunk[1], ended)
            count += begun
            if ended and chunk[2] not in ("", " "):
                count, ended = count + (line_break == "" or line_break not in chunk[2]), False
            place = chunk.end()
            if not ended:
                break
    return min(count, at_most)


def _chunk_begin(text: str, start: int, place: int) -> int:
    """Where the chunk of a place begins; not before `start`."""
    before = text[start:place]
    return place - (0 if before[-1:].isspace() else len("".join(before.rsplit(None, 1)[-1:])))


def _begun(chunk: str, ended: bool) -> tuple[int, bool]:
    """How many sentences begin in a chunk, if one has ended before it; and whether one has ended at its end."""
    begun = 0
    for token in english_tokens(chunk):
        if token in SPACY_TERMINALS:
            ended = True
        elif ended and (token.isalnum() or not _is_punctuation(token)):
            begun, ended = begun + 1, False
    return begun, ended


def _is_punctuation(token: str) -> bool:
    return all(unicodedata.category(sign).startswith("P") for sign in token)
