"""Phase 3, if the recipe asks for it: candidates without the units of text that recur, and their MinHash bands.

There is one unit of work for each unit of `extract`, and a document keeps its place in it unless it is removed. The
rules of the quality stage are not asked again: they have measured the text as it was.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beam_jobs.corpus.candidates import candidate_writer, candidates_phase, signature_settings
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.repeated import REPEATED_SCHEMA
from beam_jobs.corpus.tables import read_rows, removal_row, table_writer, write_table
from beam_jobs.shuffle import read_part
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of, files_of, share, shared
from stages import artifacts
from stages.document import IDENTITY_FIELDS, REMOVAL_SCHEMA, Refusal
from stages.ledger import Ledger
from stages.near_duplicates.signatures import content_hash
from stages.quality.words import words_of
from stages.recipe import Recipe
from stages.repeated_text import Divided, divided

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Shown = tuple[int, int, str]
"""A unit of text that recurs: its hash, how often it occurs, and its beginning."""

STAGE = "repeated_text"
SHOWN = 50
"""How many of the most frequent units of text are named in the manifest."""
SHOWN_CHARACTERS = 400
"""How much is shown of a unit of text that recurs."""
SHOWN_WAITING = 10_000


def settings(recipe: Recipe) -> Any:
    """What decides the output beside the candidates and what recurs."""
    corpus = recipe.corpus
    signatures = signature_settings(corpus.near_duplicates)
    return [corpus.repeated_text.model_dump(mode="json"), signatures, corpus.keep_removed_text]


def plan(job: Job) -> list[Planned]:
    """One unit for each extract unit; none if nothing is looked for."""
    if candidates_phase(job.recipe) == "extract":
        return []
    repeated = share(job, "cut", "repeated", files_of(commits_of(job, "repeated"), "repeated"))
    candidates = files_of(commits_of(job, "extract"), "candidates")
    return [
        Planned({"part": part, "repeated": repeated, "candidates": file}, file["bytes"])
        for part, file in enumerate(candidates)
    ]


def most_frequent(shown: Iterable[Shown]) -> list[Shown]:
    """The units of text that occur most; equal ones by hash."""
    texts: dict[int, Shown] = {}
    for one in shown:
        texts[one[0]] = min(texts.get(one[0], one), one)
    return sorted(texts.values(), key=lambda one: (-one[1], one[0]))[:SHOWN]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes what is left of one unit's candidates; the counts are its ledger, and what was cut."""
    corpus = job.recipe.corpus
    ledger, examples = Ledger([STAGE]), Examples()
    cutter = _Cutter(job, unit)
    with (
        table_writer(outputs, "removals", REMOVAL_SCHEMA, product=True) as removals,
        candidate_writer(outputs, corpus.near_duplicates) as candidates,
    ):
        for candidate in read_rows(artifacts.join(job.folder, unit.inputs["candidates"]["path"])):
            left = cutter.cut(candidate)
            if not isinstance(left, Refusal):
                ledger.keep(STAGE)
                candidates.add(left)
                continue
            ledger.remove(STAGE, left.rule)
            identity = {field.name: candidate[field.name] for field in IDENTITY_FIELDS}
            row = removal_row(identity, STAGE, left, candidate["text"])
            examples.add(row, candidate["text"])
            removals.write(row if corpus.keep_removed_text else {**row, "text": None})
    write_table(outputs, "examples", examples.table())
    return {"ledger": ledger.to_json(), "cut": dict(cutter.counts), "shown": cutter.shown}


class _Cutter:
    """Cuts one candidate after the other."""

    def __init__(self, job: Job, unit: Unit):
        self._settings = job.recipe.corpus.repeated_text
        self._repeated = _Repeated.read(job, unit)
        self._shown: list[Shown] = []
        self.counts = Counter[str]({"documents": 0, "units": 0, "characters": 0})

    @property
    def shown(self) -> list[Shown]:
        """Of the units of text whose first document is here the most frequent."""
        return most_frequent(self._shown)

    def cut(self, candidate: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """The candidate without what recurs; refused are those that were cut and have too few words left."""
        document = divided(candidate["text"], self._settings)
        rows = self._repeated.rows(document.hashes)
        recurs = rows >= 0
        if not recurs.any():
            return candidate
        self._show(candidate["id"], document, rows)
        cut = document.without(recurs, self._stays(document, rows))
        if cut is None:
            return candidate
        shortened, edit = cut
        self.counts.update({"documents": 1, "units": edit.count, "characters": edit.characters})
        words, least = len(words_of(shortened, candidate["language"], "papers")), self._settings.minimum_words_left
        if not shortened or words < least:
            detail = f"{edit.count} {self._settings.unit} that recur were cut"
            return Refusal("minimum_words_left", float(words), float(max(least, 1)), detail)
        return {**candidate, "text": shortened, "edits": [*candidate["edits"], edit.to_json()]}

    def _stays(self, document: Divided, rows: Int64) -> Bools:
        """Which units recur and have this document as their first, or one with the same words.

        Else a copy of the first would lose what that one keeps, and be no duplicate any more.
        """
        if not self._settings.keep_first:
            return np.zeros(len(rows), np.bool_)
        same_words: Bools = self._repeated.first_contents[rows] == np.uint64(content_hash(document.text))
        return same_words & (rows >= 0)

    def _show(self, document_id: int, document: Divided, rows: Int64) -> None:
        first = (rows >= 0) & (self._repeated.first_ids[rows] == np.uint64(document_id))
        for text_hash, occurrences, text in document.shown(first, self._repeated.occurrences[rows]):
            self._shown.append((text_hash, occurrences, text[:SHOWN_CHARACTERS]))
        if len(self._shown) > SHOWN_WAITING:
            self._shown = self.shown


class _Repeated(NamedTuple):
    """Columns of REPEATED_SCHEMA, by hash: what recurs and is in the candidates of one unit."""

    hashes: UInt64
    occurrences: Int64
    first_ids: UInt64
    first_contents: UInt64

    @classmethod
    def read(cls, job: Job, unit: Unit) -> "_Repeated":
        files, part = shared(job, unit.inputs["repeated"]), unit.inputs["part"]
        parts = [read_part(artifacts.join(job.folder, file["path"]), part) for file in files]
        table = pa.concat_tables(parts).sort_by("hash")
        columns = {name: table.column(name).to_numpy() for name in REPEATED_SCHEMA.names}
        return cls(
            columns["hash"], columns["occurrences"].astype(np.int64), columns["first_id"], columns["first_content"]
        )

    def rows(self, hashes: UInt64) -> Int64:
        """int64 [hashes]: the row of each, -1 where it does not recur."""
        if len(self.hashes) == 0:
            return np.full(len(hashes), -1, np.int64)
        rows = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[rows] == hashes, rows, -1)
