"""Phase `pack`: the documents of each shard into rows, in an order that no fragment decides.

Training documents are in the rows as often as the mixture says; those that it leaves out are written to the removals.
A table beside the shards says where held-out documents came from, so that a model can be measured on each source.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.corpus.tables import table_writer
from beam_jobs.shuffle import read_part
from beam_jobs.tokenizer.corpora import is_joined
from beam_jobs.tokenizer.documents import REMOVED_SCHEMA
from beam_jobs.tokenizer.encode import shard_order
from beam_jobs.tokenizer.shares import NO_SCORES, is_mixed, measured_factors, shard_counts
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.artifacts import join
from stages.draws import draw
from stages.errors import GristmillError
from stages.mixture import Cells, Group, copies, stage_of_bins
from stages.packing import PACKERS, PackedPieces, join_rows
from stages.recipe import Curriculum, Packing, Recipe
from stages.shards import DOCUMENTS_SCHEMA, Run, TokenizedDocuments, shard_schema, write_shard

NOT_DRAWN = "not_drawn"
HELD_OUT = "held_out"
"""The kind of the tables of held-out documents, and their folder."""
SIZES = ("documents", "copies", "tokens", "bytes")
PARTS = ("source", "language")


def settings(recipe: Recipe) -> Any:
    """The seed, the rows, and whether there are removals to write; the mixture is among the inputs."""
    packing = recipe.tokenizer.packing.model_dump(mode="json", exclude={"shard_megabytes_of_text"})
    return [recipe.seed, packing, _removes(recipe)]


def _removes(recipe: Recipe) -> bool:
    return is_joined(recipe) or is_mixed(recipe.mixture)


def plan(job: Job) -> list[Planned]:
    """One unit for each shard of each split."""
    (trained,) = commits_of(job, "train")
    encoded = commits_of(job, "encode")
    factors, curriculum = measured_factors(encoded, job.recipe.mixture), job.recipe.mixture.curriculum
    stages = _stages(encoded, factors, curriculum) if curriculum.by != "none" else None
    files = [
        {
            "tokens": commit.files["tokens"][0].to_json(),
            "removed": commit.files["removed"][0].to_json() if "removed" in commit.files else None,
            "groups": [_group(group, factors) for group in commit.counts["groups"]],
        }
        for commit in encoded
    ]
    common = share(job, "pack", "encoded", {"files": files, "stages": stages})
    shards = list(shard_order(shard_counts(job.recipe)))
    weight = sum(commit.files["tokens"][0].bytes for commit in encoded) // max(len(shards), 1)
    tokenizer = {**trained.counts, "sha256": trained.files["tokenizer"][0].sha256}
    return [
        Planned({"split": split, "shard": number, "batch": batch, "encoded": common, "tokenizer": tokenizer}, weight)
        for batch, (split, number) in enumerate(shards)
    ]


def _group(group: Mapping[str, Any], factors: Cells) -> dict[str, Any]:
    names = {name: group[name] for name in ("source", "language", "is_variant")}
    return {**names, "factor": factors[group["source"], group["language"]]}


def _stages(encoded: list[Commit], factors: Cells, curriculum: Curriculum) -> list[list[int]]:
    """Pairs of a bin and its stage, by the tokens that are to be expected of each bin."""
    counts: Counter[tuple[int, Group]] = Counter()
    for commit in encoded:
        for group in commit.counts["groups"]:
            counts.update({(one, (group["source"], group["language"])): count for one, count in group["bins"]})
    tokens: dict[int, float] = {}
    for (one, name), count in sorted(counts.items()):  # sums in an order that no fragment decides
        tokens[one] = tokens.get(one, 0.0) + count * factors[name]
    if curriculum.by == "quality_score" and set(tokens) <= {-1}:
        raise GristmillError(NO_SCORES)
    stages = stage_of_bins(tokens, curriculum.stages, curriculum.order == "descending")
    return [[one, stages[one]] for one in sorted(stages)]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes one shard and what is removed from it; the counts are of its split, and of training by group."""
    split, common = unit.inputs["split"], shared(job, unit.inputs["encoded"])
    is_training = split == "train"
    documents = _read_documents(job, unit.inputs["batch"], common["files"], is_training)
    stages = dict(common["stages"]) if is_training and common["stages"] else None
    packing, tokenizer = job.recipe.tokenizer.packing, unit.inputs["tokenizer"]
    packed, runs = _packed(documents, packing, is_training, stages)
    tokens, room = int(np.sum(documents.lengths * documents.times)), packed.rows * (packing.sequence_length + 1)
    counts = {
        "documents": int(np.count_nonzero(documents.times)),
        "tokens": tokens,
        "rows": packed.rows,
        "padding": room - tokens,
        "cut": _cut(packed, documents.lengths, packing.sequence_length + 1),
        "text_bytes": int(np.sum(documents.sizes * documents.times)),
    }
    metadata = {
        "sequence_length": str(packing.sequence_length),
        "tokenizer": tokenizer["sha256"],
        "packing": packing.mode,
        **{name: str(counts[name]) for name in ("rows", "documents", "tokens", "text_bytes")},
    }
    schema = shard_schema(packing.sequence_length, tokenizer["vocabulary_size"], metadata, runs)
    with outputs.create_named(split, f"shard-{unit.inputs['shard']:05d}.arrow") as file:
        file.rows = write_shard(file.path, schema, packed, documents.tokenized(), tokenizer["padding_id"])
    if not is_training:
        with outputs.create_named(HELD_OUT, f"{split}-{unit.inputs['shard']:05d}.parquet") as file:
            pq.write_table(documents.origins(), file.path, compression="zstd")
            file.rows = len(documents.ids)
    if _removes(job.recipe):
        _write_removals(job, unit.inputs["batch"], common["files"], documents, outputs)
    left_out = documents.times == 0
    if int(np.sum(packed.stops - packed.starts)) != tokens:
        raise GristmillError(f"{split}: the ledger does not close: the packer lost tokens")
    return {
        "splits": {split: counts},
        "not_drawn": {"documents": int(np.sum(left_out)), "tokens": int(np.sum(documents.lengths[left_out]))},
        "copied_tokens": int(np.sum(documents.lengths * np.maximum(documents.times - 1, 0))),
        "groups": documents.by_group() if is_training else [],
    }


