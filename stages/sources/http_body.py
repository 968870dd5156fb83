"""Undoing what HTTP did to a body: chunked transfer and content codings (RFC 9112, 7.1; RFC 9110, 8.4).

Archives hold many bodies that were decoded when they were stored but kept their old headers, so a body that does not
decode and plainly is markup is taken as it stands, as browsers and archive players do.
"""

import re
import zlib
from collections.abc import Callable, Generator, Iterator

import brotli  # type: ignore[import-untyped]
import zstandard

from stages.document import Refusal
from stages.recipe import Reading

_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;|\r?$)")
_LINE_END = re.compile(rb"\r?(?:\n|$)")
_INPUT_STEP = 1 << 16
_ZSTANDARD_INPUT_STEP = 1 << 10
"""Zstandard has no bound on its output: a block of 4 bytes gives up to 128 KiB (RFC 8878, 3.1.1.2), a step 32 MiB."""
_OUTPUT_STEP = 1 << 16
_TRUNCATED = "compressed body is truncated"


class _UndecodableError(Exception):
    """The body is not what its headers say; the message says why."""


class _OversizeError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def decode_body(body: bytes, transfer_encoding: str, content_encoding: str, reading: Reading) -> bytes | Refusal:
    """The body without its codings, which the two header values name, or why it cannot be had.

    Refusals: more codings than allowed (`content_codings`; chunked transfer is none), a body that grows past
    `maximum_record_bytes` (`record_bytes` with its length, or `expansion` with the ratio at which decoding stopped if
    it grew by more than `maximum_expansion`), and one that is damaged or of an unknown coding (`undecodable_body`).
    """
    names = _names(content_encoding) + _names(transfer_encoding)
    count = len(names) - names.count("chunked")
    if count > reading.maximum_content_codings or names.count("chunked") > 1:
        return Refusal("content_codings", value=max(count, len(names) - 1), threshold=reading.maximum_content_codings)
    stored_bytes = len(body)
    for name in reversed(names):
        try:
            body = _decoded(body, name, stored_bytes, reading)
        except _UndecodableError as error:
            return Refusal("undecodable_body", detail=str(error))
        except _OversizeError as error:
            return error.refusal
    return body


def _names(header_value: str) -> list[str]:
    codings = (coding.partition(";")[0].strip().lower() for coding in header_value.split(","))
    return [name for name in codings if name not in ("", "identity")]


def _decoded(body: bytes, name: str, stored_bytes: int, reading: Reading) -> bytes:
    if not body:
        return body
    try:
        return _bounded(_CODINGS.get(name, _unknown)(body), stored_bytes, reading)
    except (zlib.error, zstandard.ZstdError, brotli.error, _UndecodableError) as error:
        if body[:256].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return body
        # What the libraries say differs between their versions; it would be a column of the removals.
        raise error if isinstance(error, _UndecodableError) else _UndecodableError(f"{name} body is damaged") from error


def _bounded(parts: Iterator[bytes], stored_bytes: int, reading: Reading) -> bytes:
    """The parts as one, of which no more is ever kept than a record may hold."""
    kept: list[bytes] = []
    size = 0
    ceiling = int(max(reading.maximum_record_bytes, reading.maximum_expansion * stored_bytes))
    for part in parts:
        size += len(part)
        if size > ceiling:
            ratio = (ceiling + 1) / stored_bytes
            raise _OversizeError(Refusal("expansion", value=ratio, threshold=reading.maximum_expansion))
        if size > reading.maximum_record_bytes:
            kept.clear()
        else:
            kept.append(part)
    if size > reading.maximum_record_bytes:
        raise _OversizeError(Refusal("record_bytes", value=size, threshold=reading.maximum_record_bytes))
    return b"".join(kept)


def _unknown(_: bytes) -> Iterator[bytes]:
    raise _UndecodableError("unknown content coding")


def _chunked(body: bytes) -> Iterator[bytes]:
    position = 0
    while True:
        end = body.find(b"\n", position)
        if end < 0:
            raise _UndecodableError("chunked body is truncated")
        digits = _CHUNK_SIZE.match(body, position, end)
        if digits is None:
            raise _UndecodableError("chunked body is damaged")
        size = int(digits[1], 16)
        if size == 0:
            return
        chunk = body[end + 1 : end + 1 + size]
        if len(chunk) < size:
            raise _UndecodableError("chunked body is truncated")
        yield chunk
        line_end = _LINE_END.match(body, end + 1 + size)
        if line_end is None:
            raise _UndecodableError("chunked body is damaged")
        position = line_end.end()


def _gzip(body: bytes) -> Iterator[bytes]:
    position = 0
    while position == 0 or body[position : position + 2] == b"\x1f\x8b":
        decoder = zlib.decompressobj(wbits=31)
        position = yield from _inflate(decoder, body, position)


def _deflate(body: bytes) -> Iterator[bytes]:
    # RFC 9110 means the zlib format; many servers send bare deflate, and browsers take both.
    is_zlib = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _inflate(zlib.decompressobj(wbits=15 if is_zlib else -15), body, 0)


def _inflate(decoder: "zlib._Decompress", body: bytes, position: int) -> Generator[bytes, None, int]:
    """Yields what a deflate stream holds; returns where it ends."""
    while not decoder.eof:
        data = decoder.unconsumed_tail
        if not data:
            data = body[position : position + _INPUT_STEP]
            position += len(data)
        part = decoder.decompress(data, _OUTPUT_STEP)
        if not (data or part or decoder.eof):
            raise _UndecodableError(_TRUNCATED)
        yield part
    return position - len(decoder.unused_data)


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    data = body
    while not decoder.is_finished():
        part = decoder.process(data, output_buffer_limit=_OUTPUT_STEP)
        if not part and not decoder.is_finished():
            raise _UndecodableError(_TRUNCATED)
        yield part
        data = b""


def _zstandard(body: bytes) -> Iterator[bytes]:
    decoder = zstandard.ZstdDecompressor().decompressobj()
    for start in range(0, len(body), _ZSTANDARD_INPUT_STEP):
        yield decoder.decompress(body[start : start + _ZSTANDARD_INPUT_STEP])
        if decoder.eof:
            return
    raise _UndecodableError(_TRUNCATED)


_CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "chunked": _chunked,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstandard,
}
