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
from stages.recipe import Reading, Source
from stages.sources import Span, mediawiki_page, read_records

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
    return list(read_records(DUMP, Span(str(path), start, stop), Reading()))


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
        offset=0,
        url="https://test.example.org/wiki/M%C3%BChle_%26_Bach/Gr%C3%B6%C3%9Fe%3F",
        date="2024-01-02T03:04:05Z",
        title="Mühle & Bach/Größe?",
    )


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, zstandard.compress])
def test_compressions(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Also of files that are cut at any place, in the middle of a page, and compressed part by part."""
    path = tmp_path / "dump.xml"
    data = dump(page(number) for number in range(300)).encode()
    middle = len(data) // 2
    path.write_bytes(compress(data[:middle]) + compress(data[middle:]))
    size = path.stat().st_size
    parts = [read(path, start, stop) for start, stop in pairwise([0, size // 2, size])]
    assert [record.identity for part in parts for record in part] == [
        f"wiki:testwiki:{number}:{number + 1000}" for number in range(300)
    ]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
def test_offsets_are_those_of_the_page_in_the_decompressed_dump(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "dump.xml"
    data = dump(page(number) for number in range(9)).encode()
    path.write_bytes(compress(data))
    found = read(path)
    assert len(found) == 9
    assert all(data[record.offset :].startswith(f"<page><title>{record.title}<".encode()) for record in found)


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
    path = tmp_path / "dump.xml"
    text = dump(page(number) for number in range(100))
    path.write_text(text[: text.index("<id>50</id>")])
    *complete, last = read(path)
    assert len(complete) == 50
    assert not any(refusals(complete))
    assert last.refusal == Refusal("damaged_record", detail="truncated")
    assert text[last.offset :].startswith("<page><title>Page 50<")


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    data = dump(page(number) for number in range(1000)).encode()
    middle = data.index(b"<page><title>Page 500<")
    path.write_bytes((bz2.compress(data[:middle]) + bz2.compress(data[middle:]))[:-50])
    *complete, last = read(path)
    assert len(complete) == 500
    assert last.refusal == Refusal("damaged_record", detail="truncated")


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress])
def test_a_dump_that_ends_between_pages_is_told(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "dump.xml"
    path.write_bytes(compress(dump([page(1), page(2)]).removesuffix("</mediawiki>").encode()))
    *complete, last = read(path)
    assert [record.title for record in complete] == ["Page 1", "Page 2"]
    assert last.refusal == Refusal("damaged_record", detail="truncated")
    assert last.offset == complete[-1].offset


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        (page(2).replace("</title>", "</titel>"), "mismatched tag"),
        (page(2).replace("</page>", ""), "page without its end"),
        (page(2).replace("<page>", "<pagX>"), "junk after document element"),
        (page(2, "&nbsp;"), "undefined entity"),
        (page(2, "\x01"), "not well-formed (invalid token)"),
        (page(2, "<b>" * 100), "elements more than 64 deep"),
        (page(2) + "text between pages", "junk after document element"),
        (page(2).replace("<ns>", "<!DOCTYPE x><ns>"), "not well-formed (invalid token)"),
    ],
)
def test_a_malformed_page_costs_only_itself(tmp_path: Path, wrong: str, detail: str) -> None:
    found = written(tmp_path / "dump.xml.bz2", dump([page(0), page(1), wrong, page(3), page(4)]))
    (damage,) = [record for record in found if record.refusal]
    assert damage.refusal == Refusal("damaged_record", detail=detail)
    assert [record.title for record in found if not record.refusal and record.title != "Page 2"] == [
        "Page 0",
        "Page 1",
        "Page 3",
        "Page 4",
    ]


def test_a_tag_without_end_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediawiki_page, "MAXIMUM_TAG_BYTES", 1 << 18)
    path = tmp_path / "dump.xml"
    path.write_text(dump([page(1).replace("<ns>", f'<ns a="{"x" * 3_000_000}">'), page(2)]))
    wrong, right = read(path)
    assert wrong.refusal == Refusal("damaged_record", detail="a tag of more than 262144 bytes")
    assert right.title == "Page 2"


@pytest.mark.parametrize(
    "head",
    ["not XML at all", "<html><body>", "<!DOCTYPE mediawiki><mediawiki>", "<mediawiki><siteinfo></mediawiki>"],
)
def test_a_head_that_is_none_is_told(tmp_path: Path, head: str) -> None:
    path = tmp_path / "dump.xml"
    path.write_text(head)
    (alone,) = read(path)
    assert alone.refusal is not None
    assert alone.refusal.rule == "damaged_record"
    assert str(alone.refusal.detail).startswith("head: ")
    path.write_text(f"{head}{page(1)}</mediawiki>")
    assert refusals(read(path)) == [alone.refusal, None]


def test_a_head_without_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediawiki_page, "MAXIMUM_HEAD_BYTES", 10_000)
    found = written(tmp_path / "dump.xml.bz2", dump([page(1)], site=SITE + " " * 20_000))
    assert refusals(found) == [Refusal("damaged_record", detail="head: no page in the first 10000 bytes"), None]


def test_bytes_after_the_end_are_told(tmp_path: Path) -> None:
    two = dump([page(1)]) + "\n" + dump([page(2)])
    found = written(tmp_path / "dump.xml.bz2", two)
    assert refusals(found) == [None, Refusal("damaged_record", detail="bytes after the end"), None]
    assert refusals(written(tmp_path / "dump.xml.bz2", dump([page(1)]) + "\n")) == [None]


def test_entities_do_not_expand(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY e0 "mill mill mill mill">{levels}]>' + dump([page(1, "&e11;")])
    assert refusals(written(tmp_path / "dump.xml.bz2", text)) == [
        Refusal("damaged_record", detail="head: a document type declaration"),
        Refusal("damaged_record", detail="undefined entity"),
    ]


def test_a_text_over_the_bound_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    long = "Mühle &amp; Bach " * 300_000
    size = len("Mühle & Bach ".encode()) * 300_000
    path.write_text(dump([page(1), page(2, long), page(3), page(4, "x" * 1000), page(5, "x" * 1001)]), "utf-8")
    reading = Reading(maximum_record_bytes=1000)
    tracemalloc.start()
    found = list(read_records(DUMP, Span(str(path), 0, 1 << 60), reading))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusals(found) == [
        None,
        Refusal("record_bytes", float(size), 1000.0),
        None,
        None,
        Refusal("record_bytes", 1001.0, 1000.0),
    ]
    assert [record.title for record in found] == [f"Page {number}" for number in range(1, 6)]
    assert peak < 2_500_000


def test_the_namespaces_that_links_name(tmp_path: Path) -> None:
    names = {-2: "Medium", 6: "Datei", 14: "Kategorie", 0: "", 1: "Diskussion"}
    inner = "".join(f'<namespace key="{key}" case="first-letter">{name}</namespace>' for key, name in names.items())
    aliases = '<namespacealiases><namespace key="6">Bild</namespace></namespacealiases>'
    site = f"<siteinfo><dbname>dewiki</dbname><namespaces>{inner}</namespaces>{aliases}</siteinfo>"
    (found,) = written(tmp_path / "dump.xml.bz2", dump([page(1)], site))
    assert found.link_namespaces == {"medium", "datei", "kategorie", "bild"}


def test_a_title_that_is_the_name_of_a_namespace_is_an_article(tmp_path: Path) -> None:
    found = written(tmp_path / "dump.xml.bz2", dump([page(1, title="Talk", inner="")]))
    assert refusals(found) == [None]


@pytest.mark.parametrize("version", ["0.3", "0.6", "0.8", "0.10", "0.11"])
def test_schema_versions(tmp_path: Path, version: str) -> None:
    """What the versions say otherwise: restrictions, models, slots of content, origins, uploads."""
    older = "<page><title>A</title><id>1</id><restrictions>sysop</restrictions><revision><id>2</id></revision></page>"
    newer = """<page><title>A</title><ns>0</ns><id>1</id><revision><id>2</id><origin>2</origin>
<model>wikitext</model><format>text/x-wiki</format><text bytes="1" sha1="x" xml:space="preserve">slot</text>
<content><role>mediainfo</role><id>9</id><model>wikibase</model><text>{}</text></content></revision>
<upload><id>7</id></upload></page>"""
    body = older.replace("</revision>", "<text>slot</text></revision>") if version < "0.4" else newer
    text = dump([body]).replace("0.11", version)
    (found,) = written(tmp_path / "dump.xml.bz2", text)
    assert (found.identity, found.content, found.refusal) == ("wiki:testwiki:1:2", "slot", None)


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
    count = sum(
        1 for record in read_records(DUMP, Span(str(path), 0, path.stat().st_size), Reading()) if not record.refusal
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1200
    assert peak < 8_000_000


def test_damage_twice_after_the_end_has_two_identities(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml"
    path.write_text(dump([page(1)]) + "one</mediawiki>two</mediawiki>")
    losses = [record for record in read(path) if record.refusal]
    assert [str(record.refusal.detail) for record in losses if record.refusal] == ["bytes after the end"] * 2
    assert len({record.identity for record in losses}) == 2
    size = path.stat().st_size
    for cut in range(0, size, 50):
        assert read(path, 0, cut) + read(path, cut, size) == read(path)


def test_revisions_without_numbers_differ_by_their_text_or_their_place(tmp_path: Path) -> None:
    def nameless(text: str, namespace: int = 0) -> str:
        revision = f"<revision><text>{text}</text></revision>"
        return f"<page><title>a</title><ns>{namespace}</ns>{revision}{revision}</page>"

    path = tmp_path / "dump.xml"
    path.write_text(dump([nameless("one"), nameless("two"), nameless("talk", 1), nameless(""), nameless("talk", 1)]))
    found = read(path)
    assert [record.identity for record in found[:4]] == [""] * 4
    assert [record.content for record in found[:4]] == ["one", "one", "two", "two"]
    assert all(record.identity.startswith(f"{path}:") for record in found[4:])
    assert len({record.identity for record in found[4:]}) == 6
    size = path.stat().st_size
    for cut in range(0, size, 30):
        assert read(path, 0, cut) + read(path, cut, size) == found
