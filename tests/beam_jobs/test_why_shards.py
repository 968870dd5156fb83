"""`make why` after the tokenizer job: whether a document is in the shards."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beam_jobs.tokenizer.documents import REMOVED_SCHEMA
from beam_jobs.why import command
from stages.artifacts import Manifest, OutputFile, read_manifest, write_manifest
from tests.beam_jobs.stored_corpus import StoredCorpus


def tokenize(corpus: StoredCorpus, sha256: str) -> None:
    rows = [
        {"id": 2, "source": "web", "rule": "not_drawn", "value": 0.75, "threshold": 0.5},
        {"id": 3, "source": "web", "rule": "near_held_out", "value": 0.8, "threshold": 0.7, "duplicate_of": 77},
        {"id": 1, "source": "books", "rule": "duplicate_id", "duplicate_of": 1},
    ]
    path = corpus.folder / "tokenizer" / "removals" / "pack-00000.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=REMOVED_SCHEMA), path)
    files = {"removals": [OutputFile("removals/pack-00000.parquet", path.stat().st_size, "", len(rows))]}
    write_manifest(str(corpus.folder / "tokenizer"), Manifest("tokenizer", files, {"corpus": sha256}))


@pytest.fixture
def stored(tmp_path: Path) -> StoredCorpus:
    corpus = StoredCorpus(tmp_path / "out")
    for number in (1, 2, 3):
        corpus.document(number)
    corpus.low_quality(4, measured={"words": 20.0})
    corpus.write()
    return corpus


def shown(corpus: StoredCorpus, number: int, capsys: pytest.CaptureFixture[str]) -> str:
    command.main(["--recipe", str(corpus.recipe_file), "--id", str(number)])
    lines = capsys.readouterr().out.splitlines()
    return next((line for line in lines if line.startswith("in the shards")), "")


def test_a_document_is_in_the_shards_or_its_removal_says_why_not(
    stored: StoredCorpus, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenize(stored, read_manifest(str(stored.folder / "corpus"), "corpus").sha256)
    assert shown(stored, 1, capsys) == "in the shards  yes", "the one of another source is not this one"
    assert shown(stored, 2, capsys) == "in the shards  no: not drawn, 0.75 with a bound of 0.5"
    assert shown(stored, 3, capsys) == "in the shards  no: near held out, 0.8 with a bound of 0.7, for 77"
    assert not shown(stored, 4, capsys), "a removal never came so far"


def test_shards_of_another_corpus_say_nothing(stored: StoredCorpus, capsys: pytest.CaptureFixture[str]) -> None:
    assert not shown(stored, 1, capsys)
    tokenize(stored, "another")
    assert not shown(stored, 1, capsys)
