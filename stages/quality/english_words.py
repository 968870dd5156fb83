"""English words as spaCy splits them, at the price of a look-up a word.

Our own implementation of the rules of spaCy 3.8's blank English pipeline (MIT; `spacy/tokenizer.pyx`,
`spacy/lang/punctuation.py`, `spacy/lang/en/punctuation.py`), which datatrove 0.10 uses for its filters. A text falls at
white space into chunks. A chunk loses the signs at its ends one by one until an exception is left or nothing is to be
taken; what remains is an exception, a URL, or split at the signs within it. At last, tokens in a row that spell an
exception with a sign at its edge are put together again.

Two things are left out: such tokens of neighbouring chunks, which spaCy also looks at, and the tokens of white space,
which datatrove drops. Every step is linear in the length of the chunk.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from itertools import chain

from stages.quality.english_characters import (
    CURRENCY,
    ICON_CLASS,
    ICONS,
    LETTER_CLASS,
    LOWER_CLASS,
    PUNCTUATION,
    PUNCTUATION_CLASS,
    QUOTE_CLASS,
    QUOTES,
    UNITS,
    UPPER_CLASS,
)
from stages.quality.english_exceptions import special_cases

CACHED_CHUNKS = 131_072
CACHED_CHUNK_CHARACTERS = 40
"""Longer chunks seldom come twice. Two full caches take about 40 MB."""

_SUFFIX_WINDOW = 8
"""The longest suffix but dots has 5 characters, and 2 before it are looked at."""

_PREFIX_SIGNS = frozenset("§%=—–" + PUNCTUATION + QUOTES + CURRENCY) | ICONS
_PREFIX_DOLLARS = ("US$", "C$", "A$")
_SUFFIX_SIGNS = (frozenset("—–" + PUNCTUATION + QUOTES) | ICONS) - {"…"}
"""Suffixes of their own; two ellipses in a row are one suffix."""
_SIMPLE_SUFFIXES = frozenset(",;:!?)]}\"'”’»")

Chunk = tuple[str, ...]
Specials = Mapping[str, Chunk]


def english_tokens(chunk: str) -> Chunk:
    """The tokens of a chunk of text without white space; remembered."""
    return _CACHE[chunk]


def english_words(text: str) -> list[str]:
    """The tokens of spaCy's English tokeniser without those of white space."""
    return list(chain.from_iterable(map(_CACHE.__getitem__, text.split())))


class _Cache(dict[str, Chunk]):
    """The tokens of chunks. When it is full it starts anew and takes over what is asked for again: frequent words."""

    def __init__(self) -> None:
        super().__init__()
        self.previous: dict[str, Chunk] = {}

    def __missing__(self, chunk: str) -> Chunk:
        tokens = self.previous.get(chunk) or split_chunk(chunk)
        if len(chunk) <= CACHED_CHUNK_CHARACTERS:
            if len(self) >= CACHED_CHUNKS:
                self.previous = dict(self)
                self.clear()
            self[chunk] = tokens
        return tokens


_CACHE = _Cache()


def split_chunk(chunk: str) -> Chunk:
    """The tokens of a chunk of text without white space."""
    specials = _specials()
    known = specials.get(chunk)
    if known is not None:
        return known
    if chunk.isascii() and chunk.isalpha():
        return (chunk,)
    body, sign = chunk[:-1], chunk[-1]
    simple = sign in _SIMPLE_SUFFIXES or (sign == "." and "a" <= body[-1:] <= "z")
    if simple and body.isascii() and body.isalpha() and body not in specials:
        return body, sign
    return _joined(_tokens(chunk, specials))


@functools.cache
def _specials() -> Specials:
    return special_cases()


def _tokens(chunk: str, specials: Specials) -> list[str]:
    """Takes prefixes and suffixes off, then splits what is left."""
    prefixes: list[str] = []
    suffixes: list[str] = []
    start, end = _without_affixes(chunk, specials, prefixes, suffixes)
    return prefixes + _core_tokens(chunk[start:end], specials) + suffixes[::-1]