def _write_removals(
    job: Job, batch: int, files: list[dict[str, Any]], documents: "_Documents", outputs: Outputs
) -> None:
    tables = [read_part(join(job.folder, one["removed"]["path"]), batch) for one in files if one["removed"]]
    not_drawn = pa.Table.from_pylist(list(documents.not_drawn()), schema=REMOVED_SCHEMA)
    removed = pa.concat_tables([not_drawn, *tables])
    with table_writer(outputs, "removals", REMOVED_SCHEMA, product=True) as removals:
        removals.write_table(removed.sort_by([(name, "ascending") for name in ("id", "rule", "source")]))


def _read_documents(job: Job, batch: int, files: list[dict[str, Any]], is_training: bool) -> "_Documents":
    tables: list[pa.Table] = []
    groups: list[dict[str, Any]] = []
    for one in files:
        table = read_part(join(job.folder, one["tokens"]["path"]), batch)
        numbers = table.column("group").to_numpy() + len(groups)
        place = table.schema.get_field_index("group")
        tables.append(table.set_column(place, "group", pa.array(numbers.astype(np.uint32))))
        groups += one["groups"]
    return _Documents(pa.concat_tables(tables), groups, job.recipe.seed, is_training)


class _Documents:
    """The documents of one shard, in the order of a draw by their ids, and how often each is in it."""

    def __init__(self, table: pa.Table, groups: list[dict[str, Any]], seed: int, is_training: bool):
        ids = table.column("id").to_pylist()
        draws = np.array([draw(one, seed, "order") for one in ids], np.uint64)
        rows = np.lexsort((np.array(ids, np.uint64), draws))
        tokens, starts, lengths = _flat(table.column("tokens"))
        self._tokens, self._starts = tokens, starts[rows]
        self.lengths: npt.NDArray[np.int64] = lengths[rows]
        self.sizes: npt.NDArray[np.int64] = table.column("text_bytes").to_numpy().astype(np.int64)[rows]
        self.bins: npt.NDArray[np.int32] = table.column("bin").to_numpy()[rows]
        self.ids = [ids[row] for row in rows.tolist()]
        self._urls = table.column("url").combine_chunks().take(pa.array(rows))
        self._groups = [groups[number] for number in table.column("group").to_numpy()[rows].tolist()]
        factors = [group["factor"] if is_training else 1.0 for group in self._groups]
        each = zip(self.ids, factors, strict=True)
        drawn = [(1, 0.0) if factor == 1.0 else copies(one, seed, factor) for one, factor in each]
        self.times: npt.NDArray[np.int64] = np.array([times for times, _ in drawn], np.int64)
        self._places = [place for _, place in drawn]

    def tokenized(self) -> TokenizedDocuments:
        """The documents as the writer of shards takes them."""
        return TokenizedDocuments(np.array(self.ids, np.uint64), self._tokens, self._starts)

    def origins(self) -> pa.Table:
        """Where each document came from: a table of DOCUMENTS_SCHEMA."""
        names = {name: pa.array([group[name] for group in self._groups], pa.string()) for name in PARTS}
        return pa.table({"id": pa.array(self.ids, pa.uint64()), **names, "url": self._urls}, DOCUMENTS_SCHEMA)

    def parts(self, rows_of: str) -> list[str]:
        """The part of the rows that each document belongs to: its source, its language, or "" for any."""
        return [""] * len(self.ids) if rows_of == "any" else [group[rows_of] for group in self._groups]

    def not_drawn(self) -> Iterator[dict[str, Any]]:
        """Yields the rows of REMOVED_SCHEMA of documents that the mixture leaves out."""
        for row in np.flatnonzero(self.times == 0).tolist():
            group = self._groups[row]
            why = {"rule": NOT_DRAWN, "value": self._places[row], "threshold": group["factor"]}
            yield {"id": self.ids[row], "source": group["source"], **why}

    def by_group(self) -> list[dict[str, Any]]:
        """What is in the shard of each source and language, originals and variants apart; copies are no documents."""
        counts: dict[tuple[str, str, bool], list[int]] = {}
        columns = (self._groups, self.times.tolist(), self.lengths.tolist(), self.sizes.tolist())
        for group, times, length, size in zip(*columns, strict=True):
            sums = counts.setdefault((group["source"], group["language"], group["is_variant"]), [0] * len(SIZES))
            for place, one in enumerate((times > 0, max(times - 1, 0), times * length, times * size)):
                sums[place] += int(one)
        names = ("source", "language", "is_variant", *SIZES)
        return [dict(zip(names, (*group, *counts[group]), strict=True)) for group in sorted(counts)]


