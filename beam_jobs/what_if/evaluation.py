"""What other bounds do to a finished corpus: rule by rule, by language and source, for texts and for documents."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from beam_jobs.corpus.finished import FinishedCorpus
from beam_jobs.what_if.question import Question
from stages.errors import GristmillError
from stages.language import SCORE_DECIMALS
from stages.quality.bounds import bounds, measure_names
from stages.quality.what_if import PASSED, Column, first_missed_rule
from stages.recipe import Language, Quality

NO_IDS: NDArray[np.uint64] = np.empty(0, np.uint64)


@dataclass
class Texts:
    """How many of the measured texts pass the quality rules, before and after."""

    measured: int = 0
    before: int = 0
    after: int = 0
    newly_kept: int = 0
    newly_dropped: int = 0


@dataclass
class Documents:
    """What happens to the documents of the corpus."""

    all: int = 0
    lost: int = 0
    lost_characters: int = 0
    lost_by_source: Counter[str] = field(default_factory=Counter)
    lost_by_language: Counter[str] = field(default_factory=Counter)
    duplicates_freed: int = 0
    """Near-duplicates that were removed only because a document that is now lost stayed."""


@dataclass
class Outcome:
    """The answer."""

    texts: Texts = field(default_factory=Texts)
    by_language: dict[str, Texts] = field(default_factory=dict)
    removed_before: Counter[tuple[str, str]] = field(default_factory=Counter)
    removed_after: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Texts by group and rule."""
    kept_by_source: Counter[str] = field(default_factory=Counter)
    documents: Documents = field(default_factory=Documents)
    language_admitted: int = 0
    """Removed for their language or its score in the run, and not any more; their rules were never measured."""
    screened: Counter[str] = field(default_factory=Counter)
    """Refused by screening, by rule."""


def evaluate(corpus: FinishedCorpus, question: Question) -> Outcome:
    """Applies the bounds that are asked about to the stored values, a file at a time; keeps 8 bytes a text."""
    outcome = Outcome()
    kept, dropped, passing = [NO_IDS], [NO_IDS], [NO_IDS]
    for name, table in corpus.tables("measurements"):
        change = _Change(table, question)
        change.check_explains_the_run(f"{corpus.folder}/{name}")
        change.book(outcome)
        kept.append(change.ids[change.newly_kept])
        dropped.append(change.ids[change.newly_dropped])
        passing.append(change.ids[change.passes])
    newly_kept = np.unique(np.concatenate(kept))
    # Two records may have one id (`duplicate_id`): the document is lost only if neither passes.
    newly_dropped = np.setdiff1d(np.concatenate(dropped), np.concatenate(passing))
    lost = _book_documents(corpus, question, newly_dropped, outcome)
    _book_removals(corpus, question, newly_kept, lost, outcome)
    return outcome


class _Change:
    """One file of measurements under both sets of bounds."""

    def __init__(self, table: pa.Table, question: Question):
        columns = {name: _column(table, name) for name in measure_names() if name in table.column_names}
        self._table, self._question = table, question
        self.ids: NDArray[np.uint64] = table.column("id").to_numpy()
        self.before = first_missed_rule(columns, table.num_rows, question.before.quality)
        self.after = first_missed_rule(columns, table.num_rows, question.after.quality)
        wanted = question.after.language.keep
        if wanted:
            languages = pa.array(wanted, pa.string())
            foreign = ~pc.is_in(table.column("language"), value_set=languages).to_numpy()
            self.foreign: NDArray[np.bool_] = foreign
        else:
            self.foreign = np.zeros(table.num_rows, np.bool_)
        self._rules = [bound.rule for bound in bounds(question.before.quality)]
        self._booked = np.array(pc.fill_null(table.column("rule"), "").to_pylist(), dtype=object)
        # Refused by what is no bound (`text_left`): no bound can keep it.
        self._unbounded = ~np.isin(self._booked.astype(str), ["", *self._rules])
        self.passed = (self.before == PASSED) & ~self._unbounded
        self.passes = (self.after == PASSED) & ~self._unbounded & ~self.foreign
        self.newly_kept = ~self.passed & self.passes
        self.newly_dropped = self.passed & ~self.passes

    def check_explains_the_run(self, path: str) -> None:
        """The stored values must give the verdicts that the run gave, or no answer from them is worth anything."""
        told = np.array([*self._rules, ""], dtype=object)[self.before]  # PASSED is the place of the last
        if not np.array_equal(told[~self._unbounded], self._booked[~self._unbounded]):
            raise GristmillError(f"{path}: its values and verdicts do not agree; run `make corpus` again")

    def book(self, outcome: Outcome) -> None:
        """Adds the counts of this file."""
        languages = self._table.column("language").combine_chunks().dictionary_encode()
        codes = languages.indices.to_numpy()
        for code, name in enumerate(languages.dictionary.to_pylist()):
            texts = outcome.by_language.setdefault(name, Texts())
            self._add(texts, codes == code)
        self._add(outcome.texts, np.ones(len(self.ids), np.bool_))
        outcome.removed_before.update(_counts(self.before, self._question.before.quality))
        outcome.removed_after.update(_counts(self.after[~self.foreign], self._question.after.quality))

    def _add(self, texts: Texts, chosen: NDArray[np.bool_]) -> None:
        texts.measured += int(chosen.sum())
        texts.before += int(self.passed[chosen].sum())
        texts.newly_kept += int(self.newly_kept[chosen].sum())
        texts.newly_dropped += int(self.newly_dropped[chosen].sum())
        texts.after = texts.before + texts.newly_kept - texts.newly_dropped


