"""Path lists, crawls and dumps: which files they name, and what is said where they do not."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stages.errors import GristmillError
from stages.recipe import Source
from stages.sources.catalogs import Listed, crawl_paths, listed_paths, wikipedia_files
from stages.sources.http import FileStatus
from tests.stages.sources.misbehaving_server import Site, Step, quick, serving

HTTP = quick()
CRAWL = "CC-MAIN-2025-51"
LIST = f"/crawl-data/{CRAWL}/warc.paths.gz"


def source(**settings: object) -> Source:
    return Source.model_validate({"name": "pages", **settings})


def crawl_file(segment: int, number: int) -> str:
    return f"crawl-data/{CRAWL}/segments/1764871112345.{segment}/warc/CC-MAIN-20251201-{number:05d}.warc.gz"


# Segments come in the order of their lists, which is not that of their names.
CRAWL_FILES = [crawl_file(segment, number) for segment in (30, 4, 17) for number in range(2)]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        running.files[LIST] = gzip.compress("\n".join(CRAWL_FILES).encode() + b"\n")
        running.files[LIST.replace("warc.p", "wet.p")] = gzip.compress(CRAWL_FILES[0].replace("warc", "wet").encode())
        yield running


def crawl(site: Site, **settings: object) -> list[str]:
    paths = crawl_paths(source(crawl=CRAWL, server=f"{site.address}/", **settings), HTTP)
    assert all(path.startswith(site.address + "/crawl-data/") for path in paths)
    return [path.removeprefix(site.address + "/") for path in paths]


@pytest.mark.parametrize(
    ("segments", "chosen"), [("", slice(None)), ("0", slice(0, 2)), ("2", slice(4, 6)), ("1-2", slice(2, 6))]
)
def test_a_crawl_names_the_files_of_its_segments_in_the_order_of_its_list(
    site: Site, segments: str, chosen: slice
) -> None:
    site.script(LIST, Step(status=403), Step(send_bytes=20))
    assert crawl(site, segments=segments) == CRAWL_FILES[chosen]


def test_segments_stay_together_though_the_list_mixes_them(site: Site) -> None:
    site.files[LIST] = gzip.compress("\n".join(CRAWL_FILES[::2] + CRAWL_FILES[1::2]).encode())
    assert crawl(site, segments="1") == [CRAWL_FILES[2], CRAWL_FILES[3]]


def test_a_crawl_has_extracted_text_too(site: Site) -> None:
    assert crawl(site, crawl_files="wet") == [CRAWL_FILES[0].replace("warc", "wet")]


def test_a_mirror_of_a_crawl_may_be_a_folder(tmp_path: Path) -> None:
    path = tmp_path / LIST.removeprefix("/")
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(CRAWL_FILES[0].encode()))
    assert crawl_paths(source(crawl=CRAWL, server=str(tmp_path)), HTTP) == [f"{tmp_path}/{CRAWL_FILES[0]}"]


@pytest.mark.parametrize("segments", ["3", "2-3"])
def test_a_segment_that_is_not_there_is_named_with_those_that_are(site: Site, segments: str) -> None:
    with pytest.raises(GristmillError, match=rf"'pages': segments = '{segments}', but {CRAWL} has 3: 0 to 2"):
        crawl(site, segments=segments)


def test_a_crawl_that_is_not_there_is_named(site: Site) -> None:
    wrong = source(crawl="CC-MAIN-1999-01", server=site.address)
    with pytest.raises(GristmillError, match=r"'pages': no crawl 'CC-MAIN-1999-01' at http.*the ids of all crawls are"):
        crawl_paths(wrong, HTTP)


HOSTILE = [
    "/etc/passwd",
    "../../secret",
    "crawl/../../secret",
    "https://evil.example/x",
    "file:///etc/passwd",
    "a\\b",
    "a\tb",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_list_never_leads_elsewhere(site: Site, tmp_path: Path, path: str) -> None:
    site.files[LIST] = gzip.compress(f"{CRAWL_FILES[0]}\n{path}\n".encode())
    with pytest.raises(GristmillError, match=r"names '.*', which is no path below the server or prefix"):
        crawl(site)
    (tmp_path / "list").write_text(path)
    with pytest.raises(GristmillError, match=r"/list: names '.*', which is no path below the server or prefix"):
        listed_paths(source(path_list=str(tmp_path / "list"), path_prefix=f"{tmp_path}/"), HTTP)


@pytest.mark.parametrize("path", ["/etc/passwd", "data/a.txt", "file:///etc/passwd"])
def test_a_list_from_elsewhere_names_no_path_on_this_machine(site: Site, path: str) -> None:
    site.files["/list"] = path.encode()
    with pytest.raises(GristmillError, match=r"/list: names '.*', a path on your machine; give a path_prefix"):
        listed_paths(source(path_list=f"{site.address}/list"), HTTP)


def test_a_list_names_each_path_once_behind_its_prefix(site: Site, tmp_path: Path) -> None:
    lines = b"\xef\xbb\xbfb.txt\r\n\r\n a.txt \nb.txt"
    for name, data in (("list.txt", lines), ("list.gz", gzip.compress(lines)), ("packed", gzip.compress(lines))):
        (tmp_path / name).write_bytes(data)
        site.files[f"/{name}"] = data
        for root in (str(tmp_path), site.address):
            listed = source(path_list=f"{root}/{name}", path_prefix="gs://one/")
            assert listed_paths(listed, HTTP) == ["gs://one/b.txt", "gs://one/a.txt"]
    (tmp_path / "list").write_text("/data/a.txt\nhttps://one.example/b.txt\n")
    assert listed_paths(source(path_list=str(tmp_path / "list")), HTTP) == ["/data/a.txt", "https://one.example/b.txt"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("cut.gz", gzip.compress(b"a.txt", mtime=0)[:-3], "not a whole gzip file"),
        ("text.gz", b"a.txt", "not a whole gzip file"),
        ("bad.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "not a whole gzip file"),
        ("empty", b"\n \n", "the list names no path"),
        ("binary", b"\xff\xfe\xfd", "no list of paths"),
    ],
)
def test_a_list_that_is_none_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(GristmillError, match=rf"/{name}: {message}") as caught:
        listed_paths(source(path_list=str(tmp_path / name)), HTTP)
    assert "\n" not in str(caught.value)


def dump(wiki: str, date: str, parts: int = 1, name: str = "-multistream", **changes: Any) -> dict[str, Any]:
    """The job of a dump as it stands in dumpstatus.json, with its index and in an order of no use."""
    files = {}
    for part in range(parts, 0, -1):
        number, pages = (str(part), f"-p{part}p{part + 1}") if parts > 1 else ("", "")
        for kind in (f"index{number}.txt", f"{number}.xml"):
            separator = "-" if kind.startswith("index") else ""
            file = f"{wiki}-{date}-pages-articles{name}{separator}{kind}{pages}.bz2"
            files[file] = {"size": 100 + part, "url": f"/{wiki}/{date}/{file}", "sha1": f"sha{part}", "md5": "m"}
    return {"status": "done", "updated": f"{date} 10:00:00", "files": files, **changes}


def publish(site: Site, wiki: str, date: str, **jobs: dict[str, Any]) -> None:
    status = {"version": "0.8", "jobs": {"pagetable": {"status": "done", "files": {}}, **jobs}}
    site.files[f"/{wiki}/{date}/dumpstatus.json"] = json.dumps(status).encode()
    dates = sorted({path.split("/")[2] for path in site.files if path.startswith(f"/{wiki}/20")})
    links = "".join(f'<a href="{one}/">{one}/</a>   01-Jan-2026 00:00   -\n' for one in [*dates, "latest"])
    site.files[f"/{wiki}/"] = f'<html><h1>Index</h1><pre><a href="../">../</a>\n{links}</pre>'.encode()


def wikipedia(site: Site, language: str = "en", **settings: object) -> tuple[str, list[Listed]]:
    return wikipedia_files(source(wikipedia=language, server=site.address, **settings), HTTP)


def test_a_dump_names_its_parts_in_order_with_sizes_and_hashes(site: Site) -> None:
    publish(site, "enwiki", "20251201", articlesmultistreamdump=dump("enwiki", "20251201", 11))
    date, files = wikipedia(site, dump_date="20251201")
    stem = f"{site.address}/enwiki/20251201/enwiki-20251201-pages-articles-multistream"
    expected = [
        Listed(f"{stem}{part}.xml-p{part}p{part + 1}.bz2", FileStatus(100 + part, f"sha{part}"))
        for part in range(1, 12)
    ]
    assert (date, files) == ("20251201", expected)
    assert len(site.asked) == 1


def test_the_plain_articles_stand_in_for_the_multistream_ones(site: Site) -> None:
    waiting = dump("simplewiki", "20251201", status="in-progress")
    publish(
        site,
        "simplewiki",
        "20251201",
        articlesmultistreamdump=waiting,
        articlesdump=dump("simplewiki", "20251201", name=""),
    )
    _, (file,) = wikipedia(site, "simple", dump_date="20251201")
    assert file.path == f"{site.address}/simplewiki/20251201/simplewiki-20251201-pages-articles.xml.bz2"


def test_a_file_without_a_hash_has_no_status_yet(site: Site) -> None:
    job = dump("enwiki", "20251201")
    for entry in job["files"].values():
        del entry["sha1"], entry["md5"]
    publish(site, "enwiki", "20251201", articlesmultistreamdump=job)
    _, (file,) = wikipedia(site, dump_date="20251201")
    assert file.status is None


def test_latest_is_the_newest_day_whose_articles_are_done(site: Site) -> None:
    for date in ("20251101", "20251120"):
        publish(site, "enwiki", date, articlesmultistreamdump=dump("enwiki", date))
    publish(site, "enwiki", "20251201", articlesmultistreamdump=dump("enwiki", "20251201", status="waiting"))
    site.files["/enwiki/"] = site.files["/enwiki/"].replace(b"</pre>", b'<a href="/enwiki/20251215">x</a></pre>')
    assert wikipedia(site)[0] == "20251120"
    assert wikipedia(site, dump_date="20251101")[0] == "20251101"


@pytest.mark.parametrize(
    ("language", "wiki"),
    [
        ("zh-min-nan", "zh_min_nanwiki"),
        ("zh_min_nan", "zh_min_nanwiki"),
        ("be-tarask", "be_x_oldwiki"),
        ("fr", "frwiki"),
    ],
)
def test_a_language_is_named_as_in_the_address_of_its_wikipedia(site: Site, language: str, wiki: str) -> None:
    publish(site, wiki, "20251201", articlesmultistreamdump=dump(wiki, "20251201"))
    assert wikipedia(site, language)[0] == "20251201"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"wikipedia": "xx"}, r"no Wikipedia 'xx' at .*/xxwiki/\); the languages are at"),
        ({"wikipedia": "xx", "dump_date": "20251201"}, "no dump of xxwiki on 20251201: .*/xxwiki/ lists them"),
        ({"wikipedia": "en", "dump_date": "19990101"}, "no dump of enwiki on 19990101: .*/enwiki/ lists them"),
        ({"wikipedia": "en", "dump_date": "20251201"}, r"is not complete \(articlesmultistreamdump: waiting\)"),
        ({"wikipedia": "en", "dump_date": "20251202"}, r"is not complete \(no job for articles\)"),
        ({"wikipedia": "en"}, "has no complete dump; look there, give a dump_date"),
    ],
)
def test_a_wrong_language_or_day_is_named_in_one_line(site: Site, settings: dict[str, str], message: str) -> None:
    publish(site, "enwiki", "20251201", articlesmultistreamdump=dump("enwiki", "20251201", status="waiting"))
    publish(site, "enwiki", "20251202")
    with pytest.raises(GristmillError, match=f"^corpus.sources 'pages': .*{message}") as caught:
        wikipedia_files(source(server=site.address, **settings), HTTP)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://evil.example/a.xml.bz2", "/../a-pages-articles.xml.bz2", "//evil/a.xml.bz2", "a.xml.bz2"]
)
def test_a_status_file_never_leads_elsewhere(site: Site, url: str) -> None:
    job = dump("enwiki", "20251201")
    for entry in job["files"].values():
        entry["url"] = url
    publish(site, "enwiki", "20251201", articlesmultistreamdump=job)
    with pytest.raises(GristmillError, match=r"dumpstatus\.json: names"):
        wikipedia(site, dump_date="20251201")


@pytest.mark.parametrize("data", [b"<html>", b"[]", b'{"jobs": {"articlesdump": {"status": "done"}}}', b"\xff"])
def test_a_status_file_that_is_none_is_named(site: Site, data: bytes) -> None:
    site.files["/enwiki/20251201/dumpstatus.json"] = data
    with pytest.raises(GristmillError, match=r"dumpstatus\.json: not the status of a dump"):
        wikipedia(site, dump_date="20251201")


def test_a_mirror_that_cannot_be_listed_needs_a_day(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match='cannot be listed; give dump_date = "YYYYMMDD"'):
        wikipedia_files(source(wikipedia="en", server=str(tmp_path)), HTTP)
