"""Checkpoints from which training goes on as if it had never stopped.

A checkpoint is a folder `step-000123` that appears whole or not at all. It holds the weights and the optimizer's state
in safetensors, the metrics up to there, and `state.json` with the progress, the settings, the data's identity and the
hash of every other file.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

from stages.artifacts import sha256_of
from stages.console import say
from stages.errors import GristmillError
from stages.recipe import Recipe
from trainer.folders import remove_leftovers, written_folder
from trainer.inputs import hash_of_embeddings
from trainer.training import Progress

STATE = "state.json"
METRICS = "metrics.jsonl"
FREE_SETTINGS = ("generation", "keep_checkpoints", "checkpoint_every", "device", "threads", "tensorboard")
"""Keys of `[pretrain]` that may change in the middle of a run: they do not shape its steps. The device and its threads
decide the last bits only, and are part of the environment."""


@dataclass(frozen=True)
class Identity:
    """What two runs must have in common for one to go on from the other's checkpoint."""

    settings: dict[str, Any]
    """Dotted keys of the recipe and their values."""
    data: str
    """The hash of the tokenizer job's manifest."""


@dataclass(frozen=True)
class State:
    """The content of `state.json` but for the hashes."""

    progress: Progress
    identity: Identity
    environments: list[dict[str, Any]]
    """Code, libraries and device that the run has been through, in order."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk whose files are all whole."""

    folder: Path
    state: State

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """What the trainer gave, by part and name."""
        return {path.stem: load_file(path) for path in sorted(self.folder.glob("*.safetensors"))}

    def metrics(self) -> bytes:
        """The content of the metrics at that step."""
        return (self.folder / METRICS).read_bytes()


def settings_of(recipe: Recipe) -> dict[str, Any]:
    """The settings that shape the steps of a run, by dotted key; of a file of vectors that is its hash."""
    settings = {
        key: value for key, value in recipe.pretrain.model_dump(mode="json").items() if key not in FREE_SETTINGS
    }
    settings["model"]["embeddings"] = hash_of_embeddings(recipe.pretrain.model)
    return {"seed": recipe.seed, **_dotted(settings, "pretrain")}


def _dotted(section: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        name = f"{prefix}.{key}"
        flat.update(_dotted(value, name) if isinstance(value, Mapping) else {name: value})
    return flat


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, folder: Path, keep: int):
        self._folder, self._keep = folder, keep

    def save(self, state: State, tensors: Mapping[str, Mapping[str, Tensor]], metrics: Path) -> None:
        """Writes a checkpoint and removes the oldest ones; a failed write is a GristmillError."""
        with written_folder(self._folder / f"step-{state.progress.step:06d}") as temporary:
            for part, named in tensors.items():
                save_file(dict(named), temporary / f"{part}.safetensors")
            shutil.copyfile(metrics, temporary / METRICS)
            files = {path.name: sha256_of(path) for path in sorted(temporary.iterdir())}
            (temporary / STATE).write_text(json.dumps({**asdict(state), "files": files}, indent=1))
        for old in self._newest_first()[self._keep :]:
            shutil.rmtree(old)

    def newest(self) -> Checkpoint | None:
        """The newest whole checkpoint, if any; says which damaged ones it passes over."""
        remove_leftovers(self._folder)
        for folder in self._newest_first():
            try:
                return _open(folder)
            except (OSError, ValueError, KeyError, TypeError) as error:
                say(f"warning: {folder}: damaged checkpoint ({error}); it is passed over")
        return None

    def _newest_first(self) -> list[Path]:
        return sorted(self._folder.glob("step-*"), key=lambda path: int(path.name.removeprefix("step-")), reverse=True)


def _open(folder: Path) -> Checkpoint:
    value = json.loads((folder / STATE).read_bytes())
    for name, expected in value["files"].items():
        if sha256_of(folder / name) != expected:
            raise ValueError(f"{name} is not as it was written")
    state = State(Progress(**value["progress"]), Identity(**value["identity"]), value["environments"])
    return Checkpoint(folder, state)


def require_same(checkpoint: Checkpoint, identity: Identity) -> None:
    """GristmillError, naming the difference, if the checkpoint is of other data or other settings."""
    advice = "delete the folder to start over, or give the recipe another name or output"
    theirs = checkpoint.state.identity
    for key in sorted(theirs.settings.keys() | identity.settings.keys()):
        before, now = theirs.settings.get(key), identity.settings.get(key)
        if before != now:
            raise GristmillError(
                f"{checkpoint.folder.parent}: these checkpoints were made with {key} = {before}, the recipe says {now};"
                f" {advice}"
            )
    if theirs.data != identity.data:
        raise GristmillError(f"{checkpoint.folder.parent}: these checkpoints were made from other data; {advice}")
