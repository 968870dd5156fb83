"""Which addresses are not wanted: lists of domains, of addresses, of words and of letters (Penedo et al. 2023,
RefinedWeb, arXiv 2306.01116, appendix G.1).

By default an address is compared as a browser reads it: without scheme, user, port, fragment and the slash at its end,
with percent signs decoded, in lower case, and with its host in letters (`xn--mller-kva.de` is `müller.de`). An entry of
a list is read the same way. `reference = "datatrove"` compares as datatrove 0.10's URLFilter does.
"""

import hashlib
import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, unquote

import numpy as np
from tld.utils import MozillaPublicOnlyTLDSourceParser, process_url

from stages.document import Refusal
from stages.recipe import Urls
from stages.word_lists import iterate_list, read_list

HOST_CHARACTERS = 253
LABEL_CHARACTERS = 63
"""The longest host and the longest part of one (RFC 1035, section 2.3.4)."""

_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_BROWSER_SCHEME = re.compile(rf"https?:[/\\]*|{_SCHEME.pattern}", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/?#]*")
_BROWSER_AUTHORITY = re.compile(r"[^/?#\\]*")
_PLAIN_HOST = re.compile(r"[a-z0-9._-]+")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")
"""What IDNA takes for a dot (RFC 3490, section 3.1)."""
_SPACE_AND_CONTROLS = "".join(map(chr, range(33)))
_ASCII_SEPARATORS = re.compile("[^a-zA-Z0-9]+")
_MOST_LISTS = 8


class Address(NamedTuple):
    """An address in the form in which it is compared."""

    host: str
    rest: str
    """Path and query."""
    fragment: str


def read_address(url: str) -> Address:
    """The parts of an address, with or without a scheme; never raises."""
    authority, rest, fragment = split_address(url)
    return Address(_host(authority), _letters(rest.replace("\\", "/")), _letters(fragment))


def split_address(url: str) -> tuple[str, str, str]:
    """Authority (user, host and port), path with query, and fragment, as they stand; never raises."""
    url = url.strip(_SPACE_AND_CONTROLS)
    start, stop = _authority_span(url, _BROWSER_SCHEME, _BROWSER_AUTHORITY)
    rest, _, fragment = url[stop:].partition("#")
    return url[start:stop], rest, fragment


def check_url(url: str | None, settings: Urls) -> Refusal | None:
    """Refuses an address that a list names; `detail` is the entry. No address is refused for being broken or missing.

    Rules, in this order: `url_domain`, `url_address`, `url_banned_word`, `url_soft_words` (the value is how many of the
    words it has), `url_substring`. A list that cannot be read is a GristmillError.
    """
    lists = _lists(settings)  # also where there is no address, so that they are loaded before a process is forked
    if lists is None or url is None:
        return None
    read = _as_datatrove_reads if settings.reference == "datatrove" else _as_a_browser_reads
    return _first_refusal(read(url), lists, settings)


def _authority_span(url: str, scheme: re.Pattern[str], authority: re.Pattern[str]) -> tuple[int, int]:
    """Where user, host and port stand in an address."""
    before = scheme.match(url)
    start = before.end() if before else 0
    found = authority.match(url, start)
    return start, found.end() if found else start


class _Read(NamedTuple):
    """What of an address is looked for in the lists."""

    domains: Iterable[str]
    address: str
    words: frozenset[str]
    letters: str


def _first_refusal(read: _Read, lists: "_Lists", settings: Urls) -> Refusal | None:
    for domain in read.domains if lists.domains else ():
        if domain in lists.domains:
            return Refusal("url_domain", detail=domain)
    if lists.addresses and read.address in lists.addresses:
        return Refusal("url_address", detail=read.address)
    if banned := lists.banned_words & read.words:
        return Refusal("url_banned_word", detail=min(banned))
    soft = sorted(lists.soft_words & read.words)
    if len(soft) > settings.maximum_soft_words:
        return Refusal("url_soft_words", len(soft), settings.maximum_soft_words, " ".join(soft))
    found = lists.substrings.first_in(read.letters)
    return Refusal("url_substring", detail=found) if found else None


def _as_a_browser_reads(url: str) -> _Read:
    address = read_address(url)
    words = _words("/".join(address))
    return _Read(_with_parents(address.host), _comparable(address), frozenset(words), "".join(words))


def _comparable(address: Address) -> str:
    """Host and path; squidGuard's lists of addresses, from which published ones come, leave out `www.` too."""
    return address.host.removeprefix("www.") + address.rest.rstrip("/")


def _with_parents(host: str) -> Iterator[str]:
    """A host and the domains above it."""
    if len(host) > HOST_CHARACTERS:
        host = host[-HOST_CHARACTERS - 1 :].partition(".")[2]
    while host:
        yield host
        host = host.partition(".")[2]


def _host(authority: str) -> str:
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    host = host.partition(":")[0].lower()
    if not _PLAIN_HOST.fullmatch(host):
        host = unicodedata.normalize("NFKC", unquote(host).translate(_DOTS)).lower()
    if "xn--" in host:
        host = ".".join(map(_label_in_letters, host.split(".")))
    return host.strip(".")


def _label_in_letters(label: str) -> str:
    if not label.startswith("xn--") or len(label) > LABEL_CHARACTERS:
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return unicodedata.normalize("NFKC", decoded).lower()


def _letters(text: str) -> str:
    decoded = unquote(text)
    return decoded.lower() if decoded.isascii() else unicodedata.normalize("NFKC", decoded).lower()


def _words(text: str) -> list[str]:
    """The runs of letters, digits and (Hindi, Thai) marks of a text in lower case."""
    if text.isascii():
        return [word for word in _ASCII_SEPARATORS.split(text) if word]
    return "".join(sign if sign.isalnum() or unicodedata.category(sign)[0] == "M" else " " for sign in text).split()


def _as_datatrove_reads(url: str) -> _Read:
    """Registered domain and whole host in their case, words in their case, letters with the scheme."""
    words = frozenset(_ASCII_SEPARATORS.split(url))
    return _Read(_registered_domain_and_host(url), url, words, _ASCII_SEPARATORS.sub("", url).lower())


def _registered_domain_and_host(url: str) -> Iterator[str]:
    """What tldextract gives, with the public part of the Public Suffix List."""
    start, stop = _authority_span(url, _SCHEME, _AUTHORITY)
    host = url[start:stop].rpartition("@")[2].partition(":")[0].strip().translate(_DOTS).rstrip(".")
    if len(host) > HOST_CHARACTERS or not host:
        return
    split = SplitResult("https", host, "", "", "")
    try:
        labels, suffix_start, _ = process_url(split, fail_silently=True, parser_class=MozillaPublicOnlyTLDSourceParser)
    except ValueError:  # brackets that are no IPv6 address
        return
    if labels and suffix_start is not None and suffix_start > 0:
        yield ".".join(host.split(".")[suffix_start - 1 :])
        yield host


class _Lists(NamedTuple):
    domains: "_Entries"
    addresses: "_Entries"
    banned_words: frozenset[str]
    soft_words: frozenset[str]
    substrings: "_Substrings"


@lru_cache(maxsize=_MOST_LISTS)
def _lists(settings: Urls) -> _Lists | None:
    """All lists of a recipe, read once a process; None where it names none."""
    files = (
        settings.domains,
        settings.addresses,
        settings.banned_words,
        settings.soft_words,
        settings.banned_substrings,
    )
    if not any(files):
        return None
    exact = settings.reference == "datatrove"
    return _Lists(
        _Entries(settings.domains, str if exact else _listed_domain),
        _Entries(settings.addresses, str if exact else _listed_address),
        _listed_words(settings.banned_words, settings),
        _listed_words(settings.soft_words, settings),
        _Substrings(_listed_words(settings.banned_substrings, settings)),
    )


def _listed_domain(entry: str) -> str:
    entry = entry.lower()
    if _PLAIN_HOST.fullmatch(entry) and "xn--" not in entry:
        return entry.strip(".")
    return read_address(entry.removeprefix("*.")).host


def _listed_address(entry: str) -> str:
    return _comparable(read_address(entry))


def _listed_words(paths: tuple[str, ...], settings: Urls) -> frozenset[str]:
    """The entries of lists of words without the signs between their letters."""
    entries = (entry for path in paths for entry in read_list(path))
    if settings.reference == "datatrove":
        words = {_ASCII_SEPARATORS.sub("", entry).lower() for entry in entries}
    else:
        words = {"".join(_words(unicodedata.normalize("NFKC", entry).lower())) for entry in entries}
    return frozenset(words - {""})


class _Entries:
    """A set of strings that knows only their 64-bit hashes: 8 bytes each, so that 5 million are 40 MB and not 600.

    Two strings share a hash with a probability of 5e-20; a billion hosts, each with three names to look up in 5 million
    entries, meet one by chance with a probability of 0.08 %.
    """

    def __init__(self, paths: tuple[str, ...], read: Callable[[str], str]):
        hashes = bytearray()
        for path in paths:
            for entry in iterate_list(path):
                hashes += _hash(read(entry))
        self._hashes = memoryview(hashes).cast("Q")
        np.asarray(self._hashes).sort()

    def __contains__(self, text: str) -> bool:
        value = int.from_bytes(_hash(text), sys.byteorder)
        place = bisect_left(self._hashes, value)
        return place < len(self._hashes) and self._hashes[place] == value

    def __bool__(self) -> bool:
        return len(self._hashes) > 0


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


class _Substrings:
    """Looks for any of many strings at once: by the letters that all of them begin with, at every place of a text."""

    def __init__(self, entries: frozenset[str]):
        self._length = min(map(len, entries), default=0)
        self._by_start: dict[str, list[str]] = {}
        for entry in sorted(entries):
            self._by_start.setdefault(entry[: self._length], []).append(entry)

    def first_in(self, text: str) -> str | None:
        """The entry that occurs first in a text; the first in order of those at the same place."""
        length, by_start = self._length, self._by_start
        for place in range(len(text) - length + 1) if by_start else ():
            for entry in by_start.get(text[place : place + length], ()):
                if text.startswith(entry, place):
                    return entry
        return None
