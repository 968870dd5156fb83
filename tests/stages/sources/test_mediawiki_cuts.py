"""MediaWiki dumps cut at any byte: every record once and the same, with hostile texts, with damage."""

import bz2
import gzip
import random
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from stages.document import Record
from stages.recipe import Reading, Source
from stages.sources import Span, bzip2_streams, read_records

DUMP = Source(name="wiki", format="mediawiki", paths=("*",))
READING = Reading(maximum_record_bytes=5_000)
HEAD = """<mediawiki xml:lang="de"><siteinfo><sitename>W</sitename><dbname>dewiki</dbname>
<base>https://de.example.org/wiki/Haupt</base><namespaces><namespace key="6">Datei</namespace></namespaces></siteinfo>
"""
TAIL = "</mediawiki>\n"
HOSTILE = (
    "BZh91AY&amp;SY &lt;page> &lt;/page> BZh91AY&amp;SY",
    "page>\n  page>\n/page>\n&lt;/mediawiki> ]]&gt; <!-- page> -->",
    "&lt;page&gt;&lt;title&gt;forged&lt;/title&gt;\n&#60;page>",
    "x" * 6_000,
    "Mühle \U0001f33e " * 20,
)
MALFORMED = ("\n\n<page\n", "</text></revision></page>", "<pages><pagex>", "BZh91AY&SY", "<![CDATA[\n<page>\n]]>")


