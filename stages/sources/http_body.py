"""Undoing what HTTP did to a body: chunked transfer and content codings (RFC 9112, 7.1; RFC 9110, 8.4).

Archives hold many bodies that were decoded when they were stored but kept their old headers, so a body that does not
decode and plainly is markup is taken as it stands, as browsers and archive players do.
"""

import re
import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]
import zstandard

MAXIMUM_BODY_BYTES = 64 << 20
"""Far above any page that the extraction stage accepts, far below what a bomb of a megabyte can expand to."""

_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;|\r?$)")
_LINE_END = re.compile(rb"\r?(?:\n|$)")
_INPUT_STEP = 1 << 12
"""Zstandard has no bound on its output; a block of 4 bytes gives at most 128 KiB, so small steps bound it."""
_OUTPUT_STEP = 1 << 16


class UndecodableBodyError(Exception):
    """The body is not what its headers say; the message says why."""


def decode_body(body: bytes, transfer_encoding: str, content_encoding: str) -> bytes:
    """The body without its codings, which the two header values name; UndecodableBodyError if it cannot be had."""
    if "chunked" in transfer_encoding.lower():
        body = _decoded(body, _unchunk)
    for name in reversed([coding.strip().lower() for coding in content_encoding.split(",")]):
        if name not in ("", "identity"):
            body = _decoded(body, _CODINGS.get(name, _unknown))
    return body


def _decoded(body: bytes, decode: Callable[[bytes], bytes]) -> bytes:
    if not body:
        return body
    try:
        return decode(body)
    except (zlib.error, zstandard.ZstdError, brotli.error, UndecodableBodyError) as error:
        if body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return body
        if isinstance(error, UndecodableBodyError):
            raise
        raise UndecodableBodyError(f"{decode.__name__.strip('_')}: {error}") from error


def _unknown(_: bytes) -> bytes:
    raise UndecodableBodyError("unknown content coding")


def _unchunk(body: bytes) -> bytes:
    parts: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\n", position)
        if end < 0:
            raise UndecodableBodyError("chunked body is truncated")
        digits = _CHUNK_SIZE.match(body, position, end)
        if digits is None:
            raise UndecodableBodyError("chunked body is damaged")
        size = int(digits[1], 16)
        if size == 0:
            return b"".join(parts)
        chunk = body[end + 1 : end + 1 + size]
        if len(chunk) < size:
            raise UndecodableBodyError("chunked body is truncated")
        parts.append(chunk)
        line_end = _LINE_END.match(body, end + 1 + size)
        if line_end is None:
            raise UndecodableBodyError("chunked body is damaged")
        position = line_end.end()


def _gzip(body: bytes) -> bytes:
    parts: list[bytes] = []
    total = 0
    while body[:2] == b"\x1f\x8b" or not parts:
        decoder = zlib.decompressobj(wbits=31)
        parts.append(_inflate(decoder, body, MAXIMUM_BODY_BYTES - total))
        total += len(parts[-1])
        body = decoder.unused_data
    return b"".join(parts)


def _deflate(body: bytes) -> bytes:
    # RFC 9110 means the zlib format; many servers send bare deflate, and browsers take both.
    is_zlib = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(zlib.decompressobj(wbits=15 if is_zlib else -15), body, MAXIMUM_BODY_BYTES)


def _inflate(decoder: "zlib._Decompress", body: bytes, limit: int) -> bytes:
    content = decoder.decompress(body, limit + 1)
    if len(content) > limit:
        raise UndecodableBodyError(_too_large())
    if not decoder.eof:
        raise UndecodableBodyError("compressed body is truncated")
    return content


def _brotli(body: bytes) -> bytes:
    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    total, data = 0, body
    while not decoder.is_finished():
        part = decoder.process(data, output_buffer_limit=_OUTPUT_STEP)
        if not part and not decoder.is_finished():
            raise UndecodableBodyError("compressed body is truncated")
        parts.append(part)
        total, data = total + len(part), b""
        if total > MAXIMUM_BODY_BYTES:
            raise UndecodableBodyError(_too_large())
    return b"".join(parts)


def _zstandard(body: bytes) -> bytes:
    decoder = zstandard.ZstdDecompressor().decompressobj()
    parts, total = [], 0
    for part in _steps(body):
        parts.append(decoder.decompress(part))
        total += len(parts[-1])
        if total > MAXIMUM_BODY_BYTES:
            raise UndecodableBodyError(_too_large())
        if decoder.eof:
            return b"".join(parts)
    raise UndecodableBodyError("compressed body is truncated")


def _steps(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _INPUT_STEP):
        yield body[start : start + _INPUT_STEP]


def _too_large() -> str:
    return f"body expands to more than {MAXIMUM_BODY_BYTES >> 20} MiB"


_CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstandard,
}
