"""MediaWiki dumps: fields, rules, encodings, damage, and memory that stays flat."""

import bz2
import gzip
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest
import zstandard

from stages.document import Record, Refusal
from stages.recipe import Source
from stages.sources import Span, read_records, spans

DUMP = Source(name="wiki", format="mediawiki", paths=("*",))
SITE = """<siteinfo><sitename>Testpedia</sitename><dbname>testwiki</dbname>
<base>https://test.example.org/wiki/Main_Page</base>
<namespaces><namespace key="0" case="first-letter" /><namespace key="1">Talk</namespace></namespaces></siteinfo>"""


def page(number: int, text: str = "text", title: str = "", inner: str = "<ns>0</ns>", revision: str = "") -> str:
    return f"""<page><title>{title or f"Page {number}"}</title>{inner}<id>{number}</id>
<revision><id>{number + 1000}</id><parentid>5</parentid><timestamp>2024-01-02T03:04:05Z</timestamp>
<contributor><username>Miller</username><id>99</id></contributor><comment>c</comment>{revision}
<text bytes="4" xml:space="preserve">{text}</text><sha1>x</sha1></revision></page>
"""


def dump(pages: Iterable[str], site: str = SITE) -> str:
    namespace = "http://www.mediawiki.org/xml/export-0.11/"
    return f'<mediawiki xmlns="{namespace}" version="0.11">{site}{"".join(pages)}</mediawiki>'


def read(path: Path, start: int = 0, stop: int = 1 << 60) -> list[Record]:
    return list(read_records(DUMP, Span(str(path), start, stop)))


def written(path: Path, text: str) -> list[Record]:
    path.write_bytes(bz2.compress(text.encode()))
    return read(path)


def refusals(records: Iterable[Record]) -> list[Refusal | None]:
    return [record.refusal for record in records]


