"""A web server on this machine that holds files in memory and misbehaves by script, one step for each request."""

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from stages.recipe import Http


def quick(**settings: object) -> Http:
    """Settings under which nothing waits for long."""
    values = {"requests_per_second": 1e6, "backoff_seconds": 0.001, "retries": 3, "timeout_seconds": 5.0, **settings}
    return Http.model_validate(values)


@dataclass(frozen=True)
class Step:
    """How one request is answered; without a script, as a good server does."""

    status: int = 0
    """Answer with this status and no file."""
    headers: tuple[tuple[str, str], ...] = ()
    send_bytes: int | None = None
    """Send so much of the body, then hang up."""
    chunk_bytes: int = 0
    """Send pieces of this size with a pause after each."""
    pause_seconds: float = 0.0
    tag: str = ""
    """Answer with another entity tag than the file's, as for another file."""


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Message

    @property
    def range(self) -> str:
        """The range of bytes it asks for; empty for a whole file."""
        return str(self.headers.get("Range", "")).removeprefix("bytes=")


@dataclass
class Site:
    """What the server holds and does, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    steps: dict[str, deque[Step]] = field(default_factory=lambda: defaultdict(deque))
    """By path, for GET; a path behind `HEAD ` is for HEAD."""
    always: dict[str, Step] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    has_ranges: bool = True
    has_head: bool = True
    has_length: bool = True
    tag: str = '"1"'

    def script(self, path: str, *steps: Step) -> None:
        """The next GETs of a path are answered so."""
        self.steps[path].extend(steps)

    def ranges(self, path: str) -> list[str]:
        """The ranges that GETs of a path asked for, in order."""
        return [one.range for one in self.asked if one.path == path and one.method == "GET"]

    def next_step(self, method: str, path: str) -> Step:
        """The scripted answer to a request, if any is left."""
        key = path if method == "GET" else f"{method} {path}"
        return self.steps[key].popleft() if self.steps[key] else self.always.get(key, Step())


@contextmanager
def serving(files: dict[str, bytes] | None = None) -> Iterator[Site]:
    """A running server; its files can be changed while it runs."""
    site = Site(files=dict(files or {}))
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.site = site
        site.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield site
        server.shutdown()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # who asked has left


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def _answer(self, method: str) -> None:
        site = self.server.site
        site.asked.append(Asked(method, self.path, self.headers))
        step = site.next_step(method, self.path)
        if method == "HEAD" and not site.has_head:
            step = Step(status=405)
        if step.status:
            self._send(step.status, dict(step.headers), b"", step)
        elif self.path not in site.files:
            self._send(404, {}, b"", step)
        else:
            self._file(site, site.files[self.path], step)

    def _file(self, site: Site, data: bytes, step: Step) -> None:
        tag = step.tag or site.tag
        headers = {"ETag": tag, **dict(step.headers)} if tag else dict(step.headers)
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", tag) == tag
        if not asked or not site.has_ranges or not same:
            self._send(200, headers, data, step)
            return
        start, stop = int(asked[1]), min(int(asked[2] or len(data)) + 1, len(data))
        if start >= len(data):
            self._send(416, {**headers, "Content-Range": f"bytes */{len(data)}"}, b"", step)
            return
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}", **headers}
        self._send(206, headers, data[start:stop], step)

    def _send(self, status: int, headers: dict[str, str], body: bytes, step: Step) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.server.site.has_length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = body if step.send_bytes is None else body[: step.send_bytes]
        size = step.chunk_bytes or max(1, len(sent))
        for start in range(0, len(sent), size):
            try:
                self.wfile.write(sent[start : start + size])
            except OSError:
                break  # who was too slow was left
            time.sleep(step.pause_seconds)
        if step.send_bytes is not None:
            self.close_connection = True
