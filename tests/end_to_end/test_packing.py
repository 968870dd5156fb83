"""How documents are put into rows, by the recipe: every mode loses nothing, and none depends on the fragments."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stages.rebuilt_documents import rebuilt_documents
from stages.shards import PackedRows, Run
from stages.tokenizer import Tokenizer
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.stored_documents import document, documents, pieces, text, tokenized, tokens_of, write_corpus

BY_SOURCE = 'rows_of = "source"\n'
MODES = ("best_fit", "concatenate", "one_document")


def rows() -> list[dict[str, Any]]:
    long = [
        document(f"long {number}", source="books", text=text(f"long {number}", 10 * number)) for number in range(1, 20)
    ]
    every = [*documents("web", 60), *documents("french", 30, language="fr"), *long]
    return [*every, *documents("validation", 8, split="validation")]


def packed(folder: Path, settings: str, fragments: int = 3) -> Path:
    """The job's folder; settings are lines of `[tokenizer.packing]`, and what sections may follow."""
    write_corpus(folder / "out" / "corpus", rows(), fragments)
    return tokenized(folder / "out", settings)


def mode_of(mode: str) -> str:
    return f'mode = "{mode}"\n'


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {mode: packed(tmp_path_factory.mktemp(mode), mode_of(mode)) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
def test_every_document_comes_back_whole(folders: dict[str, Path], mode: str) -> None:
    folder = folders[mode]
    tokenizer = Tokenizer.load(str(folder / "tokenizer"))
    found = {
        one.id: tokenizer.decode(one.tokens)
        for split in ("train", "validation")
        for file in manifest(folder)["files"][split]
        for one in rebuilt_documents(str(folder / file["path"]))
    }
    assert found == {row["id"]: row["text"] for row in rows()}


@pytest.mark.parametrize("mode", MODES)
def test_the_manifest_and_the_shards_name_the_mode(folders: dict[str, Path], mode: str) -> None:
    folder = folders[mode]
    assert manifest(folder)["facts"]["recipe"]["packing"]["mode"] == mode
    paths = [str(folder / file["path"]) for file in manifest(folder)["files"]["train"]]
    assert {one["packing"] for one in PackedRows(paths).metadata} == {mode}


def test_best_fit_cuts_nothing_without_need_and_pads_little(folders: dict[str, Path]) -> None:
    counts = {mode: manifest(folder)["facts"]["splits"]["train"] for mode, folder in folders.items()}
    assert counts["best_fit"]["cut"] == counts["one_document"]["cut"] == 0 < counts["concatenate"]["cut"]
    padding = [counts[mode]["padding"] / counts[mode]["tokens"] for mode in ("concatenate", "best_fit", "one_document")]
    assert padding == sorted(padding)
    assert len({counts[mode]["tokens"] for mode in MODES}) == 1


def test_concatenated_rows_are_full_but_for_the_last_of_a_shard(folders: dict[str, Path]) -> None:
    folder = folders["concatenate"]
    for file in manifest(folder)["files"]["train"]:
        shard = PackedRows([str(folder / file["path"])])
        sizes = [len(shard.row(number).tokens) for number in range(len(shard))]
        assert set(sizes[:-1]) == {65}


def test_one_document_has_its_rows_for_itself(folders: dict[str, Path]) -> None:
    assert all(len(row) == 1 for row in pieces(folders["one_document"]))


@pytest.mark.parametrize("mode", MODES)
def test_the_shards_do_not_depend_on_fragments(folders: dict[str, Path], mode: str, tmp_path: Path) -> None:
    other = packed(tmp_path, mode_of(mode), fragments=7)
    assert {**hashes(other), "manifest.json": ""} == {**hashes(folders[mode]), "manifest.json": ""}


@pytest.mark.parametrize("rows_of", ["source", "language"])
def test_rows_can_be_of_one_source_or_language(tmp_path: Path, rows_of: str) -> None:
    folder = packed(tmp_path, f'rows_of = "{rows_of}"\n')
    part_of = {row["id"]: row[rows_of] for row in rows()}
    shard_paths = [str(folder / file["path"]) for file in manifest(folder)["files"]["train"]]
    seen: Counter[str] = Counter()
    for path in shard_paths:
        shard = PackedRows([path])
        row = 0
        for _, part, count in shard.runs:
            for number in range(row, row + count):
                assert {part_of[one] for one in shard.row(number).doc_ids} == {part}
            seen[part] += count
            row += count
    assert seen.keys() == {row[rows_of] for row in rows() if row["split"] == "train"}
    validation = [str(folder / file["path"]) for file in manifest(folder)["files"]["validation"]]
    assert {run.part for run in PackedRows(validation).runs} == {""}
    assert sum(tokens_of(folder).values()) == manifest(folder)["facts"]["splits"]["train"]["tokens"]


def test_copies_of_a_document_share_no_row_and_come_back_as_often(tmp_path: Path) -> None:
    folder = packed(tmp_path, BY_SOURCE + "[mixture]\nepochs = {books = 3.0}\n")
    assert all(len({one for one, _ in row}) == len(row) for row in pieces(folder))
    found: Counter[int] = Counter()
    for file in manifest(folder)["files"]["train"]:
        found.update(one.id for one in rebuilt_documents(str(folder / file["path"])))
    assert all(found[row["id"]] == (3 if row["source"] == "books" else 1) for row in rows() if row["split"] == "train")


def test_runs_follow_stages_then_parts(tmp_path: Path) -> None:
    folder = packed(tmp_path, BY_SOURCE + '[mixture]\ncurriculum = {by = "length", stages = 2}\n')
    for file in manifest(folder)["files"]["train"]:
        runs: tuple[Run, ...] = PackedRows([str(folder / file["path"])]).runs
        assert len(runs) > 2
        assert all(before[:2] < after[:2] for before, after in pairwise(runs))
