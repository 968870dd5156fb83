"""Raw files wherever they lie: found by path, glob and folder, opened, described."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from stages.errors import GristmillError
from stages.recipe import Http
from stages.sources.files import Found, expand, open_source, read_source, status_of
from tests.stages.sources.misbehaving_server import quick, serving

HTTP = quick()
NAMES = ("a.txt", "b/a.txt", "b/.hidden", "b/c/d.txt", ".git/config", "[x].txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def store() -> Iterator[str]:
    address = f"memory://{uuid.uuid4().hex}"
    filesystem = fsspec.filesystem("memory")
    for name in NAMES[:4]:
        filesystem.pipe(f"{address}/{name}", name.encode())
    yield address
    filesystem.rm(address, recursive=True)


def named(root: str, pattern: str) -> list[tuple[str, str]]:
    return [(one.path.removeprefix(root).lstrip("/"), one.name_in_folder) for one in expand(f"{root}/{pattern}")]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.txt", [("a.txt", "")]),
        ("[x].txt", [("[x].txt", "")]),
        ("*.txt", [("[x].txt", ""), ("a.txt", "")]),
        ("?.txt", [("a.txt", "")]),
        ("b", [("b/.hidden", ".hidden"), ("b/a.txt", "a.txt"), ("b/c/d.txt", "c/d.txt")]),
        ("*/c", [("b/c/d.txt", "d.txt")]),
        ("**/*.txt", [("[x].txt", ""), ("a.txt", ""), ("b/a.txt", ""), ("b/c/d.txt", "")]),
        ("none*", []),
        ("none", []),
    ],
)
def test_paths_globs_and_folders_name_files_sorted(folder: Path, pattern: str, found: list[tuple[str, str]]) -> None:
    assert named(str(folder), pattern) == found
    assert named(f"file://{folder}", pattern) == [(f"{folder}/{path}".lstrip("/"), inner) for path, inner in found]


def test_a_file_that_a_glob_names_counts_as_named_though_its_folder_is_matched_too(folder: Path) -> None:
    assert dict(named(str(folder), "**/*"))["b/a.txt"] == ""
    assert dict(named(str(folder), "**/*"))["b/.hidden"] != ""


def test_links_to_files_and_folders_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs/1").write_text("one")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/train.parquet").symlink_to(tmp_path / "blobs/1")
    (tmp_path / "data/more").symlink_to(tmp_path / "blobs")
    (tmp_path / "data/round").symlink_to(tmp_path / "data")
    assert [one.name_in_folder for one in expand(str(tmp_path / "data"))] == ["more/1", "train.parquet"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a.txt", [("a.txt", "")]),
        ("*.txt", [("a.txt", "")]),
        ("b", [("b/.hidden", ".hidden"), ("b/a.txt", "a.txt"), ("b/c/d.txt", "c/d.txt")]),
        ("*/c", [("b/c/d.txt", "d.txt")]),
    ],
)
def test_stores_are_searched_as_folders_are(store: str, pattern: str, found: list[tuple[str, str]]) -> None:
    root = store.replace("memory://", "memory:///")
    assert [
        (one.path.removeprefix(root).lstrip("/"), one.name_in_folder) for one in expand(f"{store}/{pattern}")
    ] == found


def test_a_broken_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "none")
    assert named(str(tmp_path), "*.txt") == [("a.txt", "")]


def test_a_server_has_files_but_no_globs_and_folders() -> None:
    assert expand("https://one.example/a.txt?b=[1]") == [Found("https://one.example/a.txt?b=[1]")]
    for path, kind in (("*.txt", "glob"), ("data/", "folder")):
        with pytest.raises(GristmillError, match=f"a {kind} on a web server cannot be listed; name its files"):
            expand(f"https://one.example/{path}")


def test_a_scheme_that_is_not_known_is_one_line() -> None:
    with pytest.raises(GristmillError, match=r"^nope://x: cannot be listed: .*nope"):
        expand("nope://x")


@pytest.mark.parametrize("look", [status_of, read_source])
def test_a_store_without_its_driver_is_one_line(look: Callable[[str, Http], object]) -> None:
    with pytest.raises(GristmillError, match=r"^oss://x/y: .*ossfs"):
        look("oss://x/y", HTTP)


def test_files_open_at_any_place_and_have_size_and_version_wherever_they_lie(folder: Path, store: str) -> None:
    with serving({"/a.txt": b"a.txt"}) as site:
        for root in (str(folder), store, site.address):
            path = f"{root}/a.txt"
            assert status_of(path, HTTP).size == 5
            assert status_of(path, HTTP) == status_of(path, HTTP)
            assert status_of(path, HTTP).version
            assert read_source(path, HTTP) == b"a.txt"
            with open_source(path, HTTP) as file:
                assert file.seek(0, 2) == 5
                assert file.seek(2) == 2
                assert file.read() == b"txt"


def test_a_missing_file_is_named_wherever_it_is_missing(folder: Path, store: str) -> None:
    with serving() as site:
        for root in (str(folder), store, site.address):
            for look in (status_of, read_source, lambda path, http: open_source(path, http).__enter__()):
                with pytest.raises(GristmillError, match=rf"{root}/none"):
                    look(f"{root}/none", HTTP)


def test_a_name_that_is_not_utf8_is_an_error_that_shows_it(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("text")
    for pattern in (tmp_path, tmp_path / "*.txt"):
        with pytest.raises(GristmillError, match=r"caf\\udce9\.txt': the name is not UTF-8; rename the file"):
            expand(str(pattern))
