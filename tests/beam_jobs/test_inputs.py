"""Which files a source names: globs, path lists, http; and what it says of those that are not there."""

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from beam_jobs.corpus.inputs import resolve_inputs
from stages.errors import GristmillError
from stages.recipe import Source


def source(**settings: object) -> Source:
    return Source.model_validate({"name": "pages", "format": "text", **settings})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "c.html"):
        (tmp_path / name).write_text(name)
    return tmp_path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}/"
        http.shutdown()


def test_globs_are_sorted_and_name_a_file_once(folder: Path) -> None:
    files = resolve_inputs([source(paths=(f"{folder}/*.txt", f"{folder}/a*"))])
    assert [Path(file.path).name for file in files] == ["a.txt", "b.txt"]
    assert [file.size for file in files] == [5, 5]


def test_a_changed_file_has_another_version(folder: Path) -> None:
    (before,) = resolve_inputs([source(paths=(f"{folder}/a.txt",))])
    (folder / "a.txt").write_text("other")
    (after,) = resolve_inputs([source(paths=(f"{folder}/a.txt",))])
    assert before != after


@pytest.mark.parametrize("name", ["list.txt", "list.txt.gz"])
def test_a_path_list_names_files_by_prefix_and_number(folder: Path, name: str) -> None:
    lines = b"b.txt\n\na.txt\nc.html\n"
    (folder / name).write_bytes(gzip.compress(lines) if name.endswith("gz") else lines)
    listed = source(path_list=str(folder / name), path_prefix=f"{folder}/", maximum_files=2)
    assert [Path(file.path).name for file in resolve_inputs([listed])] == ["b.txt", "a.txt"]


def test_files_on_a_web_server_have_their_size(server: str) -> None:
    (file,) = resolve_inputs([source(paths=(f"{server}a.txt",))])
    assert (file.path, file.size) == (f"{server}a.txt", 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"paths": ("{}/*.warc",)}, r"corpus.sources 'pages': .*/\*\.warc: no such file"),
        ({"paths": ("{}/none.txt",)}, r"corpus.sources 'pages': .*/none\.txt: no such file"),
        ({"paths": ("{}",)}, "a folder; name its files with a glob"),
        ({"path_list": "{}/none.paths"}, r"none\.paths: No such file"),
        ({"path_list": "{}/empty"}, "the list names no path"),
        ({"path_list": "{}/a.txt.gz"}, r"a\.txt\.gz: not a whole gzip file"),
        ({"paths": ("{}/empty",)}, "its 1 files are all empty"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, settings: dict[str, object], message: str) -> None:
    (folder / "empty").write_text("")
    (folder / "a.txt.gz").write_bytes(gzip.compress(b"a.txt")[:-3])
    filled = {
        key: tuple(one.format(folder) for one in value) if isinstance(value, tuple) else str(value).format(folder)
        for key, value in settings.items()
    }
    with pytest.raises(GristmillError, match=message):
        resolve_inputs([source(**filled)])


def test_a_missing_file_on_a_web_server_is_named(server: str) -> None:
    with pytest.raises(GristmillError, match=r"none\.txt: no such file"):
        resolve_inputs([source(paths=(f"{server}none.txt",))])
