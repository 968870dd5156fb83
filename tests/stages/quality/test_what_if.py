"""Many stored values at once: the verdict of each row is that of `first_missed`."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality.bounds import bounds, first_missed, measure_names
from stages.quality.what_if import PASSED, Column, first_missed_rule
from stages.recipe import Classifier, FineWeb, GopherQuality, Perplexity, Quality

NEAR_BOUNDS = sorted({edge for bound in bounds(Quality()) for edge in (bound.threshold, bound.threshold * 1.001)})
VALUES = st.none() | st.sampled_from([*NEAR_BOUNDS, 0.0, -1.0, math.nan, math.inf, -math.inf]) | st.floats()
QUALITIES = st.builds(
    Quality,
    reference=st.sampled_from(["papers", "datatrove"]),
    gopher_quality=st.builds(GopherQuality, enabled=st.booleans(), minimum_words=st.sampled_from([0.0, 30.0, 50.0])),
    fineweb=st.builds(FineWeb, enabled=st.booleans(), maximum_short_lines=st.floats(0, 1)),
    classifier=st.builds(Classifier, model=st.sampled_from(["", "m"]), minimum_quality_score=st.floats(0, 1)),
    perplexity=st.builds(Perplexity, model=st.sampled_from(["", "m"]), maximum_perplexity=st.floats(1, 1e4)),
)


def columns_of(rows: list[dict[str, float | None]]) -> dict[str, Column]:
    names = {name for row in rows for name in row}
    return {
        name: Column(
            np.array([0.0 if row.get(name) is None else row[name] for row in rows], np.float64),
            np.array([row.get(name) is not None for row in rows], np.bool_),
        )
        for name in sorted(names)
    }


@settings(deadline=None, max_examples=300)
@given(st.lists(st.dictionaries(st.sampled_from(measure_names()), VALUES, max_size=12), max_size=6), QUALITIES)
def test_each_row_gets_the_verdict_of_first_missed(rows: list[dict[str, float | None]], quality: Quality) -> None:
    missed = first_missed_rule(columns_of(rows), len(rows), quality)
    rules = bounds(quality)
    for row, place in zip(rows, missed.tolist(), strict=True):
        refusal = first_missed({name: value for name, value in row.items() if value is not None}, quality)
        assert (refusal.rule if refusal else None) == (None if place == PASSED else rules[place].rule)


def test_a_value_on_the_bound_passes_and_one_beyond_does_not() -> None:
    columns = {"words": Column(np.array([49.0, 50.0, 100_000.0, 100_001.0]), np.ones(4, np.bool_))}
    missed = first_missed_rule(columns, 4, Quality())
    names = [bound.rule for bound in bounds(Quality())]
    assert missed.tolist() == [names.index("minimum_words"), PASSED, PASSED, names.index("maximum_words")]


def test_what_was_not_measured_misses_nothing() -> None:
    columns = {"words": Column(np.zeros(2), np.array([False, True]))}
    assert first_missed_rule(columns, 2, Quality()).tolist() == [PASSED, 0]


def test_the_first_of_several_missed_rules_counts_in_the_order_of_the_recipe() -> None:
    both = {
        "words": Column(np.array([3.0]), np.ones(1, np.bool_)),
        "duplicate_lines": Column(np.array([0.9]), np.ones(1, np.bool_)),
    }
    papers, datatrove = Quality(), Quality(reference="datatrove")
    assert bounds(papers)[first_missed_rule(both, 1, papers)[0]].rule == "minimum_words"
    assert bounds(datatrove)[first_missed_rule(both, 1, datatrove)[0]].rule == "maximum_duplicate_lines"
