"""Bodies without the codings of HTTP, and the bounds of what they may expand to."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from stages.document import Refusal
from stages.recipe import Reading
from stages.sources.http_body import decode_body
from tests.stages.sources.warc_builder import page

MEBIBYTE = 1 << 20
READING = Reading()
SMALL = Reading(maximum_record_bytes=MEBIBYTE)


def chunked(data: bytes) -> bytes:
    pieces = [data[start : start + 100] for start in range(0, len(data), 100)]
    return b"".join(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", lambda data: brotli.compress(data, quality=1)),
    ("zstd", zstandard.compress),
]


@pytest.mark.parametrize(("coding", "encode"), ENCODERS)
@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 131_072, 1_000_000])
def test_every_size_is_decoded_whole(coding: str, encode: Callable[[bytes], bytes], size: int) -> None:
    data = (page(1) * (size // 1000 + 1))[:size]
    assert decode_body(encode(data), "", coding, READING) == data


@pytest.mark.parametrize(("outer", "encode_outer"), ENCODERS)
@pytest.mark.parametrize(("inner", "encode_inner"), ENCODERS)
def test_codings_in_any_combination(
    outer: str, encode_outer: Callable[[bytes], bytes], inner: str, encode_inner: Callable[[bytes], bytes]
) -> None:
    body = encode_outer(encode_inner(page(2)))
    assert decode_body(body, "", f"{inner}, {outer}", READING) == page(2)
    assert decode_body(chunked(body), f"{outer}, chunked", inner, READING) == page(2)


@pytest.mark.parametrize(
    ("transfer", "coding", "body", "detail"),
    [
        ("", "gzip", gzip.compress(page(1), mtime=0)[:-20], "compressed body is truncated"),
        ("", "deflate", zlib.compress(page(1))[:-20], "compressed body is truncated"),
        ("", "deflate", raw_deflate(page(1))[:-20], "compressed body is truncated"),
        ("", "br", brotli.compress(page(1))[:-20], "compressed body is truncated"),
        ("", "zstd", zstandard.compress(page(1))[:-20], "compressed body is truncated"),
        ("", "gzip", b"\x1f\x8b\x08" + b"\xff" * 90, "gzip body is damaged"),
        ("", "deflate", b"\xff" * 90, "deflate body is damaged"),
        ("", "br", b"\xff" * 90, "br body is damaged"),
        ("", "zstd", b"\xff" * 90, "zstd body is damaged"),
        ("", "unheard-of", b"\x00\x01", "unknown content coding"),
        ("chunked", "", chunked(page(1))[:-300], "chunked body is truncated"),
        ("chunked", "", b"zz\r\nabc\r\n0\r\n\r\n", "chunked body is damaged"),
        ("chunked", "", b"-5\r\nabc\r\n0\r\n\r\n", "chunked body is damaged"),
        ("chunked", "", b"ffffffffffffffff\r\nabc\r\n0\r\n\r\n", "chunked body is truncated"),
    ],
)
def test_bodies_that_cannot_be_decoded(transfer: str, coding: str, body: bytes, detail: str) -> None:
    assert decode_body(body, transfer, coding, READING) == Refusal("undecodable_body", detail=detail)


def test_more_codings_than_allowed() -> None:
    body = page(1)
    for _ in range(4):
        body = gzip.compress(body)
    assert decode_body(body, "", "gzip, identity, gzip,, gzip, gzip", READING) == page(1)
    refusal = Refusal("content_codings", value=1000, threshold=4)
    assert decode_body(body, "", ", ".join(["gzip"] * 1000), READING) == refusal
    assert decode_body(body, ",".join(["gzip"] * 1000), "", READING) == refusal
    assert decode_body(body, ",".join(["chunked"] * 1001), "", READING) == refusal
    none = Reading(maximum_content_codings=0)
    assert decode_body(page(1), "", "identity", none) == page(1)
    assert decode_body(chunked(page(1)), "chunked", "", none) == page(1)
    assert decode_body(body, "", "gzip", none) == Refusal("content_codings", value=1, threshold=0)


@pytest.mark.parametrize(("coding", "encode"), ENCODERS)
def test_bombs_are_refused_within_bounded_memory(coding: str, encode: Callable[[bytes], bytes]) -> None:
    enough = encode(bytes(MEBIBYTE))
    assert decode_body(enough, "", coding, SMALL) == bytes(MEBIBYTE)
    bomb = encode(bytes(20 * MEBIBYTE))
    tracemalloc.start()
    refusal = decode_body(bomb, "", coding, SMALL)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < (36 if coding == "zstd" else 6) * MEBIBYTE
    assert isinstance(refusal, Refusal)
    assert (refusal.rule, refusal.threshold) == ("expansion", 100)
    assert refusal.value is not None
    assert refusal.value > 100


def test_a_bomb_in_a_bomb_is_measured_against_what_was_stored() -> None:
    body = gzip.compress(gzip.compress(bytes(20 * MEBIBYTE)))
    refusal = decode_body(body, "", "gzip, gzip", SMALL)
    assert refusal == Refusal("expansion", value=(MEBIBYTE + 1) / len(body), threshold=100)


def test_a_body_that_is_only_too_long_is_measured() -> None:
    body = zlib.compress(page(1) * 700)
    reading = Reading(maximum_record_bytes=MEBIBYTE, maximum_expansion=1000)
    refusal = Refusal("record_bytes", value=len(page(1) * 700), threshold=MEBIBYTE)
    assert decode_body(body, "", "deflate", reading) == refusal
