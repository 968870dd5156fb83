"""Phase `across_splits`: compares every document with all that are held out in another split, without exception."""

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.certify.evidence import DOCUMENTS, File, listed, read_evidence, read_parts, unit_of_file
from beam_jobs.certify.read import BATCH, HELD_OUT_SCHEMA, batches, split_numbers
from beam_jobs.certify.violations import ACROSS_SPLITS, Violations
from beam_jobs.corpus.finished import read_columns
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.near_duplicates.held_out import HeldOut
from stages.near_duplicates.signatures import shingle_hashes
from stages.splits import SPLITS

UInt8 = npt.NDArray[np.uint8]

LOOKED_FOR = 0.8
"""The share of the similarity from which on pairs are looked for, so that it can be told how alike any two are."""


def plan(job: Job) -> list[Planned]:
    """One unit for each file of documents."""
    evidence, held_out = read_evidence(job), listed(commits_of(job, "read"), "held_out")["held_out"]
    return [Planned(unit_of_file(evidence, file, files=held_out), file.bytes) for file in evidence.of_kind(DOCUMENTS)]


def work(job: Job, unit: Unit, _outputs: Outputs) -> dict[str, Any]:
    """Compares the originals of a file; the counts are the pairs, and how alike two of different splits are at most."""
    settings, file = read_evidence(job).settings, File(**unit.inputs["file"])
    files = tuple((one["path"], one["sha256"]) for one in unit.inputs["files"])
    held_out, held_out_splits = _held_out(job.folder, files)
    table = read_columns(file.path, ["split", "parent_id", "text"])
    originals = np.flatnonzero(pc.is_null(table.column("parent_id")).to_numpy())
    rows, references = table.take(pa.array(originals)), file.references(originals)
    splits, violations, largest = split_numbers(rows.column("split"), file), Violations(), 0.0
    for number, texts in enumerate(batches(rows.column("text"))):
        sets = shingle_hashes(texts, settings.near_duplicates)
        found = held_out.matches(sets, LOOKED_FOR * settings.split.similarity)
        places = found.positions + number * BATCH
        # A pair of two held-out documents is found twice, and told once.
        apart = splits[places] < held_out_splits[found.held_out]
        largest = max(largest, float(found.jaccard[apart].max(initial=0.0)))
        for pair in np.flatnonzero(apart & (found.jaccard >= settings.split.similarity)).tolist():
            violations.add(
                ACROSS_SPLITS,
                "alike across splits",
                f"Jaccard {found.jaccard[pair]:.6f}",
                f"below {settings.split.similarity}",
                int(references[places[pair]]),
                int(held_out.references[found.held_out[pair]]),
            )
    return {"pairs": _pairs(splits, held_out_splits), "largest": largest or None, "violations": violations.to_json()}


def _pairs(splits: UInt8, held_out_splits: UInt8) -> int:
    counts, held_out = (np.bincount(each, minlength=len(SPLITS)) for each in (splits, held_out_splits))
    return sum(int(count * held_out[split + 1 :].sum()) for split, count in enumerate(counts))


@functools.lru_cache(maxsize=1)
def _held_out(folder: str, files: tuple[tuple[str, str], ...]) -> tuple[HeldOut, UInt8]:
    """The held-out documents and their splits: 8 bytes a shingle and as many for the index, once in each worker."""
    table = read_parts(folder, [{"path": path} for path, _ in files], 0, HELD_OUT_SCHEMA)
    shingles = table.column("shingles").combine_chunks()
    offsets = shingles.offsets.to_numpy().astype(np.int64)
    references, splits = table.column("reference").to_numpy(), table.column("split").to_numpy()
    return HeldOut(references, shingles.values.to_numpy(), offsets), splits
