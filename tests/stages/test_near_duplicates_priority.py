"""The order in which documents are considered: whatever the recipe says, then the smaller id, the same in any order."""

import numpy as np
import pytest

from stages.near_duplicates.priority import in_order, newest_first, timestamp

UNKNOWN = np.nan


def columns(**given):
    count = len(next(iter(given.values())))
    numbers = {name: np.zeros(count) for name in ("length", "time", "quality_score", "perplexity", "source_rank")}
    whole = {name: np.arange(count, dtype=np.uint64) for name in ("id", "content_hash", "tie", "reference")}
    found = {"indexed": np.zeros(count, np.bool_), **numbers, **whole}
    return {**found, **{name: np.array(one, found[name].dtype) for name, one in given.items()}}


@pytest.mark.parametrize(
    ("priority", "given", "order"),
    [
        ("length", {"length": [5, 9, 7]}, [1, 2, 0]),
        ("newest", {"time": [UNKNOWN, 5, 9]}, [2, 1, 0]),
        ("oldest", {"time": [UNKNOWN, 9, 5]}, [2, 1, 0]),
        ("quality_score", {"quality_score": [0.1, UNKNOWN, 0.9]}, [2, 0, 1]),
        ("perplexity", {"perplexity": [9, UNKNOWN, 3]}, [2, 0, 1]),
        ("source", {"source_rank": [2, 0, 1]}, [1, 2, 0]),
    ],
)
def test_the_better_document_goes_first_and_what_is_not_known_last(priority, given, order):
    assert in_order(columns(**given), [priority]).tolist() == order


def test_of_equals_the_next_priority_decides_and_in_the_end_the_smaller_id():
    facts = columns(length=[5, 5, 5, 9], time=[1, 2, 2, 0], id=[4, 3, 2, 1])
    assert in_order(facts, ["length", "newest"]).tolist() == [3, 2, 1, 0]
    assert in_order(facts, ["source"]).tolist() == [3, 2, 1, 0]
    assert in_order(facts, []).tolist() == [3, 2, 1, 0]


def test_equal_ids_are_ordered_by_content_then_by_what_else_the_record_is():
    facts = columns(id=[7, 7, 7, 7], content_hash=[3, 1, 1, 1], tie=[0, 9, 5, 5], reference=[1, 0, 4, 3])
    assert in_order(facts, []).tolist() == [3, 2, 1, 0]


def test_documents_of_an_index_go_before_all_others():
    facts = columns(length=[9, 1], time=[9, 1], indexed=[0, 1])
    assert in_order(facts, ["length"]).tolist() == [1, 0]
    assert newest_first(facts, in_order(facts, ["length"])).tolist() == [1, 0]


def test_newest_first_keeps_the_order_of_equally_old_ones():
    facts = columns(length=[1, 2, 3], time=[5, UNKNOWN, 5])
    assert newest_first(facts, in_order(facts, ["length"])).tolist() == [2, 0, 1]


def test_the_order_does_not_depend_on_how_documents_are_listed():
    generator = np.random.default_rng(1)
    facts = columns(length=generator.integers(0, 3, 50), id=generator.permutation(50))
    shuffle = generator.permutation(50)
    shuffled = {name: column[shuffle] for name, column in facts.items()}
    ids = facts["id"][in_order(facts, ["length"])].tolist()
    assert shuffled["id"][in_order(shuffled, ["length"])].tolist() == ids


@pytest.mark.parametrize(
    ("date", "seconds"),
    [
        ("1970-01-02", 86400),
        ("1970-01-02T00:00:01Z", 86401),
        (" 1970-01-02T01:00:00+01:00 ", 86400),
        ("19700102T000001", 86401),
        ("Fri, 02 Jan 1970 00:00:00 GMT", 86400),
        ("1970", 0),
        ("1970-02", 31 * 86400),
        ("1970-01-02 00:00:01 UTC", 86401),
        ("last week", None),
        ("1 Jan 99999999999 00:00:00", None),
        ("1 Jan 1970 00:00:00 +99999999999999999999", None),
        ("2026-13-45", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_as_iso_8601_or_as_in_mail(date, seconds):
    assert timestamp(date) == seconds
