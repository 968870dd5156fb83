"""The tokenizer's report: on text that it was not trained on, beside other tokenizers, and redoing nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sentencepiece

from stages.errors import GristmillError
from stages.quality.segmentation import segments
from stages.recipe import Tokenizer as Settings
from stages.tokenizer import Tokenizer, train_tokenizer
from tests.end_to_end.results import manifest
from tests.end_to_end.stored_documents import RECIPE, document, documents, text, tokenized, write_corpus

ROWS = [
    *documents("web", 80),
    *documents("french", 40, language="fr"),
    *(
        document(f"books {number}", source="books", text=text(f"books {number}", 30) + "\n\n  a")
        for number in range(40)
    ),
    document("symbols", source="rare", text="𐍈" * 50 + text("symbols", 20)),
    *documents("validation", 4, split="validation"),
]
MEASURED = RECIPE.replace("sample.megabytes = 0.5", "sample.megabytes = 0.02\nreport.megabytes = 0.004")


def run(output: Path, recipe: str = MEASURED, rows: list[dict[str, Any]] = ROWS) -> Path:
    write_corpus(output / "corpus", rows)
    return tokenized(output, recipe=recipe)


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text())  # type: ignore[no-any-return]


def comparing(recipe: str, *names: Path | str) -> str:
    return recipe.replace(
        "report.megabytes = 0.004", f"report.megabytes = 0.004\nreport.compare = {[*map(str, names)]}"
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("finished") / "out")


def measured_texts(folder: Path) -> list[dict[str, Any]]:
    (path,) = (folder / "work" / "sample" / "texts").iterdir()
    return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]


def test_figures_are_those_of_the_tokens_of_the_measured_texts(finished: Path) -> None:
    (own,) = report_of(finished)["tokenizers"]
    tokenizer = Tokenizer.load(str(finished / "tokenizer"))
    texts = measured_texts(finished)
    for row in own["cells"]:
        mine = [one["text"] for one in texts if (one["source"], one["language"]) == (row["source"], row["language"])]
        tokens = [token for one in mine for token in tokenizer.encode(one).tolist()]
        size = sum(len(one.encode()) for one in mine)
        assert (row["bytes"], row["tokens"]) == (size, len(tokens))
        assert row["bytes_per_token"] == round(size / len(tokens), 6)
        assert row["words"] == sum(len(one.split()) for one in mine)
        assert row["lost_documents"] == 0
    assert own["all"]["tokens"] == sum(row["tokens"] for row in own["cells"])


def test_measured_texts_are_none_of_those_that_were_trained_on(finished: Path) -> None:
    (path,) = (finished / "work" / "sample" / "lines").iterdir()
    lines = set(pq.read_table(path).column("line").to_pylist())
    texts = measured_texts(finished)
    assert not any(line in lines for one in texts for line in one["text"].split("\n") if len(line) > 3)
    for source, language in (("web", "en"), ("web", "fr"), ("books", "en")):
        own = [one["text"] for one in texts if (one["source"], one["language"]) == (source, language)]
        assert 3_800 < sum(len(one.encode()) for one in own) <= 4_000
    assert report_of(finished)["seen"] == []


def test_a_source_that_the_sample_has_whole_is_measured_and_said_to_be_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(tmp_path / "out", MEASURED.replace("0.02", "0.02\nsample.weights = {{web = 9, books = 2, rare = 9}}"))
    assert report_of(folder)["seen"] == [["rare", "en"]]
    assert "note: all text of rare (en) was trained on" in " ".join(capsys.readouterr().out.split())
    cells = {row["source"]: row for row in report_of(folder)["tokenizers"][0]["cells"]}
    assert cells["rare"]["documents"] == 1


def test_characters_without_pieces_are_bytes_and_not_covered(finished: Path) -> None:
    rows = {row["name"]: row for row in report_of(finished)["tokenizers"][0]["sources"]}
    assert rows["rare"]["byte_tokens"] == 200 and rows["books"]["byte_tokens"] == 0
    assert rows["rare"]["coverage"] == round(1 - 50 / rows["rare"]["characters"], 6)


def test_words_of_a_language_without_spaces_are_those_of_the_word_finder(tmp_path: Path) -> None:
    chinese = [
        document(f"zh {one}", language="zh", text="今天天气很好，我们去公园散步。" * (one + 1)) for one in range(9)
    ]
    texts = measured_texts(run(tmp_path / "out", rows=ROWS + chinese))
    found = [one for one in texts if one["language"] == "zh"]
    assert found and all(one["words"] == len(segments(one["text"], "zh")) > 5 for one in found)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a SentencePiece model that loses text, and one with a tokenizer for Hugging Face."""
    folder = tmp_path_factory.mktemp("others")
    lines = [row["text"] for row in ROWS if "\n" not in row["text"]]
    (folder / "hugging").mkdir()
    files = Tokenizer(train_tokenizer(lines, Settings(vocabulary_size=450, sentinels=0))).hugging_face_files()
    (folder / "hugging" / "tokenizer.json").write_bytes(files["tokenizer.json"])
    with (folder / "lossy.model").open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=file, vocab_size=150, minloglevel=2
        )
    return folder


