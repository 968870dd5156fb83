"""Phase `sample`: draws the text that the tokenizer is trained on, from the originals of the training split.

They are drawn as the corpora have them, whatever the mixture repeats or leaves out: a tokenizer serves several.
"""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.tokenizer.corpora import corpora
from beam_jobs.tokenizer.documents import planned, read_documents
from beam_jobs.units import Job, Outputs, Planned, Unit
from stages.draws import draw
from stages.recipe import Recipe

SCHEMA = pa.schema(
    [
        pa.field("draw", pa.uint64(), nullable=False),
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
    ]
)


def settings(recipe: Recipe) -> Any:
    """Only the seed: the share that is drawn is one of the inputs."""
    return recipe.seed


def plan(job: Job) -> list[Planned]:
    """One unit for each fragment of the corpora; none if the tokenizer is a given one."""
    if job.recipe.tokenizer.pretrained:
        return []
    training_bytes = sum(corpus.split_bytes("train") for corpus in corpora(job.recipe))
    bound = int(min(1.0, job.recipe.tokenizer.sample_megabytes * 1e6 / max(training_bytes, 1)) * 2**64)
    return planned(job, {"bound": str(bound)})


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the drawn documents of a fragment: those whose number lies below the bound."""
    rows = []
    for batch in read_documents(job, unit.inputs, ["id", "text", "split", "parent_id"]):
        for document in batch.to_pylist():
            number = draw(document["id"], job.recipe.seed, "tokenizer sample")
            if document["split"] != "train" or document["parent_id"] is not None:
                continue
            if number < int(unit.inputs["bound"]):
                rows.append({"draw": number, "id": document["id"], "text": document["text"]})
    with outputs.create("texts", ".parquet") as file:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file.path, compression="zstd")
        file.rows = len(rows)
    return {"documents": len(rows), "bytes": sum(len(row["text"].encode()) for row in rows)}
