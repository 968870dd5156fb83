"""What the corpus job writes of removed records."""

import numpy as np

from beam_jobs.corpus.finish import _duplicate_row
from stages.document import IDENTITY_FIELDS
from stages.recipe import Corpus, NearDuplicates, Source


def test_a_near_duplicate_on_the_threshold_is_not_told_to_miss_it() -> None:
    sources = (Source(name="any", paths=("any",)),)
    corpus = Corpus(sources=sources, near_duplicates=NearDuplicates(threshold=0.9))
    stored = float(np.float32(0.9))
    assert stored < 0.9
    candidate = {field.name: None for field in IDENTITY_FIELDS} | {"text": "text"}
    row = _duplicate_row(candidate, {"rule": "near_duplicate", "jaccard": stored, "duplicate_of": 1}, corpus)
    assert row["value"] == row["threshold"] == 0.9
    row = _duplicate_row(candidate, {"rule": "exact_duplicate", "jaccard": 1.0, "duplicate_of": 1}, corpus)
    assert row["value"] is row["threshold"] is None
