"""Phase `compare`: trains a tokenizer of one model and size on the sample, and measures it on the report's text."""

import time
from typing import Any

from beam_jobs.tokenizer.measure import documents
from beam_jobs.tokenizer.sample import read_lines
from beam_jobs.tokenizer.train import NOT_READ
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.errors import GristmillError
from stages.measured_tokenizers import own_tokenizer
from stages.recipe import Recipe
from stages.tokenizer import MODEL_FILE, train_tokenizer
from stages.tokenizer_measures import measure

MODELS = "models"


def settings(recipe: Recipe) -> Any:
    """How a tokenizer is trained; its model and size are among the inputs."""
    return recipe.tokenizer.model_dump(mode="json", exclude={*NOT_READ, "model", "vocabulary_size"})


def plan(job: Job) -> list[Planned]:
    """One unit for each model and size, the largest first: they take longest."""
    (sampled,) = commits_of(job, "sample")
    lines = [file.to_json() for file in sampled.files.get("lines", ())]
    texts = sampled.files["texts"][0].to_json()
    tokenizer = job.recipe.tokenizer
    return [
        Planned({"model": model, "vocabulary_size": size, "lines": lines, "texts": texts}, size)
        for model in tokenizer.sweep.models or (tokenizer.model,)
        for size in sorted(tokenizer.sweep.vocabulary_sizes)
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the model, and counts what it makes of the text; `problem` says why there is none."""
    name = {key: unit.inputs[key] for key in ("model", "vocabulary_size")}
    asked = job.recipe.tokenizer.model_copy(update=name)
    began = time.monotonic()
    try:
        model = train_tokenizer((line for file in unit.inputs["lines"] for line in read_lines(job, file)), asked)
    except GristmillError as error:
        return {"problem": str(error)}
    seconds = time.monotonic() - began
    with outputs.create_named(MODELS, f"{asked.model}-{asked.vocabulary_size}/{MODEL_FILE}") as file:
        file.path.write_bytes(model)
    return {
        "seconds": round(seconds, 1),
        "measures": measure(own_tokenizer(model), documents(job, unit.inputs["texts"])),
    }
