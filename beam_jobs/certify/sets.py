"""Phase `sets`: the shingles, and where there is an index the signatures, of all rows that have to be compared.

They are made where the text is and sent to the parts of `check` that ask for them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.certify.evidence import INDEX, File, listed, read_evidence, read_parts, unit_of_file
from beam_jobs.certify.pairs import WANTED_SCHEMA
from beam_jobs.certify.read import batches, signature_rows
from beam_jobs.corpus.finished import read_columns
from beam_jobs.corpus.tables import list_column
from beam_jobs.shuffle import parts_writer
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.near_duplicates.signatures import band_keys, shingle_hashes, text_signatures
from stages.recipe import NearDuplicates

UInt64 = npt.NDArray[np.uint64]

LISTS = ("bands", "shingles", "signature")
SET_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.uint64(), nullable=False),
        *(pa.field(name, pa.list_(pa.uint64()), nullable=False) for name in LISTS),
    ]
)
"""What a row is compared by. A document of an index has no shingles, and without an index none has a signature."""


def plan(job: Job) -> list[Planned]:
    """One unit for each file."""
    evidence, commits = read_evidence(job), commits_of(job, "pairs")
    wanted = share(job, "sets", "wanted", listed(commits, "wanted")["wanted"])
    parts = commits[0].inputs["check_parts"] if commits else 1
    return [Planned(unit_of_file(evidence, file, wanted=wanted, parts=parts), file.bytes) for file in evidence.files]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes what is wanted of a file's rows, to each part that wants it."""
    file, settings = File(**unit.inputs["file"]), read_evidence(job).settings.near_duplicates
    wanted = read_parts(job.folder, shared(job, unit.inputs["wanted"]), file.ordinal, WANTED_SCHEMA)
    asked, numbers = wanted.column("reference").to_numpy(), wanted.column("part").to_numpy()
    references, places = np.unique(asked, return_inverse=True)
    rows = (references & np.uint64(0xFFFFFFFF)).astype(np.int64)
    made = (_indexed if file.kind == INDEX else _compared)(file, rows, settings) if len(rows) else {}
    table = pa.table({"reference": references, **made} if made else SET_SCHEMA.empty_table(), schema=SET_SCHEMA)
    with parts_writer(outputs, "sets", SET_SCHEMA) as writer:
        for part in range(unit.inputs["parts"]):
            writer.write(table.take(pa.array(np.unique(places[numbers == part]))))
    return {"sets": len(rows)}


def _compared(file: File, rows: npt.NDArray[np.int64], settings: NearDuplicates) -> Mapping[str, pa.ListArray]:
    texts = read_columns(file.path, ["text"]).column("text").take(pa.array(rows))
    bands: list[UInt64] = []
    shingles: list[UInt64] = []
    signatures: list[npt.NDArray[Any]] = []
    for batch in batches(texts):
        signed = text_signatures(batch, settings)
        bands.extend(band_keys(signed, settings))
        shingles.extend(shingle_hashes(batch, settings))
        signatures.extend(signed if settings.index else signed[:, :0])
    return _lists(bands, shingles, signatures)


def _indexed(file: File, rows: npt.NDArray[np.int64], settings: NearDuplicates) -> Mapping[str, pa.ListArray]:
    signatures = signature_rows(read_columns(file.path, ["signature"]).column("signature").take(pa.array(rows)))
    nothing = [np.empty(0, np.uint64)] * len(rows)
    return _lists(list(band_keys(signatures, settings)), nothing, list(signatures))


def _lists(*columns: list[npt.NDArray[Any]]) -> Mapping[str, pa.ListArray]:
    return {
        name: list_column([one.astype(np.uint64, copy=False) for one in column])
        for name, column in zip(LISTS, columns, strict=True)
    }
