"""The choice among duplicates: every removal certified, the same choice in any order and in any portions."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates.selection import Candidate, Judged, Kept, Removal, of_same_address, select, superseded_by
from stages.near_duplicates.signatures import jaccard

check = settings(derandomize=True, deadline=None, max_examples=200)


def documents(sets, ids=None, contents=None, buckets=None):
    """Candidates in the order of priority; `buckets` are lists of places that share one."""
    contents = contents or [hash(frozenset(one)) % 2**64 for one in sets]
    buckets = [range(len(sets))] if buckets is None else buckets
    return [
        Candidate(
            rank=place,
            reference=1000 + place,
            id=ids[place] if ids else 100 + place,
            content_hash=contents[place],
            buckets=[number for number, bucket in enumerate(buckets) if place in bucket],
            shingles=np.array(sorted(one), np.uint64),
        )
        for place, one in enumerate(sets)
    ]


def decide(candidates, threshold=0.8, split_similarity=0.7):
    decided = select(candidates, Kept(threshold, split_similarity), {})
    return [decided[one.reference] for one in candidates]


def removals(candidates, threshold=0.8):
    return [judged.removal for judged in decide(candidates, threshold)]


def kept(candidates, threshold=0.8):
    return [place for place, removal in enumerate(removals(candidates, threshold)) if removal is None]


@st.composite
def crowds(draw):
    """Documents over few ids and contents, so that all rules meet; some have equal content and other shingles."""
    contents = draw(st.lists(st.frozensets(st.integers(0, 9), max_size=10), min_size=1, max_size=6))
    chosen = draw(st.lists(st.integers(0, len(contents) - 1), min_size=1, max_size=10))
    ids = draw(st.lists(st.integers(0, 8), min_size=len(chosen), max_size=len(chosen)))
    bands = draw(st.lists(st.frozensets(st.integers(0, len(contents) - 1)), max_size=4))
    buckets = [[place for place, number in enumerate(chosen) if number in band] for band in bands]
    joined = draw(st.sampled_from([1, 2]))
    return documents([contents[number] for number in chosen], ids, [number // joined + 1 for number in chosen], buckets)


THRESHOLDS = st.sampled_from([0.3, 0.5, 0.8, 1.0])


@check
@given(crowds(), THRESHOLDS)
def test_every_removal_is_certified_by_a_document_that_stays(crowd, threshold):
    found = removals(crowd, threshold)
    staying = {one.id: one for one, removal in zip(crowd, found, strict=True) if removal is None}
    for one, removal in zip(crowd, found, strict=True):
        if removal is None:
            continue
        keeper = staying[removal.duplicate_of]
        assert keeper.rank < one.rank
        if removal.rule == "near_duplicate":
            assert removal.jaccard == jaccard(one.shingles, keeper.shingles) >= threshold
            assert set(one.buckets) & set(keeper.buckets)
        elif removal.rule == "exact_duplicate":
            assert (removal.jaccard, one.content_hash) == (1.0, keeper.content_hash)
        else:
            assert (removal.rule, one.id, removal.jaccard) == ("duplicate_id", keeper.id, None)


@check
@given(crowds(), THRESHOLDS)
def test_no_two_that_stay_are_alike(crowd, threshold):
    staying = [crowd[place] for place in kept(crowd, threshold)]
    for place, one in enumerate(staying):
        for other in staying[:place]:
            assert one.id != other.id and one.content_hash != other.content_hash
            assert not set(one.buckets) & set(other.buckets) or jaccard(one.shingles, other.shingles) < threshold


@check
@given(crowds(), THRESHOLDS, st.integers(1, 4))
def test_a_portion_at_a_time_decides_the_same(crowd, threshold, size):
    expected = {one.reference: judged for one, judged in zip(crowd, decide(crowd, threshold, 0.5), strict=True)}
    found, relatives, left = {}, {}, list(crowd)
    while left:
        portion, kept_now = left[:size], Kept(threshold, 0.5)
        found.update(select(portion, kept_now, {}))
        judged = {one.reference: kept_now.judge(one) for one in left[size:]}
        found.update({reference: one for reference, one in judged.items() if one.removal})
        for reference, one in [*judged.items(), *((one.reference, found[one.reference]) for one in portion)]:
            relatives.setdefault(reference, []).extend(one.relatives)
        left = [one for one in left[size:] if one.reference not in found]
    assert {reference: one.removal for reference, one in found.items()} == {
        reference: one.removal for reference, one in expected.items()
    }
    for reference, one in expected.items():
        if one.removal is None:
            assert sorted(relatives[reference]) == sorted(one.relatives)


@check
@given(crowds(), THRESHOLDS, st.integers(0, 99))
def test_the_order_of_buckets_decides_nothing(crowd, threshold, seed):
    generator = random.Random(seed)
    shuffled = [replace(one, buckets=generator.sample(one.buckets, len(one.buckets))) for one in crowd]
    assert decide(shuffled, threshold) == decide(crowd, threshold)


def test_a_chain_does_not_collapse():
    """Forty documents, each 0.9 alike to the next, the ends with nothing in common; in an order of no meaning."""
    sets = [range(number, number + 19) for number in range(40)]
    random.Random(1).shuffle(sets)
    chain = documents(sets)
    assert jaccard(*(documents([range(19), range(1, 20)])[place].shingles for place in (0, 1))) == 0.9
    for one, removal in zip(chain, removals(chain), strict=True):
        if removal is not None:
            keeper = next(other for other in chain if other.id == removal.duplicate_of)
            assert jaccard(one.shingles, keeper.shingles) >= 0.8
    assert 8 <= len(kept(chain)) <= 14  # each covers the two next to it on either side


def test_the_first_alike_document_in_the_order_is_named():
    crowd = documents([range(10), [*range(9), 20, 21], range(9)])
    assert removals(crowd) == [None, None, Removal(100, "near_duplicate", 0.9)]
    assert removals(documents([range(10), range(2, 12), range(1, 11)]), 0.75)[2] == Removal(
        100, "near_duplicate", 9 / 11
    )


def test_a_shared_bucket_alone_removes_nothing_and_without_one_nothing_is_compared():
    assert kept(documents([range(10), range(5, 15), range(20, 30)])) == [0, 1, 2]
    assert kept(documents([range(10), range(9)], buckets=[[0], [1]])) == [0, 1]


def test_equal_ids_are_told_apart_by_their_content():
    crowd = documents([range(5), range(5), range(50, 55)], ids=[7, 7, 7], contents=[1, 1, 2], buckets=[])
    assert removals(crowd) == [None, Removal(7, "exact_duplicate", 1.0), Removal(7, "duplicate_id")]


def test_what_stands_first_decides_between_equal_id_and_equal_content():
    crowd = documents([[1], [2], [2]], ids=[7, 8, 7], contents=[1, 2, 2], buckets=[])
    assert removals(crowd)[2] == Removal(7, "duplicate_id")
    crowd = documents([[2], [1], [2]], ids=[8, 7, 7], contents=[2, 1, 2], buckets=[])
    assert removals(crowd)[2] == Removal(8, "exact_duplicate", 1.0)


def test_a_second_version_of_a_removed_document_is_judged_by_itself():
    crowd = documents([range(10), range(1, 10), range(50, 60)], ids=[1, 2, 2])
    assert removals(crowd) == [None, Removal(1, "near_duplicate", 0.9), None]


def test_texts_without_shingles_are_alike_only_if_equal():
    assert kept(documents([[], [], []], contents=[1, 2, 3])) == [0, 1, 2]
    assert kept(documents([[], []], contents=[1, 1])) == [0]


def test_the_threshold_itself_is_similar_enough():
    pair = documents([range(10), range(8)])
    assert kept(pair, 0.8) == [0]
    assert kept(pair, 0.81) == [0, 1]


def test_relatives_are_those_that_stay_and_are_less_alike_than_the_threshold():
    judged = decide(documents([range(20), range(15), range(5, 20), range(10)]))
    assert [one.relatives for one in judged] == [[], [100], [100], []]
    assert [one.removal for one in judged] == [None] * 4
    assert decide(documents([range(20), range(19)]))[1].relatives == ()


def indexed(one, signature=(1, 2, 3, 4)):
    return replace(one, indexed=True, shingles=np.empty(0, np.uint64), signature=np.array(signature, np.uint32))


def test_a_document_of_an_index_stays_and_is_compared_by_its_signature():
    first, second, third = documents([[], range(9), range(20, 29)])
    second = replace(second, signature=np.array([1, 2, 3, 9], np.uint32))
    third = replace(third, signature=np.array([1, 2, 8, 9], np.uint32))
    decided = select([indexed(first), second, third], Kept(0.75, 0.5), {})
    assert decided == {
        1001: Judged(Removal(100, "indexed_near_duplicate", estimate=0.75)),
        1002: Judged(None, []),
    }


def test_equal_content_and_id_in_an_index_need_no_signature():
    first, second, third = documents([[], range(9), range(5)], ids=[1, 2, 1], contents=[7, 7, 8])
    decided = select([indexed(first), second, third], Kept(0.75, 0.5), {})
    assert decided[1001].removal == Removal(1, "indexed_exact_duplicate", 1.0)
    assert decided[1002].removal == Removal(1, "indexed_id")


def test_equal_content_with_other_shingles_is_compared_with_what_stands_before_too():
    """As with datatrove's words, between which signs can stand that are no words here."""
    crowd = documents([range(10), range(50, 60), range(1, 10)], contents=[1, 2, 2])
    assert removals(crowd)[2] == Removal(100, "near_duplicate", 0.9)


