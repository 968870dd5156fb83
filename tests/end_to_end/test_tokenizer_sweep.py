"""`make tokenizer-sweep` on a few documents: a row for every size, also for one that cannot be trained."""

import json
from pathlib import Path
from typing import Any

import pytest

from beam_jobs.tokenizer_sweep.definition import run
from stages.errors import GristmillError
from stages.tokenizer import Tokenizer
from tests.end_to_end.results import hashes, manifest
from tests.end_to_end.stored_documents import RECIPE, documents, tokenized, write_corpus

ROWS = documents("web", 80) + documents("french", 40, language="fr") + documents("v", 4, split="validation")
MEASURED = RECIPE.replace("sample.megabytes = 0.5", "sample.megabytes = 0.02\nreport.megabytes = 0.004")
SWEEP = "[tokenizer.sweep]\nvocabulary_sizes = [400, 350, 90000]\nmodels = ['unigram', 'bpe']\n"


def swept(output: Path, settings: str = SWEEP, fragments: int = 3, workers: int = 1) -> Path:
    write_corpus(output / "corpus", ROWS, fragments)
    path = output.with_suffix(".toml")
    path.write_text(MEASURED.format(output=output) + settings)
    run(["--recipe", str(path), "--workers", str(workers)])
    return output / "tokenizer_sweep"


def results(folder: Path) -> dict[tuple[str, int], dict[str, Any]]:
    rows = json.loads((folder / "results.json").read_text())
    return {(row["model"], row["vocabulary_size"]): row for row in rows}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return swept(tmp_path_factory.mktemp("sweep") / "out")


def test_every_model_and_size_has_a_row(finished: Path) -> None:
    rows = results(finished)
    assert list(rows) == [(model, size) for model in ("unigram", "bpe") for size in (350, 400, 90_000)]
    for model in ("unigram", "bpe"):
        assert "Vocabulary size too high" in rows[model, 90_000]["problem"]
        assert rows[model, 400]["all"]["bytes_per_token"] > rows[model, 350]["all"]["bytes_per_token"] > 1
        assert rows[model, 400]["all"]["bytes"] == rows[model, 350]["all"]["bytes"] > 7_000
        assert rows[model, 350]["embedding_parameters"] == 350 * 256
        assert rows[model, 350]["parameters"] > 350 * 256
    assert (finished / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_its_models_are_those_that_the_tokenizer_job_would_train(finished: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    folder = tokenized(tmp_path / "out", recipe=MEASURED)
    mine = finished / "models" / "unigram-400" / "tokenizer.model"
    assert mine.read_bytes() == (folder / "tokenizer" / "tokenizer.model").read_bytes()
    (own,) = json.loads((folder / "report.json").read_text())["tokenizers"]
    assert results(finished)["unigram", 400]["all"] == own["all"]
    assert Tokenizer.load(str(mine.parent)).vocabulary_size == 400, "it can be taken as tokenizer.pretrained"


def test_fragments_and_workers_change_nothing(finished: Path, tmp_path: Path) -> None:
    assert hashes(swept(tmp_path / "out", fragments=7, workers=2)) == {
        **hashes(finished),
        "manifest.json": hashes(tmp_path / "out" / "tokenizer_sweep")["manifest.json"],
    }


def test_a_second_run_does_nothing_and_another_size_trains_only_that(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = "[tokenizer.sweep]\nvocabulary_sizes = [400]\n"
    folder = swept(tmp_path / "out", one)
    assert "tokenizers of the sweep" in capsys.readouterr().out
    swept(tmp_path / "out", one)
    assert "tokenizer_sweep: nothing to do" in capsys.readouterr().out
    made = (folder / "models" / "unigram-400" / "tokenizer.model").stat().st_mtime_ns
    swept(tmp_path / "out", one.replace("400", "400, 500"))
    assert (folder / "models" / "unigram-400" / "tokenizer.model").stat().st_mtime_ns == made
    swept(tmp_path / "out", one.replace("400", "500"))
    assert [path.name for path in (folder / "models").rglob("*.model")] == ["tokenizer.model"]
    assert [file["path"] for file in manifest(folder)["files"]["models"]] == ["models/unigram-500/tokenizer.model"]


def test_a_given_tokenizer_and_others_to_compare_with_mean_nothing_here(finished: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "out" / "corpus", ROWS)
    path = tmp_path / "out.toml"
    given = MEASURED.replace("vocabulary_size = 400", "vocabulary_size = 400\npretrained = 'x'\nreport.compare = ['y']")
    path.write_text(given.format(output=tmp_path / "out") + "[tokenizer.sweep]\nvocabulary_sizes = [350]\n")
    run(["--recipe", str(path)])
    assert results(tmp_path / "out" / "tokenizer_sweep")["unigram", 350] == results(finished)["unigram", 350]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[tokenizer.sweep]\nvocabulary_sizes = [90000]\n", "no tokenizer of the sweep could be trained.*too high"),
        ("[tokenizer.sweep]\nvocabulary_sizes = [100]\n", "vocabulary_sizes begin at 300"),
        ("[tokenizer.sweep]\nvocabulary_sizes = [400, 400]\n", "vocabulary_sizes has 400 twice"),
    ],
)
def test_a_sweep_of_nothing_is_an_error(tmp_path: Path, settings: str, message: str) -> None:
    with pytest.raises(GristmillError, match=message):
        swept(tmp_path / "out", settings)
