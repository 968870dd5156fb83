"""One folder that mixes every format, damaged and hostile files among them: the ledger closes, however it is cut."""

import bz2
import gzip
import json
from collections import Counter
from html import escape
from pathlib import Path

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from tests.end_to_end.results import as_set, manifest, rows
from tests.end_to_end.world import passages
from tests.stages.sources.warc_builder import arc_record, arc_version_block, http, warc_record

RECIPE = """
name = "mixed"
output = "{output}"
[corpus]
unit_megabytes = {unit}
[[corpus.sources]]
name = "everything"
paths = ["{folder}"]
id_column = "id"
[corpus.reading]
maximum_record_bytes = 3_000_000
[corpus.quality]
gopher_repetition = {{ enabled = false }}
c4 = {{ enabled = false }}
fineweb = {{ enabled = false }}
[corpus.limits]
damaged_share = 1.0
"""
BOMB = gzip.compress(bytes(40_000_000))


class Writer:
    """Writes files of distinct prose; `kept` counts the documents that a run must find in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: Counter[str] = Counter()
        self._texts = passages()
        self._number = 0
        folder.mkdir()

    def text(self) -> str:
        return next(self._texts)

    def page(self) -> bytes:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in self.text().split("\n\n"))
        return f"<!doctype html><html><body><article>{paragraphs}</article></body></html>".encode()

    def record(self, body: bytes | None = None, **headers: str) -> bytes:
        self._number += 1
        return warc_record(http(self.page() if body is None else body, **headers), self._number)

    def wiki_page(self, number: int) -> bytes:
        return (
            f"<page><title>Page {number}</title><ns>0</ns><id>{number}</id><revision><id>{number}1</id>"
            f"<text>{escape(self.text())}</text></revision></page>\n"
        ).encode()

    def write(self, name: str, data: bytes, kept: int) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)
        self.kept[name] = kept


def damage(data: bytes, place: float = 0.5) -> bytes:
    """The data with 30 bytes in it destroyed."""
    start = int(len(data) * place)
    return data[:start] + bytes(byte ^ 0xA5 for byte in data[start : start + 30]) + data[start + 30 :]


def write_archives(to: Writer) -> None:
    members = [gzip.compress(to.record(), mtime=0) for _ in range(10)]
    members[3], members[7] = damage(members[3]), damage(members[7])
    to.write("archives/crawl.warc.gz", b"".join(members), 8)
    whole = b"".join(gzip.compress(to.record(), mtime=0) for _ in range(3))
    to.write("archives/truncated.warc.gz", whole[:-200], 2)
    to.write("archives/plain.warc", b"".join(to.record() for _ in range(3)), 3)
    old = [arc_version_block(), *(arc_record(http(to.page()), f"http://old.test/{number}") for number in range(3))]
    to.write("archives/old.arc.gz", b"".join(gzip.compress(part, mtime=0) for part in old), 3)
    compress = zstandard.ZstdCompressor().compress
    to.write("archives/new.warc.zst", b"".join(compress(to.record()) for _ in range(3)), 3)
    conversions = [warc_record(to.text().encode(), 900 + number, kind="conversion") for number in range(3)]
    to.write("archives/text.warc.wet.gz", b"".join(gzip.compress(part, mtime=0) for part in conversions), 3)
    hostile = [
        to.record(BOMB, Content_Encoding="gzip"),
        to.record(brotli.compress(to.page()), Content_Encoding="br"),
        to.record(gzip.compress(to.page()), Content_Encoding=", ".join(["gzip"] * 9)),
        to.record(b"neither markup nor gzip", Content_Encoding="gzip"),
        to.record(b"<p>" + b"word " * 450_000),
        to.record(b"<div>" * 20_000),
        warc_record(b"x", 999, Content_Length="9" * 15),
    ]
    to.write("archives/hostile.warc.gz", b"".join(gzip.compress(part, mtime=0) for part in hostile), 1)


def write_dumps(to: Writer) -> None:
    head = (
        b'<mediawiki version="0.11"><siteinfo><dbname>testwiki</dbname>'
        b'<namespaces><namespace key="6">Datei</namespace></namespaces></siteinfo>\n'
    )
    streams = [b"".join(to.wiki_page(10 * stream + page) for page in range(2)) for stream in range(4)]
    packed = [bz2.compress(part) for part in (head, *streams, b"</mediawiki>")]
    packed[2] = damage(packed[2])
    to.write("dumps/pages-multistream.xml.bz2", b"".join(packed), 6)
    pages = [to.wiki_page(100 + number) for number in range(3)]
    pages[1] = pages[1].replace(b"</revision>", b"</revsion>")
    to.write("dumps/pages.xml", head + b"".join(pages) + b"</mediawiki>", 2)


def write_tables(to: Writer) -> None:
    def lines(count: int, name: str) -> bytes:
        rows = [{"id": f"{name}-{number}", "text": to.text()} for number in range(count)]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    to.write("tables/lines.jsonl", lines(2, "a") + b'{"text": "cut\n' + b'{"id": 7}\n' + lines(1, "b"), 3)
    to.write("tables/lines.jsonl.gz", gzip.compress(lines(3, "c"), mtime=0)[:-30], 2)
    to.write("tables/lines.jsonl.zst", zstandard.ZstdCompressor().compress(lines(2, "d")), 2)
    for name, kept in (("table", 3), ("broken", 0)):
        path = to.folder / "tables" / f"{name}.parquet"
        ids = [f"{name}-{number}" for number in range(3)]
        pq.write_table(pa.table({"id": ids, "text": [to.text() for _ in ids]}), path, row_group_size=1)
        data = path.read_bytes()
        to.write(f"tables/{name}.parquet", data if kept else data[:-40], kept)


def write_files(to: Writer) -> None:
    to.write("files/a.html", to.page(), 1)
    to.write("files/b.html.gz", gzip.compress(to.page(), mtime=0), 1)
    to.write("files/c.txt", to.text().encode(), 1)
    to.write("files/empty.txt", b"", 0)
    to.write("files/README.md", b"Not data.", 0)
    to.write("files/.hidden.txt", to.text().encode(), 0)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Writer:
    writer = Writer(tmp_path_factory.mktemp("mixed") / "folder")
    for write in (write_archives, write_dumps, write_tables, write_files):
        write(writer)
    return writer


@pytest.fixture(scope="module")
def outcome(mixed: Writer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus folder of a run in small units with one worker."""
    return run(mixed, tmp_path_factory.mktemp("small"), unit=0.002, workers=1)


