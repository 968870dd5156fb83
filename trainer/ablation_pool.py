"""Small models, several at a time: on a CPU one a process with one thread, so that as many are trained as there are
cores; on a GPU one after another in this process.

Each model that is done leaves a marker with its measures and a key of all that decides them, so a run that was ended
anywhere goes on with the models that are missing.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.artifacts import join, read_json, read_manifest, write_json
from stages.console import worker_pool
from stages.errors import GristmillError
from stages.recipe import Recipe
from trainer.inputs import open_inputs


@dataclass(frozen=True)
class SmallRun:
    """One model to be trained."""

    variant: str
    seed: int
    recipe: Recipe
    """With the variant's folder as its output, and the small models' settings as its pretrain section."""
    key: str
    """A hash of all that decides its measures."""
    marker: str
    """Where its measures are written."""


def measures(runs: Sequence[SmallRun], workers: int, on_gpu: bool) -> Iterator[tuple[SmallRun, dict[str, Any]]]:
    """Yields each run with its measures (`Measured` as JSON values) as it is done; those that were done come first."""
    missing: dict[str, list[SmallRun]] = {}
    for run in runs:
        found = _done(run)
        if found is None:
            missing.setdefault(run.key, []).append(run)
        else:
            yield run, found
    # Variants that did not change the data are the same model.
    first = [equal[0] for equal in missing.values()]
    alone = on_gpu or workers == 1 or len(first) < 2
    for done, found in ((run, train(run)) for run in first) if alone else _in_pool(first, workers):
        for run in missing[done.key]:
            write_json(run.marker, {"key": run.key, "measures": found})
            yield run, found


def _in_pool(runs: Sequence[SmallRun], workers: int) -> Iterator[tuple[SmallRun, dict[str, Any]]]:
    pool = worker_pool(min(workers, len(runs)))
    try:
        running = {pool.submit(train, run): run for run in runs}
        for future in as_completed(running):
            yield running[future], future.result()
    except BrokenProcessPool as error:
        raise GristmillError(
            "ablate: a process that trained a model died, perhaps for want of memory: run the same command again to go"
            " on, with fewer WORKERS"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def train(run: SmallRun) -> dict[str, Any]:
    """Trains one model and returns its measures; a GristmillError names the variant."""
    from trainer.ablation_models import train_model

    try:
        inputs = open_inputs(run.recipe, read_manifest(run.recipe.folder("tokenizer"), "tokenizer"))
        return train_model(run.recipe, inputs, run.seed).to_json()
    except GristmillError as error:
        raise GristmillError(f"ablate: {run.variant}: {error}") from error


def _done(run: SmallRun) -> dict[str, Any] | None:
    """The measures of a run whose marker has its key."""
    if not Path(run.marker).is_file():
        return None
    marker = read_json(run.marker)
    measures: dict[str, Any] = marker["measures"]
    return measures if marker["key"] == run.key else None


def marker_path(folder: str, variant: str, seed: int) -> str:
    """Where the marker of a variant's model is written."""
    return join(folder, "models", variant, f"seed-{seed}.json")
