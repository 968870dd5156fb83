"""`make export-shards`: whole or not at all, nothing of anybody else touched, nothing done twice."""

import errno
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from beam_jobs.export_shards import command
from stages import artifacts
from stages.artifacts import sha256_of
from stages.errors import GristmillError
from stages.rebuilt_documents import rebuilt_documents
from tests.beam_jobs.stored_shards import StoredShards, make_stored_shards

FORMATS = {
    "megatron": {"train.bin", "train.idx", "validation.bin", "validation.idx", "test.bin", "test.idx"},
    "nanogpt": {"train.bin", "val.bin", "test.bin"},
    "hugging_face": {
        f"data/{name}.parquet"
        for name in (
            "train-00000-of-00002",
            "train-00001-of-00002",
            "validation-00000-of-00001",
            "test-00000-of-00001",
        )
    },
}
BESIDE = {"README.md", "manifest.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json"}
STATE = {"_state.json", ".lock"}
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def stored(tmp_path: Path) -> StoredShards:
    return make_stored_shards(tmp_path / "out")


def export(stored: StoredShards, name: str, *arguments: str) -> Path:
    command.main(["--recipe", stored.recipe, "--format", name, *arguments])
    return stored.folder / "export" / name


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_has_its_files_and_a_manifest_of_them(stored: StoredShards, name: str) -> None:
    folder = export(stored, name)
    assert set(files(folder)) == FORMATS[name] | BESIDE | STATE
    manifest = json.loads((folder / "manifest.json").read_text())
    listed = [file for kind in manifest["files"].values() for file in kind]
    assert {file["path"] for file in listed} == (FORMATS[name] | BESIDE) - {"manifest.json"}
    for file in listed:
        assert (folder / file["path"]).stat().st_size == file["bytes"]
        assert sha256_of(folder / file["path"]) == file["sha256"]
    assert manifest["facts"]["tokenizer"] == sha256_of(stored.folder / "tokenizer" / "manifest.json")
    assert manifest["facts"]["vocabulary_size"] == stored.tokenizer.vocabulary_size
    for split, counts in manifest["facts"]["splits"].items():
        assert counts["tokens"] == sum(len(stored.whole(row)) for row in stored.documents(split).values())


def test_nanogpt_has_all_documents_of_all_shards(stored: StoredShards) -> None:
    folder = export(stored, "nanogpt")
    shards = [str(stored.shard("train", number)) for number in (0, 1)]
    expected = [token for path in shards for one in rebuilt_documents(path) for token in one.tokens.tolist()]
    assert np.memmap(folder / "train.bin", np.uint16, "r").tolist() == expected
    assert len(expected) == sum(len(stored.whole(row)) for row in stored.documents("train").values())


@pytest.mark.parametrize("name", FORMATS)
def test_a_second_run_does_nothing_and_another_packing_all(
    stored: StoredShards, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = export(stored, name)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert "export-shards: written to" in capsys.readouterr().out
    export(stored, name)
    assert "export-shards: nothing to do, " in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    stored.write("concatenate")
    export(stored, name)
    assert "export-shards: written to" in capsys.readouterr().out


@pytest.mark.parametrize("name", FORMATS)
def test_equal_shards_give_equal_bytes(stored: StoredShards, name: str, tmp_path: Path) -> None:
    export(stored, name, "--to", str(tmp_path / "other"))
    assert files(tmp_path / "other") == files(export(stored, name))


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException, after: int) -> None:
    """The next exports fail after so many shards."""
    original = command._checked

    def checked(*arguments: Any) -> Iterable[str]:
        nonlocal after
        for shard in original(*arguments):
            if not after:
                raise error
            after -= 1
            yield shard

    monkeypatch.setattr(command, "_checked", checked)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    stored: StoredShards, name: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, OSError(errno.ENOSPC, "No space left on device"), after)
        with pytest.raises(GristmillError, match=rf"{name}: cannot be written: No space left on device; make room"):
            export(stored, name)
    folder = stored.folder / "export" / name
    left = set(files(folder))
    assert "manifest.json" not in left
    assert left <= FORMATS[name] | STATE
    assert set(files(export(stored, name))) == FORMATS[name] | BESIDE | STATE


