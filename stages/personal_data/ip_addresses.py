"""Public IP addresses in a text; those of private, documentation and other special networks are nobody's.

Four numbers with dots are also versions (`2.6.32.5`), sections and object identifiers. What speaks against an address:
letters, hyphens or more numbers next to it, a word such as `version` before it, a place inside of a path, and small
numbers: versions and sections have small ones, addresses seldom do (see `_are_small`).
"""

import ipaddress
import re
from collections.abc import Iterator
from itertools import chain

from stages.personal_data.mask import LETTERS, Mask

IPV4_PLACEHOLDER = "192.0.2.1"
"""Of a network for documentation (RFC 5737)."""
IPV6_PLACEHOLDER = "2001:db8::1"
"""Of the network for documentation (RFC 3849)."""

SMALL_NUMBER = 32

_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4"),
    )
)
"""IANA's registry of special-purpose addresses, and multicast. Not `is_global`: it changes with Python's versions."""
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        *("2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32"),
        "3fff::/20",
    )
)
"""What IANA's registry sets aside within 2000::/3, where all public addresses are (RFC 4291, section 2.4)."""

_IPV4_GATE = re.compile(r"\.[0-9]{1,3}\.[0-9]")
_IPV4 = re.compile(
    rf"[0-9](?<![{LETTERS}.].)(?<![A-Za-z_]-.)(?<![^/]/.)(?<!^/.)"
    r"[0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?:/([0-9]{1,2})(?![0-9]))?"
    rf"(?![{LETTERS}]|\.[0-9]|[-+~][A-Za-z])"
)
_VERSION_BEFORE = re.compile(
    r"(?:version|versions|ver|release|released|rev|revision|build|section|sections|chapter|clause|oid|kernel|firmware|"
    r"driver|update|patch|upgrade|since|v)[.:=\s]{0,3}\Z",
    re.IGNORECASE,
)
_VERSION_WORD_CHARACTERS = 14
_IPV6_GATE = re.compile(r":[0-9A-Fa-f]{0,4}:")
_IPV6 = re.compile(
    rf"[23](?<![{LETTERS}:.-].)[0-9A-Fa-f]{{3}}:[0-9A-Fa-f:]{{2,34}}(?:\.[0-9]{{1,3}}){{0,3}}"
    rf"(?:/([0-9]{{1,3}}))?(?![{LETTERS}:]|\.[0-9])"
)
"""Here as in the patterns of other modules, what may stand before is said after the first character: `re` is four times
faster at finding a character of a class than at looking behind everywhere."""
_IPV6_LEAST_GROUPS = 3


def ip_addresses(text: str) -> Iterator[Mask]:
    """The public addresses of a text; each kind from left to right."""
    return iter(sorted(chain(_ipv4_addresses(text), _ipv6_addresses(text))))


def _ipv4_addresses(text: str) -> Iterator[Mask]:
    if not _IPV4_GATE.search(text):
        return
    for found in _IPV4.finditer(text):
        numbers = found.group().partition("/")[0]
        try:
            address = ipaddress.IPv4Address(numbers)
        except ValueError:
            continue
        if _are_small(address.packed) or any(address in network for network in _SPECIAL_IPV4):
            continue
        if _is_network(address, found.group(1)) or _is_version(text, found.start()):
            continue
        yield Mask(found.start(), found.start() + len(numbers), IPV4_PLACEHOLDER)


def _ipv6_addresses(text: str) -> Iterator[Mask]:
    if not _IPV6_GATE.search(text):
        return
    for found in _IPV6.finditer(text):
        numbers = found.group().partition("/")[0]
        try:
            address = ipaddress.IPv6Address(numbers)
        except ValueError:
            continue
        groups = len(numbers.replace("::", ":").strip(":").split(":"))
        if groups < _IPV6_LEAST_GROUPS or any(address in network for network in _SPECIAL_IPV6):
            continue
        if not _is_network(address, found.group(1)):
            yield Mask(found.start(), found.start() + len(numbers), IPV6_PLACEHOLDER)


def _are_small(numbers: bytes) -> bool:
    """Whether four numbers look like a version: the first is small, and at most one of the others is not.

    Of evenly spread addresses, 1/8 begin so small, and of these 4 % go on so: 0.5 % of addresses are missed.
    """
    return numbers[0] < SMALL_NUMBER and sum(number >= SMALL_NUMBER for number in numbers[1:]) < 2


def _is_network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, prefix: str | None) -> bool:
    """Whether an address with a prefix length is that of a whole network, as in `128.30.0.0/16`."""
    if prefix is None or int(prefix) >= address.max_prefixlen:
        return False
    return int(address) & ((1 << (address.max_prefixlen - int(prefix))) - 1) == 0


def _is_version(text: str, start: int) -> bool:
    return _VERSION_BEFORE.search(text[max(start - _VERSION_WORD_CHARACTERS, 0) : start]) is not None
