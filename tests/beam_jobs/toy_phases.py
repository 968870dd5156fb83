"""Two small phases for the tests of units and pipelines: numbers are squared, then summed. Misbehave on request."""

import os
from pathlib import Path

from beam_jobs.units import Job, Outputs, Phase, Planned, Unit, commits_of
from stages import artifacts
from stages.errors import GristmillError
from stages.recipe import Recipe, load_recipe

UNITS = 12

RECIPE = """
name = "toy"
output = "{output}"
[[corpus.sources]]
name = "none"
format = "text"
paths = ["none"]
"""


def toy_job(folder: Path, *overrides: str) -> Job:
    path = folder.with_suffix(".toml")
    path.write_text(RECIPE.format(output=folder))
    return Job("toy", load_recipe(path, overrides), (("nothing", "1.0"),))


def plan_squares(job: Job) -> list[Planned]:
    return [Planned({"number": number}, 1000 + number) for number in range(UNITS)]


def square(job: Job, unit: Unit, outputs: Outputs) -> dict[str, object]:
    number = unit.inputs["number"]
    trouble = Path(job.folder).parent / f"trouble-{number}"
    if trouble.exists():
        _misbehave(trouble.read_text(), number)
    with (Path(job.folder).parent / "log").open("a") as log:
        log.write(f"{number}\n")
    with outputs.create("squares", ".txt", product=True) as file:
        file.path.write_text(f"{number * number + job.recipe.seed}")
        file.rows = 1
    return {"ledger": {"square": {"read": 1, "kept": 1, "removed": {}}}}


def _misbehave(how: str, number: int) -> None:
    if how == "die":
        os._exit(9)
    if how == "refuse":
        raise GristmillError(f"number {number}: cannot be squared; take another")
    if how == "full":
        raise OSError(28, "No space left on device", "some/file")
    raise AssertionError(how)


def plan_sum(job: Job) -> list[Planned]:
    files = [file.to_json() for commit in commits_of(job, "square") for file in commit.files["squares"]]
    return [Planned({"files": files}, 1)]


def total(job: Job, unit: Unit, outputs: Outputs) -> dict[str, object]:
    paths = [Path(job.folder, file["path"]) for file in unit.inputs["files"]]
    with outputs.create_named("total", "total.txt") as file:
        file.path.write_text(str(sum(int(path.read_text()) for path in paths)))
        file.rows = len(paths)
    return {"numbers": len(paths)}


def seed_of(recipe: Recipe) -> int:
    return recipe.seed


PHASES = (
    Phase("square", plan_squares, square, seed_of),
    Phase("sum", plan_sum, total, lambda recipe: None),
)


def products(job: Job) -> dict[str, str]:
    """The hashes of all files but the temporary and the progress display's."""
    names = [name for name in artifacts.list_files(job.folder) if "/" in name]
    return {name: artifacts.sha256_of(Path(job.folder, name)) for name in names}