def pages(count: int, seed: int = 7, hostile: tuple[str, ...] = HOSTILE) -> list[str]:
    rng = random.Random(seed)
    made = []
    for number in range(count):
        words = "".join(rng.choices("abcdefghij klmnop\n", k=rng.randint(0, 300)))
        text = words + (hostile[number // 2 % len(hostile)] if number % 2 else "")
        namespace = 4 if number % 5 == 4 else 0
        made.append(
            f"  <page>\n<title>T{number}</title><ns>{namespace}</ns><id>{number}</id>"
            f"<revision><id>{number}</id><text>{text}</text></revision></page>\n"
        )
    return made


def multistream(parts: Iterable[str], pages_per_stream: int = 3, level: int = 9) -> bytes:
    listed = list(parts)
    bodies = ["".join(listed[at : at + pages_per_stream]) for at in range(0, len(listed), pages_per_stream)]
    return b"".join(bz2.compress(part.encode(), level) for part in (HEAD, *bodies, TAIL))


def read(path: Path, start: int, stop: int) -> list[Record]:
    return list(read_records(DUMP, Span(str(path), start, stop), READING))


def check_cuts(path: Path, cuts: Iterable[int]) -> list[Record]:
    """Reads the file in two at each cut, and in many parts at once; returns its records."""
    size = path.stat().st_size
    whole = read(path, 0, size)
    assert len({record.id for record in whole if record.refusal}) == sum(1 for record in whole if record.refusal)
    for cut in cuts:
        assert read(path, 0, cut) + read(path, cut, size) == whole, cut
    for step in (7 + size // 40, 1 + size // 9):
        edges = [*range(0, size, step), size]
        assert [record for start, stop in pairwise(edges) for record in read(path, start, stop)] == whole
    if path.read_bytes()[:2] != b"\x1f\x8b":
        for record in {record.offset: record for record in whole}.values():
            assert record in read(path, record.offset, size)
    return whole


def near(data: bytes, pattern: bytes, every: int) -> list[int]:
    """The cuts around whatever looks like a start, and some between."""
    marks = {found.start() + by for found in re.finditer(pattern, data) for by in (-1, 0, 1, 2, 5, 6, 9, 10)}
    return sorted(cut for cut in marks | set(range(0, len(data), every)) if 0 < cut < len(data))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-16-be"])
def test_plain_dumps(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes((HEAD + "".join(pages(20, hostile=HOSTILE + MALFORMED)) + TAIL).encode(codec))
    marks = rb"<\x00?p\x00?a\x00?g\x00?e"
    whole = check_cuts(path, near(path.read_bytes(), marks, 211))
    titles = {record.title for record in whole if record.refusal is None}
    assert {"T0", "T2", "T6", "T8", "T12", "T16", "T18"} <= titles
    assert all(record.link_namespaces == {"datei"} for record in whole if record.identity.startswith("wiki:dewiki"))


def test_multistream_dumps(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(multistream(pages(24)))
    data = path.read_bytes()
    whole = check_cuts(path, near(data, bzip2_streams.STREAM_START.pattern, 97))
    starts = [found.start() for found in bzip2_streams.STREAM_START.finditer(data)]
    assert {record.offset for record in whole} == set(starts[1:-1])


def test_streams_that_begin_within_pages(tmp_path: Path) -> None:
    """As pbzip2 makes them, some at a page by chance; an empty one, and the head of the dump with pages."""
    path = tmp_path / "dump.xml.bz2"
    text = (HEAD + "".join(pages(16)) + TAIL).encode()
    at_page = text.index(b"<page>", len(text) // 2)
    edges = sorted({*range(0, len(text), 900), at_page, len(text)})
    parts = [bz2.compress(text[start:stop]) for start, stop in pairwise(edges)]
    path.write_bytes(b"".join([*parts[:4], bz2.compress(b""), *parts[4:]]))
    whole = check_cuts(path, near(path.read_bytes(), bzip2_streams.STREAM_START.pattern, 199))
    plain = tmp_path / "dump.xml"
    plain.write_bytes(text)
    assert [record.title for record in whole] == [record.title for record in read(plain, 0, len(text))]
    assert len({record.offset for record in whole}) == 2


@pytest.mark.parametrize("seed", range(6))
def test_damaged_multistream_dumps(tmp_path: Path, seed: int) -> None:
    """Flipped bytes, lost bytes, overwritten starts: of k damaged streams each is told once, the others are whole.

    Of neighbours whose starts are gone nobody knows how many they were, so none are neighbours here.
    """
    rng = random.Random(seed)
    path = tmp_path / "dump.xml.bz2"
    sound = multistream(pages(30))
    path.write_bytes(sound)
    complete = read(path, 0, len(sound))
    data = bytearray(sound)
    starts = [found.start() for found in bzip2_streams.STREAM_START.finditer(sound)]
    struck = sorted(rng.sample(starts[1:-1:2], 3))
    for start in reversed(struck):
        place = start + rng.randrange(14, 200)
        match rng.randrange(3):
            case 0:
                data[place] ^= 1 << rng.randrange(8)
            case 1:
                del data[place : place + 20]
            case _:
                data[start + 4 : start + 24] = bytes(20)
    path.write_bytes(data)
    whole = check_cuts(path, near(bytes(data), bzip2_streams.STREAM_START.pattern, 301))
    assert {record.title for record in whole if record.title} == {
        record.title for record in complete if record.offset not in struck
    }
    assert sum(1 for record in whole if record.refusal and record.refusal.rule == "damaged_record") == 3


def test_a_damaged_head_and_a_damaged_end(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    sound = multistream(pages(12))
    path.write_bytes(bytes(30) + sound[30:])
    first, *others = check_cuts(path, near(sound, bzip2_streams.STREAM_START.pattern, 301))
    assert first.refusal is not None
    assert first.refusal.rule == "damaged_record"
    assert others[0].identity == "wiki:wiki:0:0"
    path.write_bytes(sound[:-5])
    *others, last = check_cuts(path, near(sound[:-5], bzip2_streams.STREAM_START.pattern, 301))
    assert last.refusal is not None
    assert last.refusal.detail == "truncated"
    without_end = sound[: sound.rindex(b"BZh")]
    path.write_bytes(without_end)
    *others, last = check_cuts(path, near(without_end, bzip2_streams.STREAM_START.pattern, 301))
    assert last.refusal is not None
    assert last.refusal.detail == "truncated"


def test_a_magic_inside_of_a_stream_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page texts that compress to the magic are hard to make, so here the magic is what they do compress to."""
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(multistream(pages(24)))
    data = path.read_bytes()
    starts = [found.start() for found in bzip2_streams.STREAM_START.finditer(data)]
    inner = [re.escape(data[at : at + 10]) for at in (starts[2] + 40, starts[2] + 200, starts[4] + 100)]
    expected = read(path, 0, len(data))
    pattern = rb"BZh[1-9]1AY&SY|" + b"|".join(inner)
    monkeypatch.setattr(bzip2_streams, "STREAM_START", re.compile(pattern, re.DOTALL))
    assert check_cuts(path, near(data, pattern, 301)) == expected


def test_a_block_with_a_wrong_check_sum_gives_nothing(tmp_path: Path) -> None:
    """A wrong bit leaves most of a block readable; none of it may pass for text."""
    path = tmp_path / "dump.xml.bz2"
    sound = multistream(
        [f"<page><id>{number}</id><revision><text>same</text></revision></page>" for number in range(9)]
    )
    starts = [found.start() for found in bzip2_streams.STREAM_START.finditer(sound)]
    data = bytearray(sound)
    data[starts[2] + 10] ^= 1  # the first byte of the block's check sum
    path.write_bytes(data)
    found = read(path, 0, len(data))
    assert [record.identity.rpartition(":")[0] for record in found if record.refusal is None] == [
        f"wiki:dewiki:{number}" for number in (0, 1, 2, 6, 7, 8)
    ]
    assert [record.offset for record in found if record.refusal] == [starts[2]]


def test_damaged_plain_dumps(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    rng = random.Random(3)
    data = bytearray((HEAD + "".join(pages(20)) + TAIL).encode())
    for _ in range(12):
        data[rng.randrange(len(HEAD), len(data))] = rng.randrange(256)
    del data[-40:]
    path.write_bytes(data)
    whole = check_cuts(path, near(bytes(data), b"<page", 211))
    assert whole[-1].refusal is not None
    assert whole[-1].refusal.detail == "truncated"


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress])
def test_names_that_are_wrong_lose_nothing(tmp_path: Path, compress: type[bytes]) -> None:
    text = (HEAD + "".join(pages(9)) + TAIL).encode()
    for name, data in (("dump.xml", compress(text)), ("dump.xml.bz2", text)):
        path = tmp_path / name
        path.write_bytes(data)
        assert len(check_cuts(path, range(1, len(data), 131))) == 9


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_every_cut(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "dump.xml.bz2"
    data = bytearray(multistream(pages(12, seed, HOSTILE + MALFORMED)))
    rng = random.Random(seed)
    for _ in range(seed % 4):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    check_cuts(path, range(1, len(data)))
