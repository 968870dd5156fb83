"""E-mail addresses in a text: `name@host.tld`, and `name (at) host (dot) tld` with its brackets.

What is taken for one: a name of letters (Latin, Greek, Cyrillic) and digits, the sign, and a domain in any script whose
last part is a top-level domain of the Public Suffix List, so that `icon@2x.png`, `package@1.2.3` and `A@B.T` are none.
Without brackets, `name at host dot com` is left alone: it reads like prose. Addresses of the domains that are set aside
for examples (RFC 2606, RFC 6761) are nobody's; `git@host` is a service's.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tld.utils import MozillaPublicOnlyTLDSourceParser, get_tld_names

from stages.personal_data.mask import Mask

PLACEHOLDER_NAME = "email"
"""Also a top-level domain: in `a@b.email@example.com`, it is a placeholder's name all the same."""
PLACEHOLDER = f"{PLACEHOLDER_NAME}@example.com"
"""At a domain that RFC 2606 sets aside, and so nobody's; datatrove's first placeholder too."""
NAME_CHARACTERS = 64
"""The longest name (RFC 5321, section 4.5.3.1.1)."""

_SIGN = re.compile("[@＠]")
_ANY_SIGN = re.compile(r"[@＠]|(?<=\w)[ \u00a0]?[\[(] ?(?:at|AT) ?[\])]")
_BRACKETED = (re.compile(r"\( ?(?:at|AT) ?\)"), re.compile(r"\[ ?(?:at|AT) ?\]"))
"""Two patterns that begin with one character each: `re` looks for that many times faster than for either of two."""
_NAME = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0370-\u052f._%+'~-]*")
_NAME_EDGES = ".%+'~-"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOT = r"(?:\.|[ ]?[\[(] ?(?:dot|DOT|\.) ?[\])][ ]?)"
_DOMAIN = re.compile(rf"[ \u00a0]?({_LABEL}(?:{_DOT}{_LABEL}){{1,9}})")
_PARTS = re.compile(rf"({_DOT})")
_ASCII_LETTERS = re.compile("[A-Za-z]+")
_NOBODYS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
_SERVICE_NAMES = ("git",)


def email_addresses(text: str) -> Iterator[Mask]:
    """The e-mail addresses of a text, from left to right."""
    has_bracketed = any(pattern.search(text) for pattern in _BRACKETED)
    if not has_bracketed and "@" not in text and "＠" not in text:
        return
    done = 0
    for sign in (_ANY_SIGN if has_bracketed else _SIGN).finditer(text):
        before = text[max(sign.start() - 1, 0) : sign.start()]
        if not before.isalnum() and before != "_":
            continue
        name = _name_before(text, max(done, sign.start() - NAME_CHARACTERS), sign.start())
        domain = _domain_after(text, sign.end(), is_plain=len(sign.group()) == 1) if name else None
        if domain is None:
            continue
        done = domain.stop
        if name not in _SERVICE_NAMES and not domain.is_nobodys:
            yield Mask(sign.start() - len(name), done, PLACEHOLDER)


class _Domain(NamedTuple):
    stop: int
    is_nobodys: bool


def _name_before(text: str, start: int, stop: int) -> str:
    """The name that ends where the sign begins; empty: none."""
    found = _NAME.match(text[start:stop][::-1])
    name = found.group()[::-1] if found else ""
    return "" if name[-1:] in _NAME_EDGES else name.lstrip(_NAME_EDGES)


def _domain_after(text: str, start: int, *, is_plain: bool) -> _Domain | None:
    """The longest domain with a top-level domain that begins here, or behind a space after a sign in brackets."""
    found = _DOMAIN.match(text, start)
    if found is None or (is_plain and found.start(1) != start):
        return None
    parts = _PARTS.split(found.group(1))
    for count in range(len(parts), 2, -2):
        top = _top_level(parts[count - 1])
        stop = found.start(1) + sum(map(len, parts[: count - 1])) + len(top)
        is_placeholder = top.lower() == PLACEHOLDER_NAME and text.startswith("@", stop)
        if top and not is_placeholder:
            domain = ".".join([*parts[: count - 1 : 2], top]).lower()
            is_nobodys = any(domain == name or domain.endswith(f".{name}") for name in _NOBODYS)
            return _Domain(stop, is_nobodys)
    return None


def _top_level(label: str) -> str:
    """The label if it is a top-level domain, or its Latin beginning where other letters follow without a space."""
    if label.lower() in _top_level_domains():
        return label
    letters = _ASCII_LETTERS.match(label)
    is_cut = letters is not None and not label[letters.end() :][:1].isascii()
    return letters.group() if letters and is_cut and letters.group().lower() in _top_level_domains() else ""


@cache
def _top_level_domains() -> frozenset[str]:
    """Those of the list that comes with tld, in letters and in Punycode, and those that are set aside for examples."""
    source = MozillaPublicOnlyTLDSourceParser
    root = get_tld_names(parser_class=source)[source.local_path].root
    return frozenset({*(root.children or ()), "example", "test", "invalid"})
