"""Phase 3, if the recipe asks for it: candidates without the units of text that recur, and their MinHash bands.

There is one unit of work for each unit of `extract`, and a document keeps its place in it unless it is removed. The
rules of the quality stage are not asked again: they have measured the text as it was.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from beam_jobs.corpus.candidates import candidate_writer, candidates_phase
from beam_jobs.corpus.examples import Examples
from beam_jobs.corpus.repeated import most_frequent
from beam_jobs.corpus.tables import read_rows, read_table, removal_row, table_writer, write_table
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages import artifacts
from stages.document import IDENTITY_FIELDS, REMOVAL_SCHEMA, Refusal
from stages.ledger import Ledger
from stages.near_duplicates.signatures import content_hash
from stages.quality.words import words_of
from stages.recipe import Recipe
from stages.repeated_text import Divided, divided

STAGE = "repeated_text"
SHOWN_CHARACTERS = 400
"""How much is shown of a unit of text that recurs."""


def settings(recipe: Recipe) -> Any:
    """What decides the output beside the candidates and what recurs."""
    corpus = recipe.corpus
    signatures = corpus.near_duplicates.model_dump(mode="json", exclude={"threshold"})
    return [corpus.repeated_text.model_dump(mode="json"), signatures, corpus.keep_removed_text]


def plan(job: Job) -> list[Planned]:
    """One unit for each extract unit; none if nothing is looked for."""
    if candidates_phase(job.recipe) == "extract":
        return []
    commits = commits_of(job, "repeated")
    repeated = [file.to_json() for commit in commits for file in commit.files["repeated"]]
    shared = {"repeated": repeated, "shown": most_frequent(commits)}
    files = [
        {kind: commit.files[kind][0].to_json() for kind in ("candidates", "text_units")}
        for commit in commits_of(job, "extract")
    ]
    return [Planned({**shared, **unit_files}, unit_files["candidates"]["bytes"]) for unit_files in files]


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
        self._first_contents = _repeated_in(job, unit)
        self._shown_ids = {row["hash"]: row["first_id"] for row in unit.inputs["shown"]}
        self.counts = Counter[str]({"documents": 0, "units": 0, "characters": 0})
        self.shown: dict[str, str] = {}
        """The texts of the most frequent units, by hash, of those whose first document is here."""

    def cut(self, candidate: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """The candidate without what recurs; refused are those that were cut and have too few words left."""
        text, document_id = candidate["text"], candidate["id"]
        document = divided(text, self._settings)
        self._show(document_id, document)
        cut = document.without(self._gone(document))
        if cut is None:
            return candidate
        shortened, edit = cut
        self.counts.update({"documents": 1, "units": edit.count, "characters": edit.characters})
        words, least = len(words_of(shortened, candidate["language"], "papers")), self._settings.minimum_words_left
        if not shortened or words < least:
            detail = f"{edit.count} {self._settings.unit} that recur were cut"
            return Refusal("minimum_words_left", float(words), float(max(least, 1)), detail)
        return {**candidate, "text": shortened, "edits": [*candidate["edits"], edit.to_json()]}

    def _gone(self, document: Divided) -> set[int]:
        """The units that recur, but for those whose first document is this one or has the same words.

        Else a copy of the first would lose what that one keeps, and be no duplicate any more.
        """
        recurring = self._first_contents.keys() & {unit.hash for unit in document.units}
        if not recurring or not self._settings.keep_first:
            return recurring
        content = content_hash(document.text)
        return {text_hash for text_hash in recurring if self._first_contents[text_hash] != content}

    def _show(self, document_id: int, document: Divided) -> None:
        for unit in document.units:
            if self._shown_ids.get(unit.hash) == document_id:
                name, shown = f"{unit.hash:016x}", unit.of(document.text)[:SHOWN_CHARACTERS]
                self.shown[name] = min(self.shown.get(name, shown), shown)


def _repeated_in(job: Job, unit: Unit) -> dict[int, int]:
    """Of the units of text that recur, those in these candidates, with the content of the first document."""
    own = np.unique(read_table(_path(job, unit.inputs["text_units"]), ["hash"]).column("hash").to_numpy())
    found: dict[int, int] = {}
    for file in unit.inputs["repeated"]:
        table = read_table(_path(job, file), ["hash", "first_content"])
        inside = np.flatnonzero(np.isin(table.column("hash").to_numpy(), own, assume_unique=True))
        part = table.take(inside)
        found.update(zip(part.column("hash").to_pylist(), part.column("first_content").to_pylist(), strict=True))
    return found


def _path(job: Job, file: Mapping[str, Any]) -> str:
    return artifacts.join(job.folder, file["path"])
