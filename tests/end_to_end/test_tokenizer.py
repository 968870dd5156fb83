"""The shards of the tiny world: every document whole, nothing lost, the same bytes however they are made."""

import hashlib
import random
import shutil
from collections import Counter
from pathlib import Path

import fsspec
import pytest

from beam_jobs.command import run_job
from beam_jobs.tokenizer.definition import COMMAND
from stages.artifacts import sha256_of
from stages.rebuilt_documents import rebuilt_documents
from stages.shards import Origin, PackedRows, read_origins
from stages.splits import SPLITS
from stages.tokenizer import Tokenizer
from tests.end_to_end.conftest import run
from tests.end_to_end.results import hashes, manifest, rows
from tests.end_to_end.stored_documents import pieces
from tests.end_to_end.world import UNISOLATED, World


def documents_in_shards(folder: Path, split: str) -> dict[int, list[int]]:
    """Every document's tokens, put together again from its pieces."""
    paths = [str(folder / file["path"]) for file in manifest(folder)["files"][split]]
    return {one.id: one.tokens.tolist() for path in paths for one in rebuilt_documents(path)}


@pytest.mark.parametrize("split", SPLITS)
def test_every_document_can_be_read_back_from_the_shards(finished: Path, split: str) -> None:
    tokenizer = Tokenizer.load(str(finished / "tokenizer" / "tokenizer"))
    texts = {row["id"]: row["text"] for row in rows(finished / "corpus", "documents") if row["split"] == split}
    packed = documents_in_shards(finished / "tokenizer", split)
    assert packed.keys() == texts.keys()
    for document_id, tokens in packed.items():
        assert tokens[0] == tokenizer.bos_id
        assert tokens[-1] == tokenizer.eos_id
        assert tokenizer.decode(tokens) == texts[document_id]


def test_no_document_that_fits_a_row_is_cut(finished: Path) -> None:
    folder = finished / "tokenizer"
    lengths = {one: len(tokens) for one, tokens in documents_in_shards(folder, "train").items()}
    count = Counter(one for row in pieces(folder) for one, _ in row)
    assert all(count[one] == -(-length // 65) for one, length in lengths.items())
    assert manifest(folder)["facts"]["splits"]["train"]["cut"] == 0


def test_the_manifest_counts_what_is_in_the_shards(finished: Path) -> None:
    folder = finished / "tokenizer"
    facts = manifest(folder)["facts"]
    for split in SPLITS:
        packed = PackedRows([str(folder / file["path"]) for file in manifest(folder)["files"][split]])
        documents = documents_in_shards(folder, split)
        counts = facts["splits"][split]
        assert counts["rows"] == len(packed) == sum(int(one["rows"]) for one in packed.metadata)
        assert counts["documents"] == len(documents)
        assert counts["tokens"] == sum(map(len, documents.values()))
        assert counts["padding"] == len(packed) * 65 - counts["tokens"]
        sizes = [len(row["text"].encode()) for row in rows(finished / "corpus", "documents") if row["split"] == split]
        assert counts["text_bytes"] == sum(sizes) == sum(int(one["text_bytes"]) for one in packed.metadata)
    assert len(manifest(folder)["files"]["train"]) > 1


def test_the_origins_of_all_held_out_documents_lie_beside_the_shards(finished: Path) -> None:
    folder = finished / "tokenizer"
    files = manifest(folder)["files"]
    found = read_origins([str(folder / file["path"]) for file in files["held_out"]])
    held_out = [row for row in rows(finished / "corpus", "documents") if row["split"] != "train"]
    assert found == {row["id"]: Origin(row["source"], row["language"], row["url"]) for row in held_out}
    assert sum(file["rows"] for file in files["held_out"]) == len(held_out) > 0
    assert all(sha256_of(folder / file["path"]) == file["sha256"] for file in files["held_out"])


def test_tokenizer_and_shards_do_not_depend_on_how_the_corpus_is_cut(
    world: World, finished: Path, tmp_path: Path
) -> None:
    run(world.recipe(tmp_path / "out"), 1, f"corpus.unit_megabytes=0.005 {UNISOLATED}")
    one, other = tmp_path / "out", finished
    assert len(manifest(one / "corpus")["files"]["documents"]) > len(manifest(other / "corpus")["files"]["documents"])
    mine, theirs = hashes(one / "tokenizer"), hashes(other / "tokenizer")
    # The manifest names the corpus it was made from, whose files are other ones.
    assert {**mine, "manifest.json": ""} == {**theirs, "manifest.json": ""}


def test_a_remote_folder_gets_the_same_files(world: World, finished: Path, tmp_path: Path) -> None:
    recipe = world.recipe(tmp_path / "out")
    recipe.write_text(recipe.read_text().replace(str(tmp_path / "out"), "memory://bucket/out"))
    run(recipe, workers=1)
    files = fsspec.filesystem("memory")
    for job in ("corpus", "tokenizer"):
        for name, sha256 in hashes(finished / job).items():
            assert hashlib.sha256(files.cat_file(f"/bucket/out/{job}/{name}")).hexdigest() == sha256, name


def test_a_second_run_does_nothing_and_says_so(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_job(COMMAND, ["--recipe", str(finished.with_suffix(".toml"))])
    assert "tokenizer: nothing to do" in capsys.readouterr().out


def test_a_shard_that_was_lost_is_made_again(world: World, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "out")
    folder = tmp_path / "out" / "tokenizer"
    victims = [folder / file["path"] for file in manifest(folder)["files"]["train"]]
    random.Random(1).choice(victims).unlink()
    run(world.recipe(tmp_path / "out"), workers=1)
    assert hashes(folder) == hashes(finished / "tokenizer")
