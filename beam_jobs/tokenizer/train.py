"""Phase `train`: SentencePiece on the drawn text, in an order that no fragment decides; or takes a given tokenizer."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.tokenizer.pretrained import pretrained_files, pretrained_hashes
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join, open_file
from stages.recipe import Recipe
from stages.tokenizer import HUGGING_FACE_FILES, MODEL_FILE, Tokenizer, train_tokenizer, training_lines


def settings(recipe: Recipe) -> Any:
    """Everything about the tokenizer but how its tokens are packed; a given one is among the inputs."""
    if recipe.tokenizer.pretrained:
        return None
    return recipe.tokenizer.model_dump(mode="json", exclude={"packing", "pretrained"})


def plan(job: Job) -> list[Planned]:
    """One unit: the sample is made to fit into memory."""
    if job.recipe.tokenizer.pretrained:
        return [Planned({"pretrained": pretrained_hashes(job.recipe)}, 1)]
    files = [file.to_json() for commit in commits_of(job, "sample") for file in commit.files["texts"]]
    return [Planned({"texts": files}, sum(file["bytes"] for file in files))]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the tokenizer's files."""
    files = pretrained_files(job.recipe) if "pretrained" in unit.inputs else _trained(job, unit)
    tokenizer = Tokenizer(files[MODEL_FILE])
    for name in (MODEL_FILE, *HUGGING_FACE_FILES):
        with outputs.create_named("tokenizer", name) as new:
            new.path.write_bytes(files[name])
    return {"vocabulary_size": tokenizer.vocabulary_size, "padding_id": tokenizer.padding_id}


def _trained(job: Job, unit: Unit) -> dict[str, bytes]:
    tables = []
    for fragment in unit.inputs["texts"]:
        with open_file(join(job.folder, fragment["path"])) as file:
            tables.append(pq.read_table(file))
    texts = pa.concat_tables(tables).sort_by([("draw", "ascending"), ("id", "ascending")]).column("text")
    lines = (line for text in texts for line in training_lines(text.as_py()))
    model = train_tokenizer(lines, job.recipe.tokenizer)
    return {MODEL_FILE: model, **Tokenizer(model).hugging_face_files()}