def _without_affixes(chunk: str, specials: Specials, prefixes: list[str], suffixes: list[str]) -> tuple[int, int]:
    """Where what is left of a chunk begins and ends, when affixes are taken off until none or an exception is left."""
    longest_special = _longest(specials)
    start, end = 0, len(chunk)
    while start < end:
        if end - start <= longest_special and chunk[start:end] in specials:
            break
        prefix_stop = start + _prefix_length(chunk, start, end)
        if prefix_stop > start and end - prefix_stop <= longest_special and chunk[prefix_stop:end] in specials:
            prefixes.append(chunk[start:prefix_stop])
            start = prefix_stop
            break
        suffix_start = end - _suffix_length(chunk, prefix_stop, end)
        if suffix_start < end and suffix_start - start <= longest_special and chunk[start:suffix_start] in specials:
            suffixes.append(chunk[suffix_start:end])
            end = suffix_start
            break
        if prefix_stop == start and suffix_start == end:
            break
        if prefix_stop > start:
            prefixes.append(chunk[start:prefix_stop])
        if suffix_start < end:
            suffixes.append(chunk[suffix_start:end])
        start, end = prefix_stop, suffix_start
    return start, end


def _longest(specials: Specials) -> int:
    return _longest_special() if specials else 0


@functools.cache
def _longest_special() -> int:
    return max(map(len, _specials()))


def _prefix_length(chunk: str, start: int, end: int) -> int:
    first = chunk[start]
    if first in _PREFIX_SIGNS:
        return 1
    if first == "+":
        return 0 if start + 1 < end and chunk[start + 1] in "0123456789" else 1
    if first == ".":
        dots = _DOTS.match(chunk, start, end)
        return dots.end() - start if dots else 0
    for dollar in _PREFIX_DOLLARS:
        if chunk.startswith(dollar, start, end):
            return len(dollar)
    return 0


def _suffix_length(chunk: str, start: int, end: int) -> int:
    if start >= end:
        return 0
    if end - start >= 2 and chunk[end - 1] == "." and chunk[end - 2] == ".":
        return end - max(start, _dots_start(chunk, start, end))
    last = chunk[end - 1]
    if last in _SUFFIX_SIGNS:
        return 1
    window = chunk[max(start, end - _SUFFIX_WINDOW) : end]
    if window.isascii() and (window.isalpha() or last.isdigit()):
        return 0
    found = _suffix().search(window)
    return len(window) - found.start() if found else 0


def _dots_start(chunk: str, start: int, end: int) -> int:
    while end > start and chunk[end - 1] == ".":
        end -= 1
    return end


def _core_tokens(core: str, specials: Specials) -> list[str]:
    if not core:
        return []
    if core in specials:
        return list(specials[core])
    if (core.isascii() and not _ASCII_INFIX.search(core)) or _is_url(core):
        return [core]
    tokens = []
    start = 0
    for infix in _infix().finditer(core):
        if infix.start() > start:
            tokens.append(core[start : infix.start()])
        tokens.append(infix.group())
        start = infix.end()
    if start < len(core):
        tokens.append(core[start:])
    return tokens


_ASCII_INFIX = re.compile(r"[.,:<>=/+\-*^~]")
"""Without any of them, a chunk of ASCII has no infix and is no URL."""
_DOTS = re.compile(r"\.\.+")


@functools.cache
def _suffix() -> re.Pattern[str]:
    before_full_stop = f"0-9{LOWER_CLASS}%²\\-+|(?:){PUNCTUATION_CLASS}{QUOTE_CLASS}"
    digit = "(?<=[0-9])"
    alternatives = [
        f"(?:……|[{PUNCTUATION_CLASS}{QUOTE_CLASS}{ICON_CLASS}—–])",
        "(?:'s|'S|’s|’S)",
        rf"{digit}\+",
        r"(?<=°[FfCcKk])\.",
        f"{digit}(?:[{re.escape(CURRENCY)}]|US\\$|C\\$|A\\$)",
        f"{digit}(?:{'|'.join(map(re.escape, UNITS))})",
        rf"(?<=[{before_full_stop}])\.",
        rf"(?<=[{UPPER_CLASS}][{UPPER_CLASS}])\.",
    ]
    return re.compile(f"(?:{'|'.join(alternatives)})\\Z")


