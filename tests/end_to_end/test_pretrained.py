"""A tokenizer of another run: taken over as it is, and everything behind it as if it had been trained."""

from pathlib import Path

import pytest
import sentencepiece

from stages.errors import GristmillError
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.stored_documents import RECIPE, documents, tokenized, write_corpus

ROWS = documents("a", 60) + documents("v", 4, split="validation")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    write_corpus(folder / "out" / "corpus", ROWS)
    return tokenized(folder / "out")


def tokenized_with(output: Path, tokenizer: Path) -> Path:
    return tokenized(output, recipe=RECIPE.replace("vocabulary_size = 400", f"pretrained = '{tokenizer}'"))


def test_the_same_corpus_gets_the_same_files(first: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    folder = tokenized_with(tmp_path / "out", first / "tokenizer")
    # Only the run that trained it knows what it has seen.
    differ = {"manifest.json": "", "report.json": ""}
    assert {**hashes(folder), **differ} == {**hashes(first), **differ}
    assert not list((folder / "work" / "sample").glob("lines/*")), "nothing is trained on"
    assert manifest(folder)["facts"]["vocabulary_size"] == 400


def test_another_model_in_the_folder_is_another_run(first: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    mine = tmp_path / "mine"
    mine.mkdir()
    model = first / "tokenizer" / "tokenizer.model"
    (mine / "tokenizer.model").write_bytes(model.read_bytes())
    before = hashes(tokenized_with(tmp_path / "out", mine))
    assert before["tokenizer/tokenizer.json"] == hashes(first)["tokenizer/tokenizer.json"], "made of the model"
    write_corpus(tmp_path / "other" / "corpus", documents("b", 60))
    other = tokenized(tmp_path / "other")
    (mine / "tokenizer.model").write_bytes((other / "tokenizer" / "tokenizer.model").read_bytes())
    after = hashes(tokenized_with(tmp_path / "out", mine))
    assert after["tokenizer/tokenizer.model"] != before["tokenizer/tokenizer.model"]
    assert after["train/shard-00000.arrow"] != before["train/shard-00000.arrow"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "holds no tokenizer.model"), (b"no model", "tokenizer.model: not a SentencePiece model")],
)
def test_a_folder_without_a_model_is_named(tmp_path: Path, content: bytes | None, message: str) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    (tmp_path / "mine").mkdir()
    if content is not None:
        (tmp_path / "mine" / "tokenizer.model").write_bytes(content)
    with pytest.raises(GristmillError, match=rf"tokenizer\.pretrained: .*{message}"):
        tokenized_with(tmp_path / "out", tmp_path / "mine")


def test_a_model_that_loses_text_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    (tmp_path / "mine").mkdir()
    with (tmp_path / "mine" / "tokenizer.model").open("wb") as file:
        lines = iter(row["text"] for row in ROWS)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=lines, model_writer=file, vocab_size=200, pad_id=3, minloglevel=2
        )
    with pytest.raises(GristmillError, match=r"mine: the model loses spaces, newlines or characters"):
        tokenized_with(tmp_path / "out", tmp_path / "mine")
