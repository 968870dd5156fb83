"""Phase 3: trains both models on the drawn texts, in an order that no unit decides, and evaluates them on others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from beam_jobs.quality_model.sets import NEGATIVE, POSITIVE, SETS
from beam_jobs.quality_model.texts import SCHEMA as TEXT_SCHEMA
from beam_jobs.units import Job, Outputs, Planned, Unit, commits_of
from stages.artifacts import join, open_file
from stages.errors import GristmillError
from stages.quality_model import evaluation
from stages.quality_model.linear_training import Labelled, train_linear
from stages.quality_model.model_files import CLASSIFIER, MODEL_FILE, PERPLEXITY, linear_to_bytes, ngrams_to_bytes
from stages.quality_model.ngram_training import train_ngrams
from stages.recipe import QualityModel, Recipe

EVALUATION_SCHEMA = pa.schema(
    [
        *(TEXT_SCHEMA.field(name) for name in ("id", "set", "source", "url", "title", "language")),
        pa.field("quality_score", pa.float64(), nullable=False),
        pa.field("perplexity", pa.float64(), nullable=False),
        TEXT_SCHEMA.field("text"),
    ]
)
"""The texts that nothing was learned from, with what the models say of them, for a person to read."""

Row = Mapping[str, Any]


class Parts(NamedTuple):
    """The documents of a set: those that are learned from, those that calibrate the scores, those that test them."""

    training: Sequence[Row]
    calibration: Sequence[Row]
    evaluation: Sequence[Row]


def settings(recipe: Recipe) -> Any:
    """The section, and the seed."""
    return [recipe.quality_model.model_dump(mode="json"), recipe.seed]


def plan(job: Job) -> list[Planned]:
    """One unit: the drawn texts are made to fit into memory."""
    files = [file.to_json() for commit in commits_of(job, "texts") for file in commit.files["texts"]]
    return [Planned({"texts": files}, sum(file["bytes"] for file in files))]


def work(job: Job, unit: Unit, outputs: Outputs) -> dict[str, Any]:
    """Writes both models and the texts that test them; the counts are what is known of both sets."""
    section = job.recipe.quality_model
    sets, languages = balanced(_read(job, unit), section)
    parts = {each: split(rows, section.held_out) for each, rows in sets.items()}
    linear = train_linear(_labelled(parts, "training"), _labelled(parts, "calibration"), job.recipe.seed)
    texts = (row["text"] for row in parts[POSITIVE].training)
    ngrams = train_ngrams(texts, section.vocabulary_size, section.order)
    tested = {each: _scored(parts[each].evaluation, linear.score, ngrams.perplexity) for each in SETS}
    for kind, data in ((CLASSIFIER, linear_to_bytes(linear)), (PERPLEXITY, ngrams_to_bytes(ngrams))):
        with outputs.create_named(kind, MODEL_FILE) as file:
            file.path.write_bytes(data)
    with outputs.create_named("evaluation", "texts.parquet") as file:
        rows = [row for each in SETS for row in tested[each]]
        pq.write_table(pa.Table.from_pylist(rows, schema=EVALUATION_SCHEMA), file.path, compression="zstd")
        file.rows = len(rows)
    return {
        "sets": {each: _sizes(parts[each]) for each in SETS},
        "languages": languages,
        CLASSIFIER: _measured_scores(*(_column(tested[each], "quality_score") for each in SETS)),
        PERPLEXITY: _measured_perplexities(*(_column(tested[each], "perplexity") for each in SETS)),
    }


def _read(job: Job, unit: Unit) -> list[Row]:
    tables = [TEXT_SCHEMA.empty_table()]
    for fragment in unit.inputs["texts"]:
        with open_file(join(job.folder, fragment["path"])) as file:
            tables.append(pq.read_table(file))
    rows: list[Row] = pa.concat_tables(tables).to_pylist()
    return rows


def balanced(rows: Sequence[Row], section: QualityModel) -> tuple[dict[str, list[Row]], dict[str, dict[str, int]]]:
    """As many different texts of each set in each language, those with the lowest draws, and how many there were.

    A language of which a set has too few documents is left out: models would take it for a sign of the other set. No
    language left is a GristmillError.
    """
    groups = _by_language(rows)
    languages = {
        language: {each: len(sets[each]) for each in SETS} | {"taken": 0} for language, sets in sorted(groups.items())
    }
    enough = {
        language: fewest
        for language, counts in languages.items()
        if (fewest := min(counts[each] for each in SETS)) >= section.minimum_documents
    }
    if not enough:
        raise GristmillError(_too_few(languages, section.minimum_documents))
    total = sum(enough.values())
    for language, fewest in enough.items():
        languages[language]["taken"] = max(fewest * min(section.documents, total) // total, 1)
    taken = {
        each: sorted((row for one in enough for row in groups[one][each][: languages[one]["taken"]]), key=_order)
        for each in SETS
    }
    return taken, languages


def _by_language(rows: Sequence[Row]) -> dict[str, dict[str, list[Row]]]:
    """The different texts of each language and set, by their draws; a text of both sets is of the first."""
    seen: set[str] = set()
    groups: dict[str, dict[str, list[Row]]] = {}
    for each in SETS:
        for row in sorted((row for row in rows if row["set"] == each), key=_order):
            if row["text"] not in seen:
                seen.add(row["text"])
                groups.setdefault(row["language"], {one: [] for one in SETS})[each].append(row)
    return groups


def _order(row: Row) -> tuple[Any, ...]:
    return row["draw"], row["id"], row["text"]


def _too_few(languages: Mapping[str, Mapping[str, int]], needed: int) -> str:
    found = "; ".join(
        f"{language}: " + ", ".join(f"{counts[each]} {each}" for each in SETS) for language, counts in languages.items()
    )
    return (
        f"quality_model: no language has {needed} documents in both sets (minimum_documents); found are "
        f"{found or 'none'}; name more sources in positive and negative, or files in positive_files and negative_files"
    )


def split(rows: Sequence[Row], held_out: float) -> Parts:
    """The first rows, whose order is drawn, are held out: every other one for calibration."""
    held = max(round(len(rows) * held_out), 2)
    return Parts(rows[held:], rows[1:held:2], rows[0:held:2])


def _labelled(parts: Mapping[str, Parts], name: str) -> Labelled:
    positive, negative = (getattr(parts[each], name) for each in (POSITIVE, NEGATIVE))
    labels = np.arange(len(positive) + len(negative)) < len(positive)
    return Labelled([row["text"] for row in (*positive, *negative)], labels)


def _scored(rows: Sequence[Row], score: Callable[[str], float], perplexity: Callable[[str], float]) -> list[Row]:
    return [{**row, "quality_score": score(row["text"]), "perplexity": perplexity(row["text"])} for row in rows]


def _column(rows: Sequence[Row], name: str) -> evaluation.Values:
    return np.array([row[name] for row in rows], np.float64)


def _measured_scores(positive: evaluation.Values, negative: evaluation.Values) -> Row:
    return {
        "roc_auc": evaluation.roc_auc(positive, negative),
        "accuracy": evaluation.accuracy(positive, negative),
        "quantiles": {POSITIVE: evaluation.quantiles(positive), NEGATIVE: evaluation.quantiles(negative)},
        "cuts": [cut._asdict() for cut in evaluation.lowest_kept(positive, negative)],
    }


def _measured_perplexities(positive: evaluation.Values, negative: evaluation.Values) -> Row:
    return {
        "roc_auc": evaluation.roc_auc(-positive, -negative),
        "quantiles": {POSITIVE: evaluation.quantiles(positive), NEGATIVE: evaluation.quantiles(negative)},
        "cuts": [cut._asdict() for cut in evaluation.highest_kept(positive, negative)],
    }


def _sizes(parts: Parts) -> Row:
    rows = [*parts.training, *parts.calibration, *parts.evaluation]
    sizes = {name: len(getattr(parts, name)) for name in Parts._fields}
    return {**sizes, "documents": len(rows), "characters": sum(len(row["text"]) for row in rows)}