@functools.cache
def _infix() -> re.Pattern[str]:
    alternatives = [
        rf"\.\.+|…|[{ICON_CLASS}]",
        r"(?<=[0-9])[+\-*^](?=[0-9-])",
        rf"(?<=[{LOWER_CLASS}{QUOTE_CLASS}])\.(?=[{UPPER_CLASS}{QUOTE_CLASS}])",
        f"(?<=[{LETTER_CLASS}]),(?=[{LETTER_CLASS}])",
        f"(?<=[{LETTER_CLASS}0-9])(?:-|–|—|--|---|——|~|[:<>=/])(?=[{LETTER_CLASS}])",
    ]
    return re.compile("|".join(alternatives))


def _is_url(core: str) -> bool:
    """Whether a chunk is a URL or an e-mail address: [scheme://][user[:password]@]host[:port][path].

    The user may contain any sign, so that the host is looked for at the beginning, after the scheme and after each `@`.
    """
    if "." not in core:
        return False
    scheme = _SCHEME.match(core)
    if _host().match(core) or (scheme and _host().match(core, scheme.end())):
        return True
    sign = core.find("@", 1)
    while sign != -1:
        if _host().match(core, sign + 1):
            return True
        sign = core.find("@", sign + 1)
    return False


_SCHEME = re.compile(r"[\w+\-.]{2,}://")


@functools.cache
def _host() -> re.Pattern[str]:
    """A public IPv4 address or a domain name, its port, and the end or the first sign of a path."""
    not_private = (
        r"(?!(?:10|127)(?:\.\d{1,3}){3})(?!(?:169\.254|192\.168)(?:\.\d{1,3}){2})"
        r"(?!172\.(?:1[6-9]|2\d|3[0-1])(?:\.\d{1,3}){2})"
    )
    address = (
        r"(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.(?:1?\d{1,2}|2[0-4]\d|25[0-5])){2}"
        r"\.(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-4])"
    )
    sign = "A-Za-z0-9\u00a1-\uffff"
    domain = f"(?:(?:[{sign}][{sign}_-]{{0,62}})?[{sign}]\\.)+[{LOWER_CLASS}]{{2,63}}"
    return re.compile(rf"(?:{not_private}{address}|{domain})(?::\d{{2,5}})?(?:[/?#]|\Z)")


def _joined(tokens: list[str]) -> Chunk:
    """Puts tokens together that spell an exception, the longest first, then the leftmost."""
    if len(tokens) == 1 and tokens[0] not in _spelled():
        return (tokens[0],)
    spelled = _spelled()
    found = [
        (-len(spelling), start, special)
        for start, token in enumerate(tokens)
        for spelling, special in spelled.get(token, ())
        if tuple(tokens[start : start + len(spelling)]) == spelling
    ]
    if not found:
        return tuple(tokens)
    return tuple(_replaced(tokens, sorted(found)))


def _replaced(tokens: Sequence[str], found: Sequence[tuple[int, int, str]]) -> list[str]:
    taken: set[int] = set()
    chosen: dict[int, tuple[int, str]] = {}
    for negative_length, start, special in found:
        stop = start - negative_length
        if start not in taken and stop - 1 not in taken:
            chosen[start] = stop, special
        taken.update(range(start, stop))
    result: list[str] = []
    position = 0
    while position < len(tokens):
        if position in chosen:
            position, special = chosen[position]
            result.extend(_specials()[special])
        else:
            result.append(tokens[position])
            position += 1
    return result


@functools.cache
def _spelled() -> Mapping[str, tuple[tuple[Chunk, str], ...]]:
    """By their first token: how exceptions with a sign to split at are spelled when they are not known."""
    by_first: dict[str, list[tuple[Chunk, str]]] = {}
    for special in sorted(_specials()):
        if (
            _prefix_length(special, 0, len(special))
            or _suffix_length(special, 0, len(special))
            or _infix().search(special)
        ):
            spelling = tuple(_tokens(special, {}))
            by_first.setdefault(spelling[0], []).append((spelling, special))
    return {first: tuple(spellings) for first, spellings in by_first.items()}
