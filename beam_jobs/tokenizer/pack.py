"""Phase `pack`: the documents of each shard into rows, best fit first, in an order that no fragment decides.

Training documents are in the rows as often as the mixture says; those that it leaves out are written to the removals.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.tables import table_writer
from beam_jobs.shuffle import read_part
from beam_jobs.tokenizer.corpora import is_joined
from beam_jobs.tokenizer.documents import REMOVED_SCHEMA
from beam_jobs.tokenizer.encode import shard_order
from beam_jobs.tokenizer.shares import NO_SCORES, is_mixed, measured_factors, shard_counts
from beam_jobs.units import Commit, Job, Outputs, Planned, Unit, commits_of, share, shared
from stages.artifacts import join, open_file
from stages.draws import draw
from stages.errors import GristmillError
from stages.mixture import Cells, Group, copies, stage_of_bins
from stages.packing import Piece, pack
from stages.recipe import Curriculum, Recipe
from stages.shards import PackedRow, shard_schema, write_shard

NOT_DRAWN = "not_drawn"
SIZES = ("documents", "copies", "tokens", "bytes")


def settings(recipe: Recipe) -> Any:
    """The seed, the length of the rows, and whether there are removals to write; the mixture is among the inputs."""
    return [recipe.seed, recipe.tokenizer.packing.sequence_length, _removes(recipe)]


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
    length, tokenizer = job.recipe.tokenizer.packing.sequence_length, unit.inputs["tokenizer"]
    packed = _Packed(documents, length + 1, stages, job.recipe.mixture.curriculum.stages)
    counts = {
        "documents": int(np.count_nonzero(documents.times)),
        "tokens": int(np.sum(documents.lengths * documents.times)),
        "rows": len(packed.rows),
        "padding": 0,
        "text_bytes": int(np.sum(documents.sizes * documents.times)),
    }
    counts["padding"] = counts["rows"] * (length + 1) - counts["tokens"]
    metadata = {
        "sequence_length": str(length),
        "tokenizer": tokenizer["sha256"],
        "packing": "best_fit",
        **{name: str(counts[name]) for name in ("rows", "documents", "tokens", "text_bytes")},
        **packed.metadata(),
    }
    schema = shard_schema(length, tokenizer["vocabulary_size"], metadata)
    with outputs.create_named(split, f"shard-{unit.inputs['shard']:05d}.arrow") as file:
        file.rows = write_shard(file.path, schema, packed.packed_rows(), tokenizer["padding_id"])
    if _removes(job.recipe):
        _write_removals(job, unit.inputs["batch"], common["files"], documents, outputs)
    left_out = documents.times == 0
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
        with open_file(join(job.folder, one["tokens"]["path"])) as file:
            table = pa.Table.from_batches([pa.ipc.open_file(file).get_batch(batch)])
        numbers = table.column("group").to_numpy() + len(groups)
        tables.append(table.set_column(3, "group", pa.array(numbers.astype(np.uint32))))
        groups += one["groups"]
    return _Documents(pa.concat_tables(tables), groups, job.recipe.seed, is_training)


class _Documents:
    """The documents of one shard, in the order of a draw by their ids, and how often each is in it."""

    def __init__(self, table: pa.Table, groups: list[dict[str, Any]], seed: int, is_training: bool):
        ids = table.column("id").to_pylist()
        order = sorted(range(len(ids)), key=lambda row: (draw(ids[row], seed, "order"), ids[row]))
        tokens = table.column("tokens").combine_chunks()
        offsets = tokens.offsets.to_numpy().astype(np.int64)
        rows = np.array(order, np.int64)
        self.tokens: npt.NDArray[np.integer] = tokens.values.to_numpy()
        self.starts: npt.NDArray[np.int64] = offsets[:-1][rows]
        self.lengths: npt.NDArray[np.int64] = np.diff(offsets)[rows]
        self.sizes: npt.NDArray[np.int64] = table.column("text_bytes").to_numpy().astype(np.int64)[rows]
        self.bins: npt.NDArray[np.int32] = table.column("bin").to_numpy()[rows]
        self.ids = [ids[row] for row in order]
        self._groups = [groups[number] for number in table.column("group").to_numpy()[rows].tolist()]
        factors = [group["factor"] if is_training else 1.0 for group in self._groups]
        each = zip(self.ids, factors, strict=True)
        drawn = [(1, 0.0) if factor == 1.0 else copies(one, seed, factor) for one, factor in each]
        self.times: npt.NDArray[np.int64] = np.array([times for times, _ in drawn], np.int64)
        self._places = [place for _, place in drawn]

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


class _Packed:
    """The rows of a shard: stage by stage, and in each a round for each copy, so that no row holds a document twice."""

    def __init__(self, documents: _Documents, width: int, stages: dict[int, int] | None, count: int):
        self._documents = documents
        self._stage_rows = [0] * count if stages else []
        self.rows: list[list[Piece]] = []
        own = np.array([stages[one] for one in documents.bins.tolist()] if stages else documents.bins * 0, np.int64)
        for stage in range(count if stages else 1):
            for copy in range(int(documents.times.max(initial=0))):
                chosen = np.flatnonzero((own == stage) & (documents.times > copy))
                rows = pack(documents.lengths[chosen], width)
                self.rows += [[(int(chosen[one]), start, stop) for one, start, stop in row] for row in rows]
                if stages:
                    self._stage_rows[stage] += len(rows)

    def metadata(self) -> dict[str, str]:
        """How many rows each stage has, if there are stages."""
        return {"stage_rows": ",".join(map(str, self._stage_rows))} if self._stage_rows else {}

    def packed_rows(self) -> Iterator[PackedRow]:
        """Yields the tokens of the rows."""
        documents = self._documents
        for row in self.rows:
            pieces = [
                documents.tokens[documents.starts[one] + start : documents.starts[one] + stop]
                for one, start, stop in row
            ]
            ends = np.cumsum([len(piece) for piece in pieces]).tolist()
            yield PackedRow(np.concatenate(pieces), ends, [documents.ids[one] for one, _, _ in row])
