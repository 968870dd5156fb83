"""Phase `across_splits`: compares every document with all that are held out in another split, without exception."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.evidence import DOCUMENTS, Evidence, File, read_evidence, read_parts
from beam_jobs.certify.read import BATCH, HELD_OUT_SCHEMA, batches, split_numbers
from beam_jobs.certify.violations import ACROSS_SPLITS, Violations
from beam_jobs.corpus.finished import read_columns
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.artifacts import OutputFile
from stages.near_duplicates.held_out import HeldOut
from stages.near_duplicates.signatures import shingle_hashes
from stages.splits import SPLITS

UInt8 = npt.NDArray[np.uint8]
Sized = TypeVar("Sized", File, OutputFile)

LOOKED_FOR = 0.8
"""The share of the similarity from which on pairs are looked for, so that it can be told how alike any two are."""
HELD_OUT_BYTES = 400_000_000
"""Of shingles of held-out documents that a unit compares with; nearly 3 GB while their index is made."""
DOCUMENTS_BYTES = 100_000_000
"""Of files of documents that a unit reads: one after the other, for the index is made once for all of them."""
LEAST_GROUPS = 8
"""So many groups of files of documents there are at least, for the workers of one machine, if there are as many files.
"""


def plan(job: Job) -> list[Planned]:
    """One unit for each group of files of documents, and again for each HELD_OUT_BYTES of held-out documents."""
    evidence, read = read_evidence(job), commits_of(job, "read")
    held_out = [file for commit in read for file in commit.files.get("held_out", ()) if file.rows]
    shares = [
        share(job, "across_splits", f"held_out-{number}", [file.to_json() for file in chunk])
        for number, chunk in enumerate(consecutive(held_out, HELD_OUT_BYTES))
    ]
    groups = consecutive(evidence.of_kind(DOCUMENTS), DOCUMENTS_BYTES, LEAST_GROUPS)
    return [
        Planned(
            {"corpus": evidence.manifest, "files": [asdict(file) for file in files], "held_out": reference},
            sum(file.bytes for file in files),
        )
        for reference in shares
        for files in groups
    ]


def consecutive(files: Sequence[Sized], limit: int, least: int = 1) -> list[list[Sized]]:
    """Files in their order in groups of up to so many bytes, or of one file; `least` groups if there are the files."""
    limit = min(limit, sum(file.bytes for file in files) // least)
    groups: list[list[Sized]] = []
    for place, file in enumerate(files):
        full = not groups or sum(one.bytes for one in groups[-1]) + file.bytes > limit
        if full or len(groups) + len(files) - place <= least:
            groups.append([])
        groups[-1].append(file)
    return groups


def work(job: Job, unit: Unit, _outputs: Outputs) -> dict[str, Any]:
    """Compares the documents of some files; the counts are the pairs, and how alike two of different splits are."""
    comparison = Comparison(read_evidence(job), *_held_out(job.folder, shared(job, unit.inputs["held_out"])))
    for file in unit.inputs["files"]:
        comparison.add(File(**file))
    return {
        "pairs": comparison.pairs,
        "largest": comparison.largest or None,
        "violations": comparison.violations.to_json(),
    }


@dataclass
class Comparison:
    """Documents compared with those that are held out."""

    evidence: Evidence
    held_out: HeldOut
    splits: UInt8
    """Of the held-out documents, as positions in SPLITS."""
    violations: Violations = field(default_factory=Violations)
    pairs: int = 0
    """How many pairs of different splits there are."""
    largest: float = 0.0
    """The largest Jaccard similarity of those; 0 where all are below what is looked for."""

    def add(self, file: File) -> None:
        """Compares the documents of a file, variants too."""
        rows = read_columns(file.path, ["split", "text"])
        references = file.references(np.arange(rows.num_rows))
        splits = split_numbers(rows.column("split"), file)
        self.pairs += _pairs(splits, self.splits)
        similarity = self.evidence.settings.split.similarity
        for one, other, measured in self._alike(rows.column("text"), splits):
            self.largest = max(self.largest, measured)
            if measured >= similarity:
                self.violations.add(
                    ACROSS_SPLITS,
                    "alike across splits",
                    f"Jaccard {measured:.6f}",
                    f"below {similarity}",
                    int(references[one]),
                    int(self.held_out.references[other]),
                )

    def _alike(self, texts: pa.ChunkedArray, splits: UInt8) -> Iterator[tuple[int, int, float]]:
        """Yields the places of a text and of a held-out document that come near, and their similarity.

        A pair of two held-out documents is found twice, and told once.
        """
        settings = self.evidence.settings
        for number, batch in enumerate(batches(texts)):
            sets = shingle_hashes(batch, settings.near_duplicates)
            found = self.held_out.matches(sets, LOOKED_FOR * settings.split.similarity)
            places = found.positions + number * BATCH
            apart = splits[places] < self.splits[found.held_out]
            columns = (places, found.held_out, found.jaccard)
            yield from zip(*(column[apart].tolist() for column in columns), strict=True)


def _pairs(splits: UInt8, held_out_splits: UInt8) -> int:
    counts, held_out = (np.bincount(each, minlength=len(SPLITS)) for each in (splits, held_out_splits))
    return sum(int(count * held_out[split + 1 :].sum()) for split, count in enumerate(counts))


def _held_out(folder: str, files: Sequence[Mapping[str, Any]]) -> tuple[HeldOut, UInt8]:
    """Held-out documents, and their splits."""
    table = read_parts(folder, files, 0, HELD_OUT_SCHEMA)
    held_out = HeldOut.of_lists(table.column("reference").to_numpy(), table.column("shingles"))
    return held_out, table.column("split").to_numpy()