def test_a_shard_that_cannot_be_read_is_not_taken_for_a_full_disk(
    stored: StoredShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = str(stored.shard("train"))
    failing(monkeypatch, OSError(errno.EIO, "Input/output error", shard), 0)
    with pytest.raises(OSError, match="Input/output error") as raised:
        export(stored, "nanogpt")
    assert raised.value.filename == shard


def test_a_disk_that_is_full_in_the_middle_of_a_file_is_one_line(
    stored: StoredShards, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("megatron", "nanogpt"):
        monkeypatch.setattr(f"stages.shard_exports.{module}.BUFFER_BYTES", 0)
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for name in FORMATS:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
            try:
                with pytest.raises(GristmillError, match=rf"{name}: cannot be written: .*make room"):
                    export(stored, name)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, before)
            assert not any(one.endswith((".tmp", "manifest.json")) for one in files(stored.folder / "export" / name))
    finally:
        signal.signal(signal.SIGXFSZ, handler)


KILLED = """
import os, signal, sys
from beam_jobs.export_shards import command

original = command._checked

def checked(*arguments):
    for number, shard in enumerate(original(*arguments)):
        if number == after:
            os.kill(os.getpid(), signal.SIGKILL)
        yield shard

after = {after}
command._checked = checked
command.main(sys.argv[1:])
"""


@pytest.mark.parametrize(("name", "after"), [("megatron", 1), ("nanogpt", 1), ("hugging_face", 0)])
def test_after_a_kill_the_same_command_goes_on_and_tidies_up(
    stored: StoredShards, name: str, after: int, tmp_path: Path
) -> None:
    """Killed in the middle of a file: the process has no time to remove what it has begun."""
    arguments = ["--recipe", stored.recipe, "--format", name]
    killed = subprocess.run([sys.executable, "-c", KILLED.format(after=after), *arguments], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    left = set(files(stored.folder / "export" / name))
    assert left - STATE and all(one.endswith(".tmp") for one in left - STATE)
    export(stored, name, "--to", str(tmp_path / "whole"))
    assert files(export(stored, name)) == files(tmp_path / "whole")


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_that_is_being_replaced_has_no_manifest(
    stored: StoredShards, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = export(stored, name)
    stored.write("concatenate")
    with monkeypatch.context() as patch:
        failing(patch, KeyboardInterrupt(), 2)
        with pytest.raises(KeyboardInterrupt):
            export(stored, name)
    assert "manifest.json" not in files(folder), "its files are of two runs"
    export(stored, name, "--to", str(tmp_path / "whole"))
    assert files(export(stored, name)) == files(tmp_path / "whole")


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_gone_or_cut_is_written_again(stored: StoredShards, name: str) -> None:
    folder = export(stored, name)
    whole = files(folder)
    chosen = folder / min(FORMATS[name])
    chosen.unlink()
    assert files(export(stored, name)) == whole
    chosen.write_bytes(chosen.read_bytes()[:-1])
    assert files(export(stored, name)) == whole


def test_what_an_earlier_export_had_more_is_removed_and_what_others_put_there_stays(stored: StoredShards) -> None:
    folder = export(stored, "hugging_face")
    (folder / "notes.txt").write_text("mine")
    manifest = json.loads((stored.folder / "tokenizer" / "manifest.json").read_text())
    manifest["files"]["train"] = manifest["files"]["train"][:1]
    manifest["files"]["test"] = []
    artifacts.write_json(str(stored.folder / "tokenizer" / "manifest.json"), manifest)
    export(stored, "hugging_face")
    assert {path.name for path in (folder / "data").iterdir()} == {
        "train-00000-of-00001.parquet",
        "validation-00000-of-00001.parquet",
    }
    assert (folder / "notes.txt").read_text() == "mine"
    assert "split: test" not in (folder / "README.md").read_text()


def test_nothing_is_written_where_something_else_lies(stored: StoredShards, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "README.md").write_text("mine")
    with pytest.raises(GristmillError, match=r"other: not empty \(README\.md\); name a new folder with TO="):
        export(stored, "nanogpt", "--to", str(other))
    assert files(other) == {"README.md": b"mine"}
    before = files(stored.folder / "tokenizer")
    with pytest.raises(GristmillError, match=r"tokenizer: not empty"):
        export(stored, "nanogpt", "--to", str(stored.folder / "tokenizer"))
    assert files(stored.folder / "tokenizer") == before


def test_a_folder_in_which_another_run_writes_is_left_to_it(stored: StoredShards, tmp_path: Path) -> None:
    folder = tmp_path / "busy"
    with (
        artifacts.sole_writer(str(folder)),
        pytest.raises(GristmillError, match="busy: another run is writing here"),
    ):
        export(stored, "nanogpt", "--to", str(folder))
    assert set(files(folder)) == {".lock"}


def test_a_folder_may_be_named_by_its_address(stored: StoredShards, tmp_path: Path) -> None:
    export(stored, "nanogpt", "--to", f"file://{tmp_path}/there")
    assert set(files(tmp_path / "there")) == FORMATS["nanogpt"] | BESIDE | STATE


def test_two_formats_do_not_share_a_folder(stored: StoredShards, tmp_path: Path) -> None:
    to = ("--to", str(tmp_path / "shared"))
    export(stored, "nanogpt", *to)
    before = files(tmp_path / "shared")
    with pytest.raises(GristmillError, match="shared: holds an export for nanogpt; name another folder with TO="):
        export(stored, "megatron", *to)
    assert files(tmp_path / "shared") == before


@pytest.mark.parametrize("name", FORMATS)
def test_a_shard_that_is_not_the_manifests_is_no_part_of_an_export(stored: StoredShards, name: str) -> None:
    path = stored.shard("train", 1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(GristmillError, match=r"train/shard-00001\.arrow: damaged: not the file that the manifest"):
        export(stored, name)
    path.unlink()
    with pytest.raises(GristmillError, match=r"train/shard-00001\.arrow: missing; run `make tokenizer`"):
        export(stored, name)
    assert "manifest.json" not in files(stored.folder / "export" / name)


@pytest.mark.parametrize(("given", "shown"), [("", "FORMAT=: "), ("csv", "FORMAT=csv: ")])
def test_a_wrong_format_is_one_line(stored: StoredShards, given: str, shown: str) -> None:
    with pytest.raises(GristmillError, match=f"{shown}give one of megatron, nanogpt, hugging_face"):
        export(stored, given)


def test_too_many_tokens_for_nanogpt_write_nothing(stored: StoredShards) -> None:
    stored.write(vocabulary_size=65_537)
    with pytest.raises(GristmillError, match="nanogpt: its tokens have 16 bits"):
        export(stored, "nanogpt")
    assert not (stored.folder / "export").exists()


def test_without_shards_the_job_to_run_is_named(stored: StoredShards) -> None:
    manifest = json.loads((stored.folder / "tokenizer" / "manifest.json").read_text())
    for split in ("train", "validation", "test"):
        manifest["files"].pop(split)
    artifacts.write_json(str(stored.folder / "tokenizer" / "manifest.json"), manifest)
    with pytest.raises(GristmillError, match="tokenizer: the shards have no rows"):
        export(stored, "megatron")
    shutil.rmtree(stored.folder / "tokenizer")
    with pytest.raises(GristmillError, match="run `make tokenizer` first"):
        export(stored, "megatron")


def test_the_tokenizer_comes_along_and_hugging_face_loads_it(stored: StoredShards) -> None:
    from transformers import AutoTokenizer

    folder = export(stored, "hugging_face")
    loaded = AutoTokenizer.from_pretrained(folder)
    row = pq.read_table(folder / "data" / "test-00000-of-00001.parquet").to_pylist()[0]
    document = stored.documents("test")[row["document_ids"][0]]
    whole = loaded.decode(row["input_ids"][: row["seq_lengths"][0]], skip_special_tokens=True)
    assert document["text"].startswith(whole.rstrip("\ufffd"))
