"""Phase `statistics`: the files that tell the TF-IDF augmenter how the corpus uses its words."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from beam_jobs.corpus.tables import read_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of
from stages import artifacts
from stages.augmentation.word_statistics import merge, write_statistics
from stages.recipe import Recipe

FOLDER = "word_statistics"


def settings(_recipe: Recipe) -> Any:
    """Nothing of the recipe matters here."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit, if there are sums."""
    files = files_of(commits_of(job, "word_sums"), "sums")
    return [Planned({"sums": files}, sum(file["bytes"] for file in files))] if files else []


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes two files for each language."""
    sums = merge([read_table(artifacts.join(job.folder, file["path"])) for file in unit.inputs["sums"]])
    with tempfile.TemporaryDirectory() as folder:
        paths = write_statistics(folder, sums)
        for path in paths:
            with outputs.create_named(FOLDER, path) as new:
                shutil.copyfile(Path(folder, path), new.path)
    return {"files": len(paths)}