def test_others_are_measured_on_the_same_text_and_nothing_else_is_done_anew(
    finished: Path, others: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished.parent, tmp_path / "out")
    folder, before = tmp_path / "out" / "tokenizer", manifest(finished)
    names = (others / "hugging", others / "lossy.model")
    kept = {
        path: path.stat().st_mtime_ns
        for kind in ("tokenizer", "train", "work/encode/tokens", "work/sample/lines")
        for path in (folder / kind).rglob("*.*")
    }
    tokenized(tmp_path / "out", recipe=comparing(MEASURED, *names))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    own, hugging, lossy = report_of(folder)["tokenizers"]
    assert own == report_of(finished)["tokenizers"][0]
    assert [one["name"] for one in (hugging, lossy)] == [str(one) for one in names]
    assert hugging["all"]["bytes"] == lossy["all"]["bytes"] == own["all"]["bytes"]
    assert hugging["vocabulary_size"] == 450 and lossy["vocabulary_size"] == 150
    with_line_ends = sum("\n" in one["text"] for one in measured_texts(finished))
    assert (hugging["all"]["lost_documents"], lossy["all"]["lost_documents"]) == (0, with_line_ends)
    assert manifest(folder) == before, "a model that was trained on the shards stays valid"
    assert "the same text in other tokenizers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.model", None, "none.model: there is no such file"),
        ("nowhere", None, "nowhere: no folder that holds a tokenizer.model or a tokenizer.json"),
        ("bad.model", b"bad", "bad.model: not a SentencePiece model"),
        ("tokenizer.json", b"{}", r"tokenizer.json: not a tokenizer.json of Hugging Face"),
    ],
)
def test_a_tokenizer_that_cannot_be_read_is_named_before_any_work(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(GristmillError, match=rf"tokenizer\.report\.compare: .*{message}"):
        run(tmp_path / "out", comparing(MEASURED, tmp_path / name))
    assert not (tmp_path / "out" / "tokenizer" / "work" / "count").exists()


def test_a_given_tokenizer_is_measured_too(finished: Path, tmp_path: Path) -> None:
    given = MEASURED.replace("vocabulary_size = 400", f"pretrained = '{finished / 'tokenizer'}'")
    report = report_of(run(tmp_path / "out", given))
    assert report["is_given"] and not report["seen"]
    assert report["tokenizers"][0]["all"]["bytes"] >= report_of(finished)["tokenizers"][0]["all"]["bytes"]


def test_without_a_report_nothing_is_measured(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished.parent, tmp_path / "out")
    folder = tokenized(tmp_path / "out", recipe=MEASURED.replace("report.megabytes = 0.004", "report.megabytes = 0"))
    assert not (folder / "report.json").exists()
    assert (folder / "tokenizer" / "tokenizer.model").read_bytes() == (
        finished / "tokenizer" / "tokenizer.model"
    ).read_bytes()