def _column(table: pa.Table, name: str) -> Column:
    column = table.column(name)
    return Column(pc.fill_null(column, 0.0).to_numpy(), column.is_valid().to_numpy())


def _counts(missed: NDArray[np.int16], quality: Quality) -> dict[tuple[str, str], int]:
    rules = bounds(quality)
    counts = np.bincount(missed[missed != PASSED], minlength=len(rules)).tolist()
    return {(bound.group, bound.rule): count for bound, count in zip(rules, counts, strict=True) if count}


def _book_documents(
    corpus: FinishedCorpus, question: Question, dropped: NDArray[np.uint64], outcome: Outcome
) -> NDArray[np.uint64]:
    """Counts the documents that are lost, and returns their ids."""
    documents, ids = outcome.documents, pa.array(dropped, pa.uint64())
    lost = [NO_IDS]
    columns = ["id", "source", "language", "language_score", "parent_id", "text"]
    text_needed = columns if len(dropped) or question.before.language != question.after.language else columns[:-1]
    for _, table in corpus.tables("documents", text_needed):
        original = table.column("parent_id").is_null()
        documents.all += pc.sum(original).as_py() or 0
        gone = pc.or_(pc.is_in(table.column("id"), value_set=ids), _wrong_language(table, question.after.language))
        table = table.filter(pc.and_(original, gone))
        documents.lost += table.num_rows
        documents.lost_by_source.update(table.column("source").to_pylist())
        documents.lost_by_language.update(table.column("language").to_pylist())
        if table.num_rows:
            documents.lost_characters += pc.sum(pc.utf8_length(table.column("text"))).as_py()
        lost.append(table.column("id").to_numpy())
    return np.concatenate(lost)


def _wrong_language(table: pa.Table, language: Language) -> pa.ChunkedArray:
    """Whether the language stage would refuse a document; its score is stored in 32 bits, rounded before that."""
    scores = np.round(table.column("language_score").to_numpy().astype(np.float64), SCORE_DECIMALS)
    wrong = pa.chunked_array([scores < language.threshold], pa.bool_())
    if not language.keep:
        return wrong
    known = pc.is_in(table.column("language"), value_set=pa.array(language.keep, pa.string()))
    return pc.or_(wrong, pc.invert(known))


def _book_removals(
    corpus: FinishedCorpus, question: Question, kept: NDArray[np.uint64], lost: NDArray[np.uint64], outcome: Outcome
) -> None:
    """Counts, among the removals, what the change touches."""
    columns = ["id", "source", "stage", "rule", "value", "detail", "duplicate_of"]
    for _, table in corpus.tables("removals", columns):
        stage = table.column("stage")
        chosen = pc.and_(
            pc.equal(stage, "quality"), pc.is_in(table.column("id"), value_set=pa.array(kept, pa.uint64()))
        )
        outcome.kept_by_source.update(table.column("source").filter(chosen).to_pylist())
        freed = pc.is_in(table.column("duplicate_of"), value_set=pa.array(lost, pa.uint64()))
        outcome.documents.duplicates_freed += pc.sum(freed).as_py() or 0
        screened = table.column("rule").filter(pc.equal(stage, "screen"))
        outcome.screened.update(screened.to_pylist())
        for row in table.filter(pc.equal(stage, "language")).select(["rule", "value", "detail"]).to_pylist():
            outcome.language_admitted += _is_admitted(row, question.after.language)


def _is_admitted(row: dict[str, object], language: Language) -> bool:
    """Whether a text that the language stage removed may pass now; of a foreign one the score is not stored."""
    if language.keep and row["detail"] not in language.keep:
        return False
    return row["rule"] == "language" or (isinstance(row["value"], float) and row["value"] >= language.threshold)