def test_the_first_alike_document_of_an_index_is_named_before_one_of_equal_content():
    first, second, third = documents([[], [], range(9)], contents=[5, 7, 7])
    third = replace(third, signature=np.array([1, 2, 3, 9], np.uint32))
    decided = select([indexed(first), indexed(second, (9, 9, 9, 9)), third], Kept(0.75, 0.5), {})
    assert decided[1002].removal == Removal(100, "indexed_near_duplicate", estimate=0.75)


def test_a_text_without_words_is_like_nothing_in_an_index():
    first, second = documents([[], []], contents=[7, 8])
    second = replace(second, signature=np.array([1, 2, 3, 4], np.uint32))
    assert select([indexed(first), second], Kept(0.75, 0.5), {})[1001].removal is None


def test_of_each_address_the_first_stays():
    addresses = np.array([5, 6, 5, 0, 0, 5], np.uint64)
    references = np.array([9, 8, 7, 6, 5, 4], np.uint64)
    nothing = np.zeros(6, np.bool_)
    assert superseded_by(addresses, references, nothing) == {7: 9, 4: 9}
    assert superseded_by(addresses, references, np.array([1, 0, 1, 0, 0, 0], np.bool_)) == {4: 9}


def test_a_document_that_makes_way_is_compared_with_none_and_keeps_nothing_away():
    crowd = documents([range(10), range(10)])
    decided = select(crowd, Kept(0.8, 0.7), {1000: 1001})
    assert decided == {1001: Judged(None, [])}


@pytest.mark.parametrize(
    ("winner", "is_indexed", "removal"),
    [
        (Judged(None), False, Removal(7, "duplicate_url")),
        (None, True, Removal(7, "indexed_url")),
        (Judged(Removal(3, "near_duplicate", 0.9)), False, Removal(3, "duplicate_url")),
        (Judged(Removal(3, "indexed_near_duplicate", estimate=0.9)), False, Removal(3, "indexed_url")),
    ],
)
def test_what_makes_way_goes_for_what_stays_in_the_other_s_place(winner, is_indexed, removal):
    assert of_same_address(7, is_indexed, winner) == removal
