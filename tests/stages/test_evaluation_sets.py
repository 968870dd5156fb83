"""Evaluation sets: every text of every row, and one line for a file that cannot be used."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from stages.errors import GristmillError
from stages.evaluation_sets import evaluation_files, evaluation_texts
from stages.recipe import Decontamination

ROWS = [
    {"question": "What is ground?", "choices": ["grain", "stone"], "answer": 0, "meta": {"by": "miller", "years": [1]}},
    {"question": "Who grinds?", "choices": [], "answer": None},
]
TEXTS = [(1, "What is ground?"), (1, "grain"), (1, "stone"), (1, "miller"), (2, "Who grinds?")]


def json_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_every_text_of_a_row_counts_in_json_lines_and_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + json_lines(ROWS[:1]) + b"\n" + json_lines(ROWS[1:]))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert list(evaluation_texts(str(tmp_path / "a.jsonl"))) == TEXTS
    assert list(evaluation_texts(str(tmp_path / "a.parquet"))) == TEXTS


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_named_columns_alone_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines(ROWS))
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert list(evaluation_texts(str(tmp_path / name), ["choices"])) == [(1, "grain"), (1, "stone")]
    with pytest.raises(GristmillError, match=r"a\.\w+: has no column 'text'; correct corpus\.decontamination\.columns"):
        list(evaluation_texts(str(tmp_path / name), ["choices", "text"]))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_compression_is_told_by_the_bytes(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "questions").write_bytes(pack(json_lines(ROWS)))
    assert list(evaluation_texts(str(tmp_path / "questions"))) == TEXTS


def test_the_paragraphs_of_plain_text_are_its_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One line\nand another.\n\n \n\nA second paragraph.\n")
    assert list(evaluation_texts(str(tmp_path / "a.txt"))) == [
        (1, "One line\nand another."),
        (2, "A second paragraph."),
    ]


def test_files_come_from_globs_and_folders_each_once(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "README.md"):
        (tmp_path / name).write_text("{}")
    settings = Decontamination(files=(str(tmp_path), f"{tmp_path}/*.jsonl"))
    assert evaluation_files(settings) == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    with pytest.raises(GristmillError, match=r"corpus\.decontamination\.files: none/\*: no such file"):
        evaluation_files(Decontamination(files=("none/*",)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b'{"a": "b"}\nno JSON\n', "line 2 is not a JSON object"),
        (b'{"a": ' + b"[" * 100_000, "line 1 is not a JSON object"),
        (b'{"a": "\xff"}\n', "line 1 is not a JSON object"),
        (b"PAR1 and no more", "cannot be read: "),
        (gzip.compress(json_lines(ROWS) * 99, mtime=0)[:-20], "damaged: "),
        (b"<html><p>a page", "is html; give JSON lines, Parquet or plain text"),
        (b"\x00\x01\x02", "of no known format"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_with_the_key(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(GristmillError) as caught:
        list(evaluation_texts(str(tmp_path / "file")))
    assert str(caught.value).startswith(f"corpus.decontamination.files: {tmp_path}/file: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
