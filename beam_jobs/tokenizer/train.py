"""Phase `train`: SentencePiece on the sample, in an order that no fragment decides; or takes a given tokenizer."""

from typing import Any

from beam_jobs.tokenizer.pretrained import pretrained_files, pretrained_hashes
from beam_jobs.tokenizer.sample import read_lines
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.recipe import Recipe
from stages.tokenizer import HUGGING_FACE_FILES, MODEL_FILE, Tokenizer, train_tokenizer

NOT_READ = {"sample", "pretrained", "report", "sweep", "packing"}
"""Keys of `[tokenizer]` that do not decide the model beside the sample itself."""


def settings(recipe: Recipe) -> Any:
    """How a tokenizer is trained; the sample, or a given tokenizer, is among the inputs."""
    if recipe.tokenizer.pretrained:
        return None
    return recipe.tokenizer.model_dump(mode="json", exclude=NOT_READ)


def plan(job: Job) -> list[Planned]:
    """One unit."""
    if job.recipe.tokenizer.pretrained:
        return [Planned({"pretrained": pretrained_hashes(job.recipe)}, 1)]
    files = [file.to_json() for commit in commits_of(job, "sample") for file in commit.files.get("lines", ())]
    return [Planned({"lines": files}, sum(file["bytes"] for file in files))]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the tokenizer's files."""
    files = pretrained_files(job.recipe) if "pretrained" in unit.inputs else _trained(job, unit)
    tokenizer = Tokenizer(files[MODEL_FILE])
    for name in (MODEL_FILE, *HUGGING_FACE_FILES):
        with outputs.create_named("tokenizer", name) as new:
            new.path.write_bytes(files[name])
    return {"vocabulary_size": tokenizer.vocabulary_size, "padding_id": tokenizer.padding_id}


def _trained(job: Job, unit: Unit) -> dict[str, bytes]:
    lines = (line for file in unit.inputs["lines"] for line in read_lines(job, file))
    model = train_tokenizer(lines, job.recipe.tokenizer)
    return {MODEL_FILE: model, **Tokenizer(model).hugging_face_files()}
