"""Phases `words` and `word_sums`: how often training documents use each word, for augmenters that ask for that.

A unit of `words` counts the documents of a run and deals the words into ranges; one of `word_sums` adds a range up.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus import outcomes
from beam_jobs.corpus.outcomes import Outcomes
from beam_jobs.corpus.tables import write_table
from beam_jobs.shuffle import read_part, write_parts
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, in_groups, share, shared
from stages import artifacts
from stages.augmentation.word_statistics import VOCABULARY, count_words, merge, most_frequent
from stages.document import identifier
from stages.recipe import Recipe

GROUP_BYTES = 50_000_000
"""Of files of candidates that are counted together: the words of more than that fill the memory of a worker."""
LEAST_GROUPS = 8
"""So that the workers of one machine have enough to do."""
GROUPS_PER_RANGE = 16


def needs_statistics(recipe: Recipe) -> bool:
    """Whether an augmenter asks how words are used."""
    return any(step.augmenter == "tf_idf" for one in recipe.corpus.augmentation for step in one.own_steps)


def settings(recipe: Recipe) -> Any:
    """Which documents are in training."""
    return outcomes.settings(recipe)


def plan(job: Job) -> list[Planned]:
    """One unit for each group of files of candidates, if an augmenter needs it."""
    if not needs_statistics(job.recipe):
        return []
    every = outcomes.planned(job)
    most = min(GROUP_BYTES, sum(one.weight for one in every) // LEAST_GROUPS)
    groups = list(in_groups(every, lambda one: one.weight, most))
    ranges = -(-len(groups) // GROUPS_PER_RANGE)
    return [
        Planned({"files": [one.inputs for one in group], "ranges": ranges}, sum(one.weight for one in group))
        for group in groups
    ]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the counts of some files, a part for each range of words."""
    ranges = unit.inputs["ranges"]
    counts = count_words(_texts(job, unit))
    write_parts(outputs, "counts", counts, _range_numbers(counts, ranges), ranges)
    return {"words": counts.num_rows}


def _texts(job: Job, unit: Unit) -> Iterator[tuple[str, str]]:
    for inputs in unit.inputs["files"]:
        for table in Outcomes(job, inputs).training():
            yield from zip(*(table.column(name).to_pylist() for name in ("language", "text")), strict=True)


def _range_numbers(counts: pa.Table, ranges: int) -> npt.NDArray[np.int64]:
    if ranges == 1:
        return np.zeros(counts.num_rows, np.int64)
    return np.array([identifier(word) % ranges for word in counts.column("word").to_pylist()], np.int64)


def plan_sums(job: Job) -> list[Planned]:
    """One unit for each range of words."""
    commits = commits_of(job, "words")
    if not commits:
        return []
    files, ranges = files_of(commits, "counts"), commits[0].inputs["ranges"]
    common = share(job, "word_sums", "counts", files)
    weight = sum(file["bytes"] for file in files) // ranges
    return [Planned({"range": number, "counts": common}, weight) for number in range(ranges)]


def work_sums(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the sums of one range, of each language no more words than the statistics keep."""
    files = shared(job, unit.inputs["counts"])
    tables = [read_part(artifacts.join(job.folder, file["path"]), unit.inputs["range"]) for file in files]
    sums = most_frequent(merge(tables), VOCABULARY)
    write_table(outputs, "sums", sums)
    return {"words": sums.num_rows}
