"""Phase `measure`: what the tokenizer, and those that it is compared with, make of the same texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from beam_jobs.tokenizer.compared import compared_tokenizers, load_compared
from beam_jobs.tokenizer.sample import read_texts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join, open_file
from stages.measured_tokenizers import own_tokenizer
from stages.recipe import Recipe
from stages.tokenizer_measures import Document, measure


def settings(_recipe: Recipe) -> Any:
    """Nothing: tokenizers and texts are among the inputs."""
    return None


def plan(job: Job) -> list[Planned]:
    """One unit for each tokenizer, if a report is asked for."""
    sampled = commits_of(job, "sample")
    if not sampled or not job.recipe.tokenizer.report.megabytes:
        return []
    (trained,) = commits_of(job, "train")
    texts = sampled[0].files["texts"][0].to_json()
    own = {"model": trained.files["tokenizer"][0].to_json(), "texts": texts}
    others = [{"compared": one, "texts": texts} for one in compared_tokenizers(job.recipe)]
    return [Planned(inputs, texts["bytes"]) for inputs in (own, *others)]


def work(job: Job, unit: Unit, _outputs: Outputs) -> dict[str, Any]:
    """Writes no file: the counts are the measures."""
    if "compared" in unit.inputs:
        tokenizer = load_compared(unit.inputs["compared"])
    else:
        with open_file(join(job.folder, unit.inputs["model"]["path"])) as file:
            tokenizer = own_tokenizer(file.read())
    return measure(tokenizer, documents(job, unit.inputs["texts"]))


def documents(job: Job, texts: Mapping[str, Any]) -> Iterator[list[Document]]:
    """Yields the texts of a file in batches."""
    for rows in read_texts(job, texts):
        yield [Document((row["source"], row["language"]), row["words"], row["text"]) for row in rows]
