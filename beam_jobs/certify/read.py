"""Phase `read`: the keys by which documents and removals are compared, dealt into parts, and what is held out.

Every file is hashed on the way: it must be the one that the manifest lists.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beam_jobs.certify.evidence import DOCUMENTS, INDEX, REMOVALS, File, read_evidence, unit_of_file
from beam_jobs.certify.violations import FILES, Violations
from beam_jobs.corpus.finished import read_columns
from beam_jobs.corpus.tables import list_column
from beam_jobs.shuffle import write_parts
from beam_jobs.units import Job, Outputs, Planned, Unit
from stages.artifacts import open_file
from stages.errors import GristmillError
from stages.near_duplicates.addresses import NO_ADDRESS, address_key
from stages.near_duplicates.signatures import band_keys, content_hash, shingle_hashes, text_signatures
from stages.recipe import Corpus, NearDuplicates
from stages.splits import SPLITS

UInt64 = npt.NDArray[np.uint64]

KEYS_PER_PART = 1_000_000
"""About 20 MB of keys, and three times as much while they are sorted."""
BATCH = 512
STAGE = "duplicates"
NO_BAND = np.uint64(0)
"""The keys of a text without shingles, which is alike to none."""
BAND, CONTENT, ADDRESS = range(3)
"""Kinds of keys; keys of different kinds do not meet."""
COMPARED_TEXTS = ("near_duplicate", "exact_duplicate", "indexed_near_duplicate", "indexed_exact_duplicate")
"""Rules whose proof needs the text that was removed."""

KEY_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.uint8(), nullable=False),
        pa.field("key", pa.uint64(), nullable=False),
        pa.field("reference", pa.uint64(), nullable=False),
    ]
)
IDENTITY_SCHEMA = pa.schema(
    [
        pa.field("id", pa.uint64(), nullable=False),
        pa.field("content_hash", pa.uint64(), nullable=False),
        pa.field("address", pa.uint64(), nullable=False),
        pa.field("reference", pa.uint64(), nullable=False),
    ]
)
CLAIM_SCHEMA = pa.schema(
    [
        *IDENTITY_SCHEMA,
        pa.field("rule", pa.string(), nullable=False),
        pa.field("duplicate_of", pa.uint64()),
        pa.field("jaccard", pa.float32()),
        pa.field("value", pa.float64()),
    ]
)
"""A removed duplicate: what it says of itself, and what is known of it. Without a text the content hash is 0."""
HELD_OUT_SCHEMA = pa.schema(
    [
        pa.field("reference", pa.uint64(), nullable=False),
        pa.field("split", pa.uint8(), nullable=False),
        pa.field("shingles", pa.list_(pa.uint64()), nullable=False),
    ]
)
"""`split` is a position in SPLITS."""


def plan(job: Job) -> list[Planned]:
    """One unit for each file."""
    evidence = read_evidence(job)
    keys_each = evidence.settings.near_duplicates.bands + 2
    keys = keys_each * sum(file.rows for file in evidence.files if file.kind != REMOVALS)
    parts = max(1, -(-keys // KEYS_PER_PART))
    return [Planned(unit_of_file(evidence, file, parts=parts), file.bytes) for file in evidence.files]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes the keys of a file's rows; the counts are the rows by what they are, and their characters."""
    settings, file = read_evidence(job).settings, File(**unit.inputs["file"])
    reading = Reading(settings, file, outputs, unit.inputs["parts"])
    violations = Violations()
    found = _sha256(file.path)
    if found != file.sha256:
        violations.add(FILES, file.name, f"sha256 {found}", f"{file.sha256}, as the manifest has it")
    counts = {DOCUMENTS: _read_documents, REMOVALS: _read_removals, INDEX: _read_index}[file.kind](reading)
    return {**counts, "violations": violations.to_json()}


@dataclass(frozen=True)
class Reading:
    """One file, and where what is read of it goes."""

    settings: Corpus
    file: File
    outputs: Outputs
    parts: int

    @property
    def near_duplicates(self) -> NearDuplicates:
        """How texts are compared."""
        return self.settings.near_duplicates

    def write_keys(self, bands: UInt64, contents: UInt64, addresses: UInt64, references: UInt64) -> None:
        """Writes the keys of documents; `bands` is uint64 [documents, bands]."""
        known = addresses != NO_ADDRESS if self.near_duplicates.one_per_url != "off" else np.zeros(len(addresses), bool)
        with_shingles = bands[:, 0] != NO_BAND
        own_bands = bands[with_shingles]
        groups = [
            (BAND, own_bands.ravel(), np.repeat(references[with_shingles], bands.shape[1])),
            (CONTENT, contents, references),
            (ADDRESS, addresses[known], references[known]),
        ]
        columns = {
            "kind": np.concatenate([np.full(len(keys), kind, np.uint8) for kind, keys, _ in groups]),
            "key": np.concatenate([keys for _, keys, _ in groups]),
            "reference": np.concatenate([names for _, _, names in groups]),
        }
        self._write("keys", pa.table(columns, schema=KEY_SCHEMA), "key")

    def write_identities(self, columns: Mapping[str, Any]) -> None:
        """Writes who documents are."""
        self._write("identities", pa.table(dict(columns), schema=IDENTITY_SCHEMA), "id")

    def write_claims(self, columns: Mapping[str, Any]) -> None:
        """Writes why removals went."""
        self._write("claims", pa.table(dict(columns), schema=CLAIM_SCHEMA), "duplicate_of")

    def _write(self, kind: str, table: pa.Table, by: str) -> None:
        numbers = table.column(by).fill_null(0).to_numpy() % np.uint64(self.parts)
        write_parts(self.outputs, kind, table, numbers, self.parts)


