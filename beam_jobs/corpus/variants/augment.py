"""Phase `augment`: makes variants of training documents."""

from collections import Counter
from typing import Any

from beam_jobs.corpus import outcomes
from beam_jobs.corpus.outcomes import Outcomes
from beam_jobs.corpus.resources import augmentation_resources
from beam_jobs.corpus.tables import table_writer
from beam_jobs.corpus.variants import statistics
from beam_jobs.corpus.variants.words import needs_statistics
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.augmentation import variants
from stages.document import DOCUMENT_SCHEMA
from stages.recipe import Recipe


def settings(recipe: Recipe) -> Any:
    """The augmentations, and which documents are in training."""
    return [
        outcomes.settings(recipe),
        [one.model_dump(mode="json") for one in recipe.corpus.augmentation],
        augmentation_resources(recipe.corpus),
    ]


def plan(job: Job) -> list[Planned]:
    """One unit for each file of candidates, if there is an augmentation."""
    if not job.recipe.corpus.augmentation:
        return []
    commits = commits_of(job, "statistics")
    files = [file.to_json() for one in commits for file in one.files.get(statistics.FOLDER, ())]
    return [Planned({**one.inputs, "statistics": files}, one.weight) for one in outcomes.planned(job)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the variants of one file; the counts are those of each augmentation."""
    corpus, seed = job.recipe.corpus, job.recipe.seed
    word_statistics = artifacts.join(job.folder, statistics.FOLDER) if needs_statistics(job.recipe) else ""
    counts: dict[str, Counter[str]] = {}
    with table_writer(outputs, "variants", DOCUMENT_SCHEMA) as writer:
        for table in Outcomes(job, unit.inputs).training():
            for row in table.to_pylist():
                made = variants(
                    row["id"], row["text"], row["language"], corpus.augmentation, seed, corpus.wordnet, word_statistics
                )
                for variant in made:
                    changed = {"id": variant.id, "text": variant.text, "augmentation": variant.augmentation}
                    writer.write({**row, **changed, "split": "train", "parent_id": row["id"]})
                    count = counts.setdefault(variant.augmentation, Counter())
                    count.update(made=1, edits=variant.edits, units=variant.units)
    return {"variants": {name: dict(count) for name, count in sorted(counts.items())}}
