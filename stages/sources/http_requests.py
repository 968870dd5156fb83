"""One request to a web server: named, no faster than its host likes, redirects followed, failures told apart.

What may pass (a status, a connection that breaks) is a PassingFaultError, which `Patience` waits out; what will not
is a GristmillError at once.
"""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from os import getpid
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, NameResolutionError, SSLError
from urllib3.response import BaseHTTPResponse

from stages.errors import GristmillError
from stages.recipe import Http
from stages.sources.request_rate import wait_for_slot

MAXIMUM_REDIRECTS = 10
RETRIES_OF_UNKNOWN_HOSTS = 3
"""A name that is not known is mistyped, or there is no network: nobody should wait minutes to hear of it."""

_PERMANENT = frozenset((501, 505))
_TRANSIENT = frozenset((403, 408, 425, 429))
"""Of the 5xx all but `_PERMANENT` may pass. Common Crawl answers 403 and 503 to who asks too fast."""


class MissingFileError(GristmillError):
    """The server says that there is no such file (404, 410)."""


class PassingFaultError(Exception):
    """A request failed in a way that may pass; the message says how."""

    def __init__(self, what: str, retry_after: float | None = None, most_retries: int | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after
        self.most_retries = most_retries
        """How often it may be tried again, if less often than the settings allow."""


class Patience:
    """Counts the failures in a row, and waits after each, longer and longer."""

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http
        self._failures = 0

    def progressed(self) -> None:
        """Something came between the last failure and this one."""
        self._failures = 0

    def wait(self, fault: PassingFaultError) -> None:
        """Sleeps; raises GristmillError if this was one failure too many."""
        self._failures += 1
        retries = self._http.retries if fault.most_retries is None else min(fault.most_retries, self._http.retries)
        if self._failures > retries:
            raise GristmillError(
                f"{self._url}: cannot be read: {fault} ({self._failures} failures in a row); check the address, run "
                "again later, or set corpus.reading.http: fewer requests_per_second, more retries"
            ) from fault
        doubled = self._http.backoff_seconds * 2.0 ** min(self._failures - 1, 30)
        pause = doubled if fault.retry_after is None else fault.retry_after
        time.sleep(min(pause, self._http.maximum_backoff_seconds))


def is_http(path: str) -> bool:
    """Whether a path is read by this module."""
    return path.lower().startswith(("http://", "https://"))


def refuse(response: BaseHTTPResponse, url: str) -> None:
    """Raises PassingFaultError for a status that may pass, GristmillError for one that will not."""
    status = response.status
    if status in (404, 410):
        raise MissingFileError(f"{url}: no such file: the server answers {status}; check the address")
    if status in _TRANSIENT or (status >= 500 and status not in _PERMANENT):
        raise PassingFaultError(f"the server answers {status} {response.reason or ''}".rstrip(), _retry_after(response))
    if status == 401:
        raise GristmillError(f"{url}: the server asks for a login (401); download the file and name your copy in paths")
    if status >= 400 and status != 416:
        raise GristmillError(f"{url}: the server answers {status} {response.reason or ''}; check the address")


def _retry_after(response: BaseHTTPResponse) -> float | None:
    """The seconds that the server asks to wait for, given as seconds or as a date; None without a readable wish."""
    value = response.headers.get("Retry-After")
    try:
        return None if value is None else urllib3.Retry().parse_retry_after(value)
    except (HTTPError, ValueError, OverflowError):
        return None


@contextmanager
def answer(method: str, url: str, http: Http, headers: dict[str, str]) -> Iterator[BaseHTTPResponse]:
    """The answer to one request, redirects followed; to be closed by leaving the block.

    A connection that fails, also inside the block, is a PassingFaultError.
    """
    named = {"User-Agent": http.user_agent, "Accept-Encoding": "identity", **headers}
    try:
        response = _follow(method, url, http, named)
        try:
            yield response
        finally:
            response.close()  # does nothing to a connection whose body has been read: that one is used again
    except LocationValueError as error:
        raise GristmillError(f"{url}: not an address: {error}") from error
    except HTTPError as error:
        if isinstance(error, SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
            raise GristmillError(f"{url}: the server's certificate is not valid: {error}") from error
        most = RETRIES_OF_UNKNOWN_HOSTS if isinstance(error, NameResolutionError) else None
        raise PassingFaultError(f"{type(error).__name__}: {error}", most_retries=most) from error


def _follow(method: str, url: str, http: Http, headers: dict[str, str]) -> BaseHTTPResponse:
    target = url
    for _ in range(MAXIMUM_REDIRECTS + 1):
        proxy = _proxy(target)
        wait_for_slot(target, http.requests_per_second)
        response = _connections(getpid(), proxy).request(
            method,
            target,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=http.timeout_seconds, read=http.timeout_seconds),
        )
        location = response.get_redirect_location()
        if not location:
            return response
        response.close()
        target = urljoin(target, location)
        if not is_http(target):
            raise GristmillError(f"{url}: redirected to {target}, which is not http; check the address")
    raise GristmillError(f"{url}: redirected more than {MAXIMUM_REDIRECTS} times; check the address")


def _proxy(url: str) -> str:
    """The proxy that the environment names for a host (http_proxy, https_proxy, no_proxy); empty for none.

    Raises GristmillError for what is no address.
    """
    try:
        address = urlsplit(url)
    except ValueError as error:
        raise GristmillError(f"{url}: not an address: {error}") from error
    return "" if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme.lower(), "")


@cache
def _connections(_process: int, proxy: str) -> urllib3.PoolManager:
    """Open connections, of which a process that was forked must not use its parent's."""
    return urllib3.ProxyManager(proxy, maxsize=8) if proxy else urllib3.PoolManager(maxsize=8)
