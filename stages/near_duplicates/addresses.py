"""The address under which a page is known, so that a later crawl of it is found."""

from stages.document import identifier
from stages.urls import read_address

NO_ADDRESS = 0
"""The key of a document without an address, which is like no other."""


def address_key(url: str | None) -> int:
    """A 64-bit hash of an address as servers tell pages apart; NO_ADDRESS without one.

    The host is compared as a browser reads it, path and query letter by letter; scheme, fragment and an empty path
    make no difference (RFC 3986, section 6.2).
    """
    if not url or not (host := read_address(url).host):
        return NO_ADDRESS
    _, separator, rest = url.strip().partition("#")[0].partition("//")
    if not separator:
        rest = url.strip().partition("#")[0]
    start = min((place for sign in "/?\\" if (place := rest.find(sign)) >= 0), default=len(rest))
    path, question, query = rest[start:].replace("\\", "/").partition("?")
    return identifier(f"address {host} {path or '/'}{question}{query}")