def run(mixed: Writer, folder: Path, unit: float, workers: int) -> Path:
    recipe = folder / "mixed.toml"
    recipe.write_text(RECIPE.format(output=folder / "out", unit=unit, folder=mixed.folder))
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", str(workers)])
    return folder / "out" / "corpus"


def name_of(mixed: Writer, row: dict[str, dict[str, str]]) -> str:
    return str(Path(row["origin"]["file"]).relative_to(mixed.folder))


def test_all_that_is_whole_is_kept(mixed: Writer, outcome: Path) -> None:
    found = Counter(name_of(mixed, row) for row in rows(outcome, "documents"))
    assert found == +mixed.kept


def test_all_that_is_not_is_a_removal_with_its_rule(mixed: Writer, outcome: Path) -> None:
    removals = Counter((name_of(mixed, row), row["rule"]) for row in rows(outcome, "removals"))
    assert removals == {
        ("archives/crawl.warc.gz", "damaged_record"): 2,
        ("archives/truncated.warc.gz", "damaged_record"): 1,
        ("archives/old.arc.gz", "not_a_response"): 1,
        ("archives/hostile.warc.gz", "expansion"): 1,
        ("archives/hostile.warc.gz", "content_codings"): 1,
        ("archives/hostile.warc.gz", "undecodable_body"): 1,
        ("archives/hostile.warc.gz", "page_bytes"): 1,
        ("archives/hostile.warc.gz", "page_depth"): 1,
        ("archives/hostile.warc.gz", "damaged_record"): 1,
        ("dumps/pages-multistream.xml.bz2", "damaged_record"): 1,
        ("dumps/pages.xml", "damaged_record"): 1,
        ("tables/lines.jsonl", "damaged_record"): 1,
        ("tables/lines.jsonl", "missing_text"): 1,
        ("tables/lines.jsonl.gz", "damaged_record"): 1,
        ("tables/broken.parquet", "damaged_record"): 1,
    }


def test_the_ledger_closes(outcome: Path) -> None:
    ledger = manifest(outcome)["facts"]["ledger"]
    documents, removals = rows(outcome, "documents"), rows(outcome, "removals")
    assert ledger["read"]["read"] == len(documents) + len(removals)
    for count in ledger.values():
        assert count["read"] == count["kept"] + sum(count["removed"].values())


def test_other_cuts_and_workers_give_the_same(mixed: Writer, outcome: Path, tmp_path: Path) -> None:
    other = run(mixed, tmp_path, unit=64, workers=2)
    for kind in ("documents", "removals"):
        assert as_set(rows(other, kind), without=()) == as_set(rows(outcome, kind), without=())


def test_files_that_are_no_data_are_named(
    mixed: Writer, outcome: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "mixed.toml"
    recipe.write_text(RECIPE.format(output=outcome.parent, unit=0.002, folder=mixed.folder))
    run_job(COMMAND, ["--recipe", str(recipe), "--workers", "1"])
    said = capsys.readouterr().out
    assert "2 files of its folders are left out" in said
    assert "README.md" in said
    assert "nothing to do" in said
