"""The tiny world, made once, and the results of a whole run over it."""

from pathlib import Path

import pytest

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND as CORPUS
from beam_jobs.tokenizer.definition import COMMAND as TOKENIZER
from tests.end_to_end.world import World, make_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world") / "raw")


@pytest.fixture(scope="session")
def finished(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run of corpus and tokenizer with one worker."""
    output = tmp_path_factory.mktemp("finished") / "out"
    run(world.recipe(output), workers=1)
    return output


def run(recipe: Path, workers: int, overrides: str = "") -> None:
    """Runs the corpus and tokenizer jobs in this process."""
    changed = ["--set", overrides] if overrides else []
    for command in (CORPUS, TOKENIZER):
        run_job(command, ["--recipe", str(recipe), "--workers", str(workers), *changed])
