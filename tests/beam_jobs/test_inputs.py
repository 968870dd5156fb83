"""Which files the sources name, with format, size and version; what is left out is said, what is wrong is named."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from beam_jobs.corpus import inputs
from beam_jobs.corpus.inputs import InputFile, resolve_inputs
from stages.errors import GristmillError
from stages.recipe import Source
from tests.stages.sources.misbehaving_server import Site, Step, quick, serving

HTTP = quick()
CRAWL = "CC-MAIN-2025-51"


def source(**settings: object) -> Source:
    return Source.model_validate({"name": "pages", **settings})


def resolve(**settings: object) -> list[InputFile]:
    return resolve_inputs([source(**settings)], HTTP)


def names(files: list[InputFile]) -> list[str]:
    return [Path(file.path).name for file in files]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "c.html"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/a.txt": b"a.txt"}) as running:
        yield running


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(inputs, "say", lines.append)
    return lines


def test_globs_are_sorted_and_name_a_file_once(folder: Path, said: list[str]) -> None:
    files = resolve(paths=(f"{folder}/*.txt", f"{folder}/a*"))
    assert names(files) == ["a.txt", "b.txt"]
    assert [file.size for file in files] == [5, 5]
    assert not said


def test_a_changed_file_has_another_version(folder: Path) -> None:
    (before,) = resolve(paths=(f"{folder}/a.txt",))
    (folder / "a.txt").write_text("other")
    (after,) = resolve(paths=(f"{folder}/a.txt",))
    assert before != after


@pytest.mark.parametrize("name", ["list.txt", "list.txt.gz"])
def test_a_path_list_names_files_by_prefix_and_number(folder: Path, name: str) -> None:
    lines = b"b.txt\n\na.txt\nc.html\n"
    (folder / name).write_bytes(gzip.compress(lines) if name.endswith("gz") else lines)
    listed = resolve(path_list=str(folder / name), path_prefix=f"{folder}/", maximum_files=2)
    assert names(listed) == ["b.txt", "a.txt"]


def test_a_folder_of_hugging_face_gives_its_tables_and_says_what_it_leaves_out(tmp_path: Path, said: list[str]) -> None:
    for name in (
        "data/train-00001-of-00002.parquet",
        "data/train-00000-of-00002.parquet",
        "README.md",
        ".gitattributes",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"PAR1")
    for name in ("dataset_infos.json", "_SUCCESS"):
        (tmp_path / name).write_text("{}")
    files = resolve(paths=(str(tmp_path),), format="parquet")
    assert names(files) == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert said == [
        f"corpus.sources 'pages': 4 files of its folders are left out: {tmp_path}/.gitattributes, "
        f"{tmp_path}/README.md, {tmp_path}/_SUCCESS, …"
    ]
    assert names(resolve(paths=(str(tmp_path),))) == names(files)


def test_a_file_that_a_path_names_itself_is_never_left_out(tmp_path: Path, said: list[str]) -> None:
    for name in ("README.md", "_notes.txt", "a.txt"):
        (tmp_path / name).write_text("text")
    files = resolve(paths=(str(tmp_path), f"{tmp_path}/_*", f"{tmp_path}/README.md"))
    assert names(files) == ["a.txt", "_notes.txt", "README.md"]
    assert not said


def test_auto_tells_formats_file_by_file(tmp_path: Path) -> None:
    contents = {"a.bin": b"WARC/1.0\r\n", "b.bin": b'{"text": ""}', "c.bin": b"<html>", "d.bin": b"text"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(gzip.compress(data))
    assert [file.format for file in resolve(paths=(str(tmp_path),))] == ["warc", "jsonl", "html", "text"]
    assert {file.format for file in resolve(paths=(str(tmp_path / "*"),), format="warc")} == {"warc"}


def test_empty_files_are_fine_beside_others(folder: Path) -> None:
    (folder / "0.txt").write_text("")
    assert [file.size for file in resolve(paths=(f"{folder}/*.txt",))] == [0, 5, 5]


def test_files_on_a_web_server_are_described_in_order_and_retried(site: Site) -> None:
    paths = tuple(f"/{number}.txt" for number in range(20))
    site.files.update({path: path.encode() for path in paths})
    for path in paths[::3]:
        site.steps[f"HEAD {path}"].extend([Step(status=503)])
    files = resolve(paths=tuple(site.address + path for path in paths), format="text")
    assert [(file.path, file.size, file.version) for file in files] == [
        (site.address + path, len(path), '"1"') for path in paths
    ]


def test_a_crawl_is_read_without_looking_into_its_files(site: Site) -> None:
    paths = [f"crawl-data/{CRAWL}/segments/{segment}/wet/{segment}.warc.wet.gz" for segment in (5, 3, 4)]
    site.files[f"/crawl-data/{CRAWL}/wet.paths.gz"] = gzip.compress("\n".join(paths).encode())
    site.files.update({f"/{path}": b"warc" for path in paths})
    files = resolve(crawl=CRAWL, crawl_files="wet", segments="0-1", server=site.address)
    assert [(file.path, file.format) for file in files] == [(f"{site.address}/{path}", "warc") for path in paths[:2]]
    assert not any(one.method == "GET" and "segments" in one.path for one in site.asked)


def test_a_dump_is_described_by_its_list_alone_and_its_day_is_said(site: Site, said: list[str]) -> None:
    file = {"size": 7, "sha1": "abc", "url": "/simplewiki/20251201/simplewiki-20251201-pages-articles.xml.bz2"}
    status = {"jobs": {"articlesdump": {"status": "done", "files": {"simplewiki-20251201": file}}}}
    site.files["/simplewiki/"] = b'<a href="20251201/">'
    site.files["/simplewiki/20251201/dumpstatus.json"] = json.dumps(status).encode()
    files = resolve(wikipedia="simple", server=site.address)
    assert files == [InputFile("pages", "mediawiki", f"{site.address}{file['url']}", 7, "abc")]
    assert said == ["corpus.sources 'pages': the latest dump is dump_date = \"20251201\""]
    assert [one.path for one in site.asked] == ["/simplewiki/", "/simplewiki/20251201/dumpstatus.json"]


def test_a_long_wait_for_sizes_is_announced(site: Site, said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "PATIENCE_SECONDS", 0)
    resolve(paths=(f"{site.address}/a.txt",), format="text")
    assert said == [
        "corpus.sources 'pages': asking for the sizes of 1 files takes 0 minutes; maximum_files takes fewer"
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": ("{}/*.warc",)}, r"corpus.sources 'pages': .*/\*\.warc: no such file"),
        ({"paths": ("{}/none.txt",)}, r"corpus.sources 'pages': .*/none\.txt: no such file"),
        ({"paths": ("{}",), "format": "parquet"}, "none of its 5 files is data of format 'parquet'"),
        ({"path_list": "{}/none.paths"}, r"none\.paths: No such file"),
        ({"path_list": "{}/list", "path_prefix": "{}/"}, r"corpus.sources 'pages': .*/none\.txt: no such file"),
        ({"paths": ("{}/empty",)}, "its 1 files are all empty"),
        ({"paths": ("{}/logo.png",)}, r"corpus.sources 'pages': .*/logo\.png: of no known format"),
    ],
)
def test_what_is_not_there_or_not_known_is_named(folder: Path, settings: dict[str, object], message: str) -> None:
    (folder / "empty").write_text("")
    (folder / "list").write_text("none.txt")
    if "logo" in str(settings):
        (folder / "logo.png").write_bytes(b"\x89PNG\0")
    filled = {
        key: tuple(one.format(folder) for one in value) if isinstance(value, tuple) else str(value).format(folder)
        for key, value in settings.items()
    }
    with pytest.raises(GristmillError, match=message):
        resolve(**filled)


def test_a_missing_file_on_a_web_server_is_named(site: Site) -> None:
    with pytest.raises(GristmillError, match=r"corpus.sources 'pages': .*none\.txt: no such file"):
        resolve(paths=(f"{site.address}/a.txt", f"{site.address}/none.txt"))
