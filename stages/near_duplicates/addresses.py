"""The address under which a page is known, so that a later crawl of it is found."""

import re

from stages.document import identifier
from stages.urls import read_address, split_address

_PORT = re.compile(r":(\d+)$", re.ASCII)
_BACKSLASH = "\\"

USUAL_PORTS = ("80", "443")
NO_ADDRESS = 0
"""The key of a document without an address, which is like no other."""


def address_key(url: str | None) -> int:
    """A 64-bit hash of an address as servers tell pages apart; NO_ADDRESS without one.

    The host is compared as a browser reads it, path and query letter by letter; scheme, user, the port of http and
    https, fragment and an empty path make no difference (RFC 3986, section 6.2).
    """
    if not url or not (host := read_address(url).host):
        return NO_ADDRESS
    authority, rest, _ = split_address(url)
    port = _PORT.search(authority)
    path, question, query = rest.partition("?")
    other = f":{port[1]}" if port and port[1] not in USUAL_PORTS else ""
    return identifier(f"address {host}{other} {path.replace(_BACKSLASH, '/') or '/'}{question}{query}")