def test_the_fields_of_a_page(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    text = dump([page(7, "'''Grüße''' &amp; &lt;ref&gt;", title="Mühle &amp; Bach/Größe?")])
    (found,) = written(path, text)
    assert found == Record(
        identity="wiki:testwiki:7:1007",
        media="wikitext",
        content="'''Grüße''' & <ref>",
        file=str(path),
        offset=text.index("<page>"),
        url="https://test.example.org/wiki/M%C3%BChle_%26_Bach/Gr%C3%B6%C3%9Fe%3F",
        date="2024-01-02T03:04:05Z",
        title="Mühle & Bach/Größe?",
    )


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, zstandard.compress])
def test_compressions_and_spans(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "dump.xml"
    data = dump(page(number) for number in range(300)).encode()
    middle = len(data) // 2
    path.write_bytes(data if compress is bytes else compress(data[:middle]) + compress(data[middle:]))
    size = path.stat().st_size
    assert spans(DUMP, str(path), size, 10) == [Span(str(path), 0, size)]
    parts = [read(path, start, stop) for start, stop in pairwise([0, size // 2, size])]
    assert [record.identity for part in parts for record in part] == [
        f"wiki:testwiki:{number}:{number + 1000}" for number in range(300)
    ]


def test_rules(tmp_path: Path) -> None:
    found = written(
        tmp_path / "dump.xml.bz2",
        dump(
            [
                page(1),
                page(2, inner='<ns>0</ns><redirect title="Page 1" />'),
                page(3, "#REDIRECT [[Page 1]]", inner=""),
                page(4, inner="<ns>14</ns>"),
                page(5, title="Talk:Page 1", inner=""),
                page(6, revision="<model>wikitext</model>"),
                page(7, revision="<model>wikibase-item</model>"),
                page(9, inner="<ns>user</ns>"),
                "<page><title>Gone</title><ns>0</ns><id>8</id></page>",
            ]
        ),
    )
    assert refusals(found) == [
        None,
        Refusal("redirect"),
        Refusal("redirect"),
        Refusal("namespace", value=14, threshold=0),
        Refusal("namespace", value=1, threshold=0),
        None,
        Refusal("content_type", detail="wikibase-item"),
        Refusal("namespace", threshold=0, detail="user"),
        Refusal("damaged_record", detail="page without a revision"),
    ]
    assert {record.content for record in found if record.refusal} == {""}
    assert len({record.id for record in found}) == 9


def test_every_revision_is_a_record(tmp_path: Path) -> None:
    twice = page(1).replace("</page>", "<revision><id>2000</id><text>newer</text></revision></page>")
    found = written(tmp_path / "dump.xml.bz2", dump([twice]))
    assert [(record.identity, record.content) for record in found] == [
        ("wiki:testwiki:1:1001", "text"),
        ("wiki:testwiki:1:2000", "newer"),
    ]


def test_without_siteinfo(tmp_path: Path) -> None:
    (found,) = written(tmp_path / "dump.xml.bz2", dump([page(1)], site=""))
    assert (found.identity, found.url, found.refusal) == ("wiki:wiki:1:1001", None, None)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "utf-8-sig"])
def test_encodings(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "dump.xml"
    name = codec.removesuffix("-le").removesuffix("-be").removesuffix("-sig").replace("iso8859", "iso-8859")
    text = f'<?xml version="1.0" encoding="{name}"?>' + dump(page(number, "Mühle") for number in range(50))
    mark = "\ufeff" if codec in ("utf-16-le", "utf-16-be") else ""
    path.write_bytes((mark + text).encode(codec))
    found = read(path)
    assert len(found) == 50
    assert {record.content for record in found} == {"Mühle"}


def test_a_dump_that_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    text = dump(page(number) for number in range(100))
    *complete, last = written(path, text[: text.index("<id>50</id>")])
    assert len(complete) == 50
    assert not any(refusals(complete))
    assert last.refusal is not None
    assert last.refusal.rule == "damaged_record"
    assert "no element found" in str(last.refusal.detail)
    assert text[last.offset :].startswith("<page><title>Page 50<")


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    data = dump(page(number) for number in range(1000)).encode()
    middle = data.index(b"<page><title>Page 500<")
    path.write_bytes((bz2.compress(data[:middle]) + bz2.compress(data[middle:]))[:-50])
    *complete, last = read(path)
    assert len(complete) == 500
    assert last.refusal == Refusal("damaged_record", detail="truncated")


def test_malformed_xml_costs_the_rest_and_says_where(tmp_path: Path) -> None:
    text = dump([page(0), page(1), page(2).replace("</title>", "</titel>"), page(3)])
    *complete, last = written(tmp_path / "dump.xml.bz2", text)
    assert [record.title for record in complete] == ["Page 0", "Page 1"]
    assert last.refusal is not None
    assert "mismatched tag: line" in str(last.refusal.detail)


def test_entities_do_not_expand_without_end(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY e0 "mill mill mill mill">{levels}]>' + dump([page(1, "&e11;")])
    (found,) = written(tmp_path / "dump.xml.bz2", text)
    assert found.refusal is not None
    assert found.refusal.rule == "damaged_record"


def test_empty_files_hold_nothing(tmp_path: Path) -> None:
    assert written(tmp_path / "dump.xml.bz2", "") == []
    (tmp_path / "dump.xml").write_bytes(b"")
    assert read(tmp_path / "dump.xml") == []


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A dump of 25 MB must not take more than a few of them."""
    path = tmp_path / "dump.xml.bz2"
    words = "mill grain stone flour water wheel sack " * 500
    hundred = bz2.compress("".join(page(number, words) for number in range(100)).encode())
    head = bz2.compress(dump([]).removesuffix("</mediawiki>").encode())
    path.write_bytes(head + hundred * 12 + bz2.compress(b"</mediawiki>"))
    tracemalloc.start()
    count = sum(1 for record in read_records(DUMP, Span(str(path), 0, path.stat().st_size)) if not record.refusal)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1200
    assert peak < 4_000_000