def _flat(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The tokens of a column of lists back to back, and where each begins and how long it is: int64 [documents]."""
    values: list[npt.NDArray[np.integer]] = []
    starts, lengths, before = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for chunk in column.chunks:
        offsets = chunk.offsets.to_numpy().astype(np.int64)
        values.append(chunk.values.to_numpy()[offsets[0] : offsets[-1]])
        starts.append(offsets[:-1] - offsets[0] + before)
        lengths.append(np.diff(offsets))
        before += len(values[-1])
    tokens = np.concatenate(values) if values else np.empty(0, column.type.value_type.to_pandas_dtype())
    return tokens, np.concatenate(starts), np.concatenate(lengths)


def _packed(
    documents: _Documents, packing: Packing, is_training: bool, stages: dict[int, int] | None
) -> tuple[PackedPieces, list[Run]]:
    """The rows of a shard: stage by stage, in each part by part, in each of these a round for each copy.

    So no row holds a document twice.
    """
    of_stage = np.array([stages[one] if stages else 0 for one in documents.bins.tolist()], np.int64)
    parts = documents.parts(packing.rows_of if is_training else "any")
    names = sorted(set(parts))
    of_part = np.array([names.index(one) for one in parts], np.int64)
    packed: list[PackedPieces] = []
    runs: list[Run] = []
    for stage in np.unique(of_stage).tolist():
        for number, name in enumerate(names):
            before = len(packed)
            for copy in range(int(documents.times.max(initial=0))):
                chosen = np.flatnonzero((of_stage == stage) & (of_part == number) & (documents.times > copy))
                rows = PACKERS[packing.mode](documents.lengths[chosen], packing.sequence_length + 1)
                packed.append(replace(rows, documents=chosen[rows.documents]))
            if count := sum(rows.rows for rows in packed[before:]):
                runs.append(Run(stage, name, count))
    return join_rows(packed), runs


def _cut(packed: PackedPieces, lengths: npt.NDArray[np.int64], width: int) -> int:
    """How many documents that fit a row are in more than one; copies are not counted apart."""
    return len(np.unique(packed.documents[(packed.starts > 0) & (lengths[packed.documents] <= width)]))
