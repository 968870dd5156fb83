"""Artifacts: files are there whole or not at all, manifests find them, fingerprints tell what is done."""

import ast
from pathlib import Path

import pytest

from stages import artifacts
from stages.artifacts import Manifest, OutputFile
from stages.errors import GristmillError

ROOT = Path(__file__).parents[2]


def make_finished(folder: Path, fingerprint: str = "f") -> Manifest:
    folder.mkdir(exist_ok=True)
    (folder / "data.bin").write_bytes(b"1234")
    file = OutputFile("data.bin", 4, artifacts.sha256_of(folder / "data.bin"), 1)
    manifest = artifacts.write_manifest(str(folder), Manifest("corpus", {"data": [file]}, {"fact": 1}))
    artifacts.mark_finished(str(folder), fingerprint)
    return manifest


def test_a_file_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError), artifacts.written(str(target)) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not list((tmp_path / "deep").iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "file"
    artifacts.write_bytes(str(target), b"old")
    with artifacts.written(str(target)) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"


def test_remote_files_are_written_read_listed_and_removed() -> None:
    folder = "memory://artifacts-test"
    artifacts.write_json(artifacts.join(folder, "a/b.json"), {"x": 1})
    assert artifacts.read_json(artifacts.join(folder, "a/b.json")) == {"x": 1}
    assert artifacts.list_files(folder) == ["a/b.json"]
    artifacts.remove(artifacts.join(folder, "a/b.json"))
    assert not artifacts.exists(artifacts.join(folder, "a/b.json"))
    assert artifacts.list_files(folder) == []


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = make_finished(tmp_path / "out")
    read = artifacts.read_manifest(str(tmp_path / "out"), "corpus")
    assert read == written
    assert read.sha256 == artifacts.sha256_of(tmp_path / "out" / "manifest.json")
    assert read.paths("data", "folder") == ["folder/data.bin"]


def test_a_missing_manifest_names_the_job_to_run(tmp_path: Path) -> None:
    with pytest.raises(GristmillError, match="not there; run `make corpus` first"):
        artifacts.read_manifest(str(tmp_path), "corpus")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"job": "x", "files": {"a": [{"path": 1}]}, "facts": {}}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(GristmillError, match=r"manifest\.json: damaged"):
        artifacts.read_manifest(str(tmp_path), "corpus")


def test_finished_work_is_known_by_its_fingerprint(tmp_path: Path) -> None:
    make_finished(tmp_path / "out")
    assert artifacts.is_finished(str(tmp_path / "out"), "f")
    assert not artifacts.is_finished(str(tmp_path / "out"), "another")
    assert not artifacts.is_finished(str(tmp_path / "nothing"), "f")


def test_work_is_not_finished_when_a_file_is_gone_or_cut(tmp_path: Path) -> None:
    make_finished(tmp_path / "out")
    (tmp_path / "out" / "data.bin").write_bytes(b"12")
    assert not artifacts.is_finished(str(tmp_path / "out"), "f")
    (tmp_path / "out" / "data.bin").unlink()
    assert not artifacts.is_finished(str(tmp_path / "out"), "f")


def test_the_code_version_covers_what_a_module_imports() -> None:
    assert artifacts.code_version("stages.errors") != artifacts.code_version("stages.artifacts")
    imported = {"stages.errors", "stages.artifacts"}
    assert imported <= set(artifacts.source_hashes("beam_jobs.corpus.__main__"))
    assert "stages.near_duplicates" in artifacts.source_hashes("beam_jobs.corpus.extract")
    assert "stages.judging" in artifacts.source_hashes("beam_jobs.corpus.__main__")
    assert "trainer" not in {name.split(".")[0] for name in artifacts.source_hashes("beam_jobs.corpus.__main__")}


def test_a_second_writer_is_turned_away(tmp_path: Path) -> None:
    with (
        artifacts.sole_writer(str(tmp_path)),
        pytest.raises(GristmillError, match="another run is writing here"),
        artifacts.sole_writer(str(tmp_path)),
    ):
        pass
    with artifacts.sole_writer(str(tmp_path)):
        pass


def test_a_missing_input_is_named() -> None:
    with pytest.raises(GristmillError, match="nowhere/file: No such file"), artifacts.open_file("nowhere/file"):
        pass


def test_the_imports_of_every_module_are_found_as_the_parser_finds_them() -> None:
    def parsed(source: bytes) -> set[str]:
        found = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
        return found

    sources = [path.read_bytes() for room in artifacts.ROOMS for path in (ROOT / room).rglob("*.py")]
    assert len(sources) > 150
    for source in sources:
        found = set(artifacts._imports(source))
        assert parsed(source) <= found
        assert found - parsed(source) == set()


def test_text_that_looks_like_an_import_is_no_import() -> None:
    source = b'"""\nimport all of it,\nfrom here import (what\nyou like)\n"""\nimport os, sys as system\n'
    assert set(artifacts._imports(source)) == {"os", "sys"}
