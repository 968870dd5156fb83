"""What the corpus job writes of removed records."""

from typing import Any

from beam_jobs.corpus.finish import _duplicate_row
from stages.document import IDENTITY_FIELDS
from stages.recipe import Corpus, NearDuplicates, Source

CANDIDATE = {field.name: None for field in IDENTITY_FIELDS} | {"text": "text"}


def row_of(rule: str, jaccard: float | None, estimate: float | None, **settings: Any) -> dict[str, Any]:
    sources = (Source(name="any", paths=("any",)),)
    corpus = Corpus(sources=sources, near_duplicates=NearDuplicates(threshold=0.9, **settings))
    decision = {"rule": rule, "jaccard": jaccard, "estimate": estimate, "duplicate_of": 1}
    return _duplicate_row(CANDIDATE, decision, corpus)


def test_a_near_duplicate_on_the_threshold_is_not_told_to_miss_it() -> None:
    row = row_of("near_duplicate", 0.9, None)
    assert row["value"] == row["threshold"] == row["jaccard"] == 0.9
    row = row_of("exact_duplicate", 1.0, None)
    assert row["value"] is row["threshold"] is None


def test_of_an_index_there_is_an_estimate_alone() -> None:
    row = row_of("indexed_near_duplicate", None, 0.95)
    assert (row["value"], row["threshold"], row["jaccard"]) == (0.95, 0.9, None)


def test_the_text_of_a_duplicate_is_kept_unless_the_recipe_says_otherwise() -> None:
    assert row_of("exact_duplicate", 1.0, None)["text"] == "text"
    assert row_of("exact_duplicate", 1.0, None, keep_text=False)["text"] is None
