"""A tiny world of raw files in real formats, made of the language reference that ships with Python."""

import bz2
import gzip
import json
import pydoc_data.topics
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

RECIPE = """
name = "tiny"
output = "{output}"
[corpus]
unit_megabytes = 0.02
[[corpus.sources]]
name = "web"
format = "warc"
paths = ["{world}/web/*.warc.gz"]
[[corpus.sources]]
name = "wiki"
format = "mediawiki"
paths = ["{world}/wiki.xml.bz2"]
[[corpus.sources]]
name = "lines"
format = "jsonl"
paths = ["{world}/lines.jsonl"]
id_column = "key"
[[corpus.sources]]
name = "table"
format = "parquet"
paths = ["{world}/table.parquet"]
[[corpus.sources]]
name = "files"
format = "text"
paths = ["{world}/files/*.txt"]
[corpus.quality.c4]
enabled = false
[corpus.quality.fineweb]
enabled = false
[corpus.split]
validation = 0.2
test = 0.1
[[corpus.augmentation]]
augmenter = "keyboard"
share = 0.2
[[corpus.augmentation]]
augmenter = "word_swap"
share = 0.2
[tokenizer]
vocabulary_size = 512
sentinels = 20
sample.megabytes = 0.2
[tokenizer.packing]
sequence_length = 64
shard_megabytes_of_text = 0.02
[pretrain]
steps = 240
batch_rows = 8
micro_batch_rows = 4
learning_rate = 5e-3
warmup_steps = 10
evaluate_every = 50
evaluation_rows = 16
checkpoint_every = 30
precision = "fp32"
device = "cpu"
threads = 1
[pretrain.model]
layers = 2
width = 32
heads = 2
key_value_heads = 1
[pretrain.generation]
prompts = ["The"]
tokens = 8
"""
UNISOLATED = "corpus.isolation.enabled=false"
"""An override for runs whose settings are their own and whose pages break no parser: it spares them the start of a
process. That it changes no verdict is shown in tests/stages/test_isolated_judging.py."""
RECORDS = {"web": 49, "wiki": 10, "lines": 13, "table": 12, "files": 6}
"""Records of each source: a WARC's `warcinfo` and `request` count too."""


@dataclass(frozen=True)
class World:
    """Where the raw files lie."""

    folder: Path

    def recipe(self, output: Path, text: str = RECIPE) -> Path:
        """Writes a recipe that reads this world and writes to another folder."""
        path = output.with_suffix(".toml")
        path.write_text(text.format(output=output, world=self.folder))
        return path


def passages() -> Iterator[str]:
    """Yields distinct texts of 120 to 200 words of English prose with paragraphs."""
    text = "\n\n".join(topic for _, topic in sorted(pydoc_data.topics.topics.items()))
    prose = [part for part in re.split(r"\n\s*\n", text) if re.fullmatch(r"[A-Z][^|+=>{}]{150,}[.]", part, re.DOTALL)]
    random.Random(1).shuffle(prose)
    passage: list[str] = []
    for part in dict.fromkeys(" ".join(one.split()) for one in prose):
        passage.append(part)
        if sum(len(one.split()) for one in passage) >= 120:
            yield "\n\n".join(passage)
            passage = []


def make_world(folder: Path) -> World:
    """Writes all files."""
    texts = passages()
    (folder / "web").mkdir(parents=True)
    pages = [next(texts) for _ in range(40)]
    records = [warc_record("warcinfo", "", b"software: test"), warc_record("request", "https://site.test/0", b"GET /")]
    records += [response(f"https://site.test/{number}", page) for number, page in enumerate(pages)]
    records += [
        response("https://mirror.test/0", pages[0]),
        response("https://mirror.test/1", pages[1].replace(" the ", " a ", 1)),
        response("https://mirror.test/2", pages[2] + " One more sentence is at the end of this page."),
        response("https://site.test/gone", pages[3], status="404 Not Found"),
        response("https://site.test/picture", pages[4], kind="image/png"),
        response("https://site.test/short", "Only a few words here."),
        response("https://site.test/french", "Le chat est sur la table et il regarde les oiseaux du jardin. " * 5),
    ]
    half = len(records) // 2
    (folder / "web" / "a.warc.gz").write_bytes(b"".join(records[:half]))
    (folder / "web" / "b.warc.gz").write_bytes(b"".join(records[half:]))
    (folder / "wiki.xml.bz2").write_bytes(bz2.compress(dump([next(texts) for _ in range(8)])))
    rows = [{"key": number, "text": next(texts)} for number in range(12)]
    (folder / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"key": "no text"}]))
    pq.write_table(pa.table({"text": [next(texts) for _ in range(12)]}), folder / "table.parquet")
    (folder / "files").mkdir()
    for number in range(6):
        (folder / "files" / f"{number}.txt").write_text(next(texts))
    return World(folder)


def warc_record(kind: str, url: str, block: bytes) -> bytes:
    """One WARC/1.0 record as a gzip member."""
    target = f"WARC-Target-URI: {url}\r\n" if url else ""
    header = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:test:{kind}:{url}>\r\n{target}"
        f"WARC-Date: 2026-01-02T03:04:05Z\r\nContent-Type: application/http\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(header.encode() + block + b"\r\n\r\n", mtime=0)


def response(url: str, text: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """A page as a WARC response record."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    page = f"<html><head><title>Page {url}</title></head><body><article>{paragraphs}</article></body></html>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(page)}\r\n\r\n"
    return warc_record("response", url, head.encode() + page)


def dump(texts: list[str]) -> bytes:
    """A MediaWiki export with articles, a redirect and a talk page."""
    pages = [wiki_page(number, f"Article {number}", 0, text) for number, text in enumerate(texts, 1)]
    pages.append(wiki_page(90, "Elsewhere", 0, "#REDIRECT [[Article 1]]", "<redirect title='Article 1'/>"))
    pages.append(wiki_page(91, "Talk:Article 1", 1, "Let us discuss."))
    site = "<siteinfo><sitename>Test</sitename><dbname>testwiki</dbname><base>https://wiki.test/wiki/Main</base></siteinfo>"
    space = "http://www.mediawiki.org/xml/export-0.10/"
    return f'<mediawiki xmlns="{space}" version="0.10" xml:lang="en">{site}{"".join(pages)}</mediawiki>'.encode()


def wiki_page(number: int, title: str, namespace: int, text: str, extra: str = "") -> str:
    """One page element."""
    return (
        f"<page><title>{title}</title><ns>{namespace}</ns><id>{number}</id>{extra}<revision><id>{number}00</id>"
        f"<timestamp>2026-01-02T03:04:05Z</timestamp><text>{escape(text)}</text></revision></page>"
    )