def _sha256(path: str) -> str:
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _read_documents(reading: Reading) -> dict[str, Any]:
    """Originals alone: variants are copies of a training document by design."""
    table = read_columns(reading.file.path, ["id", "url", "split", "parent_id", "text"])
    originals = np.flatnonzero(pc.is_null(table.column("parent_id")).to_numpy())
    rows, references = table.take(pa.array(originals)), reading.file.references(originals)
    contents, bands = _content_and_bands(rows.column("text"), reading.near_duplicates)
    addresses = _addresses(rows.column("url"))
    reading.write_keys(bands, contents, addresses, references)
    reading.write_identities(
        {"id": rows.column("id"), "content_hash": contents, "address": addresses, "reference": references}
    )
    splits = split_numbers(rows.column("split"), reading.file)
    _write_held_out(reading, rows.column("text"), splits, references)
    return {
        "originals": len(originals),
        "variants": table.num_rows - len(originals),
        "characters": _characters(rows.column("text")),
        "splits": {name: int(np.count_nonzero(splits == place)) for place, name in enumerate(SPLITS)},
    }


def _content_and_bands(texts: pa.ChunkedArray, settings: NearDuplicates) -> tuple[UInt64, UInt64]:
    contents: list[int] = []
    bands = [np.empty((0, settings.bands), np.uint64)]
    for batch in batches(texts):
        contents.extend(map(content_hash, batch))
        bands.append(band_keys(text_signatures(batch, settings), settings))
    return np.array(contents, np.uint64), np.concatenate(bands)


def _characters(texts: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.utf8_length(texts)).as_py() or 0)


def split_numbers(names: pa.ChunkedArray, file: File) -> npt.NDArray[np.uint8]:
    """Positions in SPLITS."""
    numbers = {name: place for place, name in enumerate(SPLITS)}
    found = names.to_pylist()
    for name in set(found) - numbers.keys():
        raise GristmillError(f"{file.path}: a document is in split {name!r}; splits are {', '.join(SPLITS)}")
    return np.array([numbers[name] for name in found], np.uint8)


def _addresses(urls: pa.ChunkedArray) -> UInt64:
    return np.array([address_key(url) for url in urls.to_pylist()], np.uint64)


def batches(texts: pa.ChunkedArray) -> Iterator[Sequence[str]]:
    """Yields texts as Python has them, a few at a time."""
    for start in range(0, len(texts), BATCH):
        yield texts.slice(start, BATCH).to_pylist()


def _write_held_out(
    reading: Reading, texts: pa.ChunkedArray, splits: npt.NDArray[np.uint8], references: UInt64
) -> None:
    places = np.flatnonzero(splits != SPLITS.index("train"))
    sets = [
        one for batch in batches(texts.take(pa.array(places))) for one in shingle_hashes(batch, reading.near_duplicates)
    ]
    columns = {"reference": references[places], "split": splits[places], "shingles": list_column(sets)}
    table = pa.table(columns, schema=HELD_OUT_SCHEMA)
    write_parts(reading.outputs, "held_out", table, np.zeros(len(places), np.int64), 1)


def _read_removals(reading: Reading) -> dict[str, Any]:
    columns = ["id", "url", "stage", "rule", "value", "duplicate_of", "jaccard", "text"]
    table = read_columns(reading.file.path, columns)
    removed: dict[str, Counter[str]] = {}
    for stage, rule in zip(table.column("stage").to_pylist(), table.column("rule").to_pylist(), strict=True):
        removed.setdefault(stage, Counter())[rule] += 1
    places = np.flatnonzero(pc.equal(table.column("stage"), STAGE).to_numpy())
    rows = table.take(pa.array(places))
    reading.write_claims(
        {
            **{name: rows.column(name) for name in ("id", "rule", "duplicate_of", "jaccard", "value")},
            "content_hash": np.array(list(_contents(rows, reading.file)), np.uint64),
            "address": _addresses(rows.column("url")),
            "reference": reading.file.references(places),
        }
    )
    by_stage = {stage: dict(sorted(rules.items())) for stage, rules in sorted(removed.items())}
    return {"removals": by_stage, "duplicates": len(places), "characters": _characters(rows.column("text"))}


def _contents(rows: pa.Table, file: File) -> Iterator[int]:
    """Yields the content hash of each removed text whose rule compares texts, 0 for others."""
    texts = (text for batch in batches(rows.column("text")) for text in batch)
    for rule, text in zip(rows.column("rule").to_pylist(), texts, strict=True):
        if rule not in COMPARED_TEXTS:
            yield 0
        elif text is None:
            raise GristmillError(
                f"{file.path}: a removal by {rule} cannot be proven, its text was not kept; set "
                "corpus.near_duplicates.keep_text = true and run `make corpus` again"
            )
        else:
            yield content_hash(text)


def _read_index(reading: Reading) -> dict[str, Any]:
    table = read_columns(reading.file.path, ["id", "content_hash", "address", "signature"])
    columns = {name: table.column(name).to_numpy() for name in ("id", "content_hash", "address")}
    references = reading.file.references(np.arange(table.num_rows))
    bands = band_keys(signature_rows(table.column("signature")), reading.near_duplicates)
    reading.write_keys(bands, columns["content_hash"], columns["address"], references)
    reading.write_identities({**columns, "reference": references})
    return {"indexed": table.num_rows}


def signature_rows(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """Signatures [documents, permutations] of a column of lists."""
    values: npt.NDArray[Any] = column.combine_chunks().flatten().to_numpy()
    return values.reshape(len(column), len(values) // max(len(column), 1))
