"""xz: streams, padding, damage, memory. The other compressions are tested with the readers."""

import lzma
import tracemalloc
from pathlib import Path

import pytest

from stages.sources import compression
from stages.sources.compression import chunks, open_decompressed
from stages.sources.damage import DamagedStreamError
from tests.stages.sources.misbehaving_server import quick

HTTP = quick()


def read(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    with open_decompressed(str(path), HTTP) as opened:
        assert not opened.is_plain
        return b"".join(chunks(opened.stream))


def test_streams_and_the_padding_between_them(tmp_path: Path) -> None:
    one, two = lzma.compress(b"one " * 100_000), lzma.compress(b"two")
    assert read(tmp_path / "a.xz", one + two) == b"one " * 100_000 + b"two"
    assert read(tmp_path / "a.xz", one + bytes(8) + two + bytes(4)) == b"one " * 100_000 + b"two"
    assert read(tmp_path / "a.xz", lzma.compress(b"")) == b""


@pytest.mark.parametrize(
    "data",
    [
        lzma.compress(b"one " * 1000)[:-5],
        lzma.compress(b"one") + b"other bytes",
        lzma.compress(b"one")[:6],
        lzma.compress(b"one " * 1000)[:30] + b"\xff" * 40,
    ],
    ids=["cut", "bytes behind", "magic only", "damaged"],
)
def test_damage_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DamagedStreamError):
        read(tmp_path / "a.xz", data)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xz"
    path.write_bytes(lzma.compress(bytes(50_000_000), preset=0))
    tracemalloc.start()
    with open_decompressed(str(path), HTTP) as opened:
        assert sum(map(len, chunks(opened.stream))) == 50_000_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000
    monkeypatch.setattr(compression, "_XZ_MEMORY", 1 << 20)
    with pytest.raises(DamagedStreamError, match="Memory"):
        read(path, lzma.compress(b"one", preset=9))
