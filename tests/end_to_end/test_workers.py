"""A run with two worker processes, which share nothing but files, against the run with one: the same bytes."""

from pathlib import Path

import pytest

from tests.end_to_end.conftest import run
from tests.end_to_end.results import hashes, page_of
from tests.end_to_end.world import World


@pytest.fixture(scope="module")
def finished_by_two(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("two") / "out"
    run(world.recipe(output), workers=2)
    return output


@pytest.mark.parametrize("job", ["corpus", "tokenizer"])
def test_two_workers_write_the_bytes_of_one(finished: Path, finished_by_two: Path, job: str) -> None:
    assert hashes(finished_by_two / job) == hashes(finished / job)


def test_the_same_run_gives_the_same_page(finished: Path, finished_by_two: Path) -> None:
    assert page_of(finished_by_two) == page_of(finished)
