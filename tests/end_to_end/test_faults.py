"""Bad input: one line that names the thing, a status that is not zero, and nothing half-made taken for whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from beam_jobs.command import JobCommand, run_job
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
from stages.errors import GristmillError
from tests.end_to_end.world import UNISOLATED, World, make_world

ROOT = Path(__file__).parents[2]


def command(recipe: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "beam_jobs.corpus", "--recipe", str(recipe), "--workers", "1"]
    if overrides:
        arguments += ["--set", " ".join(overrides)]
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)


def assert_one_line(result: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert result.returncode == 1, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("WARNING")]
    assert line.startswith("error: ")
    for part in parts:
        assert part in line


def refusal(job: JobCommand, recipe: Path, *overrides: str) -> str:
    """The one line that a job in this process ends with."""
    settings = " ".join((UNISOLATED, *overrides))
    with pytest.raises(GristmillError) as refused:
        run_job(job, ["--recipe", str(recipe), "--workers", "1", "--set", settings])
    (line,) = str(refused.value).splitlines()
    return line


@pytest.fixture
def own_world(tmp_path: Path) -> World:
    return make_world(tmp_path / "raw")


def test_a_wrong_key_is_named_with_its_file(world: World, tmp_path: Path) -> None:
    recipe = world.recipe(tmp_path / "out")
    assert_one_line(command(recipe, "corpus.qality.minimum_words=3"), "out.toml: unknown key corpus.qality")
    assert not (tmp_path / "out").exists()


def test_a_missing_path_is_named(world: World, tmp_path: Path) -> None:
    recipe = world.recipe(tmp_path / "out")
    recipe.write_text(recipe.read_text().replace("wiki.xml.bz2", "none.xml.bz2"))
    line = refusal(CORPUS, recipe)
    assert "corpus.sources 'wiki'" in line
    assert "none.xml.bz2: no such file" in line


def test_an_empty_source_is_named(own_world: World, tmp_path: Path) -> None:
    (own_world.folder / "lines.jsonl").write_text("")
    assert "'lines': its 1 files are all empty" in refusal(CORPUS, own_world.recipe(tmp_path / "out"))
    (own_world.folder / "lines.jsonl").write_text("\n\n")
    assert "'lines': not one record was found" in refusal(CORPUS, own_world.recipe(tmp_path / "out"))
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()


def test_a_truncated_file_is_named_with_the_place(
    own_world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = own_world.folder / "web" / "b.warc.gz"
    path.write_bytes(path.read_bytes()[:-100])
    recipe = own_world.recipe(tmp_path / "out")
    assert_one_line(command(recipe), "1 of ", "records are damaged", f"{path} at byte", "truncated")
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()
    run_job(CORPUS, ["--recipe", str(recipe), "--workers", "1", "--set", "corpus.limits.damaged_share=0.1"])
    assert "damaged_record 1" in capsys.readouterr().out


def test_a_file_that_is_not_what_the_recipe_says_is_named(own_world: World, tmp_path: Path) -> None:
    path = own_world.folder / "table.parquet"
    path.write_bytes(b"no parquet at all")
    assert_one_line(command(own_world.recipe(tmp_path / "out")), str(path))


def test_a_missing_column_is_named(own_world: World, tmp_path: Path) -> None:
    line = refusal(CORPUS, own_world.recipe(tmp_path / "out"), "corpus.sources.3.text_column=body")
    assert "table.parquet" in line
    assert "body" in line


def test_a_run_that_keeps_nothing_fails_and_says_which_rule_did_it(world: World, tmp_path: Path) -> None:
    line = refusal(CORPUS, world.recipe(tmp_path / "out"), "corpus.quality.gopher_quality.minimum_words=5000")
    assert "only 0 of 90 records were kept" in line
    assert "minimum_words" in line
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()


def test_a_run_that_keeps_less_than_the_recipe_allows_fails(world: World, tmp_path: Path) -> None:
    line = refusal(CORPUS, world.recipe(tmp_path / "out"), "corpus.limits.minimum_kept_share=0.99")
    assert "corpus.limits.minimum_kept_share is 0.99" in line


CORPUS_ON_A_FULL_DISK = """
import dataclasses, resource, signal
from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from stages.console import run_command

def check(recipe, workers):  # which loads a model through a temporary file
    COMMAND.check(recipe, workers)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

run_command(lambda arguments: run_job(dataclasses.replace(COMMAND, check=check), arguments))
"""


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(world: World, tmp_path: Path) -> None:
    recipe = world.recipe(tmp_path / "out")
    arguments = [sys.executable, "-c", CORPUS_ON_A_FULL_DISK, "--recipe", str(recipe), "--workers", "1"]
    result = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert_one_line(result, str(tmp_path / "out"), "File too large")
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()
    run_job(CORPUS, ["--recipe", str(recipe), "--workers", "1"])


def test_the_tokenizer_without_a_corpus_names_what_to_run(world: World, tmp_path: Path) -> None:
    assert "run `make corpus` first" in refusal(TOKENIZER, world.recipe(tmp_path / "out"))


def test_a_vocabulary_too_large_for_the_text_is_named(finished: Path) -> None:
    line = refusal(TOKENIZER, finished.with_suffix(".toml"), "tokenizer.vocabulary_size=60000")
    assert "tokenizer.vocabulary_size = 60000: SentencePiece cannot train" in line


@pytest.mark.parametrize("package", ["mwparserfromhell", "isal", "lxml_html_clean"])
def test_a_missing_package_is_named_at_once(world: World, tmp_path: Path, package: str) -> None:
    """jusText, which trafilatura imports, needs lxml_html_clean and does not ask for it to be installed."""
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError(\"No module named '{package}'\")")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    arguments = [sys.executable, "-m", "beam_jobs.corpus", "--recipe", str(world.recipe(tmp_path / "out"))]
    result = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert_one_line(result, "a package is missing or broken: ", package, "run `make environment`")
