"""The choice among duplicates: every removal certified, and the same choice in any order."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates.selection import Candidate, select
from stages.near_duplicates.signatures import content_hash, jaccard

check = settings(derandomize=True, deadline=None, max_examples=150)


class Documents:
    """Candidates with shingle sets, some buckets, and a count of the sets that were asked for."""

    def __init__(self, sets, ids=None, lengths=None, contents=None, buckets=None):
        self.sets = [np.array(sorted(one), np.uint64) for one in sets]
        count = len(sets)
        ids = ids or range(100, 100 + count)
        lengths = lengths or [10] * count
        contents = contents or [content_hash(f"{sorted(one)} x") for one in sets]
        self.candidates = [Candidate(*row) for row in zip(range(count), ids, lengths, contents, strict=True)]
        self.buckets = [list(range(count))] if buckets is None else buckets
        self.asked = []

    def shingles(self, position):
        self.asked.append(position)
        return self.sets[position]

    def select(self, threshold=0.8):
        return select(self.candidates, self.buckets, self.shingles, threshold)

    def shuffled(self, seed):
        """The same documents, listed in another order."""
        generator = random.Random(seed)
        order = generator.sample(range(len(self.candidates)), len(self.candidates))
        place = {position: number for number, position in enumerate(order)}
        other = Documents([])
        other.candidates = [self.candidates[position] for position in order]
        other.sets = [self.sets[position] for position in order]
        other.buckets = [generator.sample(bucket, len(bucket)) for bucket in self.buckets]
        other.buckets = [[place[position] for position in bucket] for bucket in other.buckets]
        generator.shuffle(other.buckets)
        return other


@st.composite
def documents(draw):
    """Documents over few ids and contents, so that all rules meet; equal content has equal shingles and buckets."""
    contents = draw(st.lists(st.frozensets(st.integers(0, 9), max_size=10), min_size=1, max_size=6))
    chosen = draw(st.lists(st.integers(0, len(contents) - 1), min_size=1, max_size=10))
    count = len(chosen)
    alike = draw(st.lists(st.frozensets(st.integers(0, len(contents) - 1)), max_size=4))
    return Documents(
        [contents[number] for number in chosen],
        ids=draw(st.lists(st.integers(0, 8), min_size=count, max_size=count)),
        lengths=draw(st.lists(st.integers(1, 3), min_size=count, max_size=count)),
        contents=chosen,
        buckets=[[place for place, number in enumerate(chosen) if number in bucket] for bucket in alike],
    )


THRESHOLDS = st.sampled_from([0.3, 0.5, 0.8, 1.0])


def kept(decisions):
    return [position for position, decision in enumerate(decisions) if decision.rule is None]


@check
@given(documents(), THRESHOLDS)
def test_every_removal_is_certified_by_a_document_that_stays(given_documents, threshold):
    decisions = given_documents.select(threshold)
    staying = {given_documents.candidates[position].id: position for position in kept(decisions)}
    for position, decision in enumerate(decisions):
        if decision.rule is None:
            assert decision.duplicate_of is None and decision.jaccard is None
            continue
        keeper = staying[decision.duplicate_of]
        mine, other = given_documents.candidates[position], given_documents.candidates[keeper]
        similarity = jaccard(given_documents.sets[position], given_documents.sets[keeper])
        if decision.rule == "duplicate_id":
            assert mine.id == other.id and mine.content_hash != other.content_hash and decision.jaccard is None
        elif decision.rule == "exact_duplicate":
            assert mine.content_hash == other.content_hash and decision.jaccard == 1.0
        else:
            assert decision.rule == "near_duplicate" and decision.jaccard == similarity >= threshold


@check
@given(documents(), THRESHOLDS)
def test_no_two_documents_that_stay_are_duplicates(given_documents, threshold):
    staying = kept(given_documents.select(threshold))
    candidates = [given_documents.candidates[position] for position in staying]
    assert len({candidate.id for candidate in candidates}) == len(candidates)
    assert len({candidate.content_hash for candidate in candidates}) == len(candidates)
    for bucket in given_documents.buckets:
        inside = [position for position in staying if position in bucket]
        for left in inside:
            for right in inside:
                assert left == right or jaccard(given_documents.sets[left], given_documents.sets[right]) < threshold


@check
@given(documents(), THRESHOLDS, st.integers())
def test_the_order_of_candidates_and_buckets_makes_no_difference(given_documents, threshold, seed):
    def by_reference(decisions):
        return sorted(decisions, key=lambda decision: decision.reference)

    other = given_documents.shuffled(seed)
    assert by_reference(given_documents.select(threshold)) == by_reference(other.select(threshold))


@check
@given(documents(), THRESHOLDS, st.integers())
def test_references_matter_only_among_identical_copies(given_documents, threshold, seed):
    def outcome(chosen_from):
        return sorted(
            (one.id, one.length, one.content_hash, str(replace(decision, reference=0)))
            for one, decision in zip(chosen_from.candidates, chosen_from.select(threshold), strict=True)
        )

    expected = outcome(given_documents)
    generator = random.Random(seed)
    given_documents.candidates = [
        replace(one, reference=generator.getrandbits(32)) for one in given_documents.candidates
    ]
    assert outcome(given_documents) == expected


@check
@given(documents(), THRESHOLDS)
def test_a_cluster_is_known_by_its_smallest_id_and_holds_every_verified_pair(given_documents, threshold):
    decisions = given_documents.select(threshold)
    ids = [candidate.id for candidate in given_documents.candidates]
    staying = {ids[position]: position for position in kept(decisions)}
    for position, decision in enumerate(decisions):
        assert decision.cluster <= ids[position]
        assert decision.cluster in ids
        if decision.rule in ("exact_duplicate", "near_duplicate"):
            assert decision.cluster == decisions[staying[decision.duplicate_of]].cluster
    for bucket in given_documents.buckets:
        for keeper in set(bucket) & set(kept(decisions)):
            for position in bucket:
                similar = jaccard(given_documents.sets[keeper], given_documents.sets[position]) >= threshold
                if similar and decisions[position].rule == "near_duplicate":
                    assert decisions[position].cluster == decisions[keeper].cluster


@check
@given(documents(), THRESHOLDS)
def test_shingles_are_asked_for_at_most_once_and_only_where_needed(given_documents, threshold):
    decisions = given_documents.select(threshold)
    assert len(set(given_documents.asked)) == len(given_documents.asked)
    together = {position for bucket in given_documents.buckets if len(bucket) > 1 for position in bucket}
    assert set(given_documents.asked) <= together
    assert len(decisions) == len(given_documents.candidates)


def test_a_chain_is_not_collapsed():
    # Neighbours share 18 of 20 shingles (J = 0.82); ends share none.
    chain = Documents([range(2 * number, 2 * number + 20) for number in range(40)])
    decisions = chain.select(0.8)
    removed = [decision for decision in decisions if decision.rule]
    assert all(decision.rule == "near_duplicate" and decision.jaccard >= 0.8 for decision in removed)
    assert len(kept(decisions)) == 20
    assert {decision.cluster for decision in decisions} == {100}


@pytest.mark.parametrize("seed", range(5))
def test_a_chain_of_random_priorities_is_certified_too(seed):
    lengths = random.Random(seed).sample(range(1000), 40)
    chain = Documents([range(number, number + 20) for number in range(40)], lengths=lengths)
    decisions = chain.select(0.8)
    staying = {100 + position: position for position in kept(decisions)}
    for position, decision in enumerate(decisions):
        if decision.rule:
            assert jaccard(chain.sets[position], chain.sets[staying[decision.duplicate_of]]) >= 0.8
    assert 8 <= len(staying) <= 14  # each covers the two next to it on either side


def test_the_longer_text_stays_then_the_smaller_id():
    same = [range(10), range(10), range(10)]
    decisions = Documents(same, ids=[1, 2, 3], lengths=[5, 9, 9], contents=[1, 2, 3]).select()
    assert [decision.duplicate_of for decision in decisions] == [2, None, 2]
    assert [decision.jaccard for decision in decisions] == [1.0, None, 1.0]


def test_the_most_similar_document_is_named_and_on_a_tie_the_first_by_priority():
    sets = [range(10), range(2, 12), range(1, 11), range(10)]
    decisions = Documents(sets, ids=[4, 3, 2, 1], lengths=[9, 9, 8, 7], contents=[1, 2, 3, 4]).select(0.75)
    assert [decision.duplicate_of for decision in decisions] == [None, None, 3, 4]
    assert decisions[2].jaccard == 9 / 11
    sets = [range(10), [*range(9), 20, 21], range(9)]
    nearest = Documents(sets, lengths=[8, 9, 7]).select(0.8)[2]
    assert (nearest.duplicate_of, nearest.jaccard) == (100, 0.9)


def test_documents_connected_by_one_that_goes_share_a_cluster():
    decisions = Documents([range(10), range(2, 12), range(1, 11)], lengths=[9, 9, 8]).select(0.75)
    assert [decision.rule for decision in decisions] == [None, None, "near_duplicate"]
    assert [decision.cluster for decision in decisions] == [100, 100, 100]


def test_the_order_of_lengths_does_not_cut_a_cluster():
    decisions = Documents([range(10), range(1, 11), range(2, 12)], lengths=[9, 8, 7]).select(0.75)
    assert [decision.rule for decision in decisions] == [None, "near_duplicate", None]
    assert [decision.cluster for decision in decisions] == [100, 100, 100]


def test_equal_ids_are_told_apart_by_their_content():
    decisions = Documents(
        [range(5), range(5), range(50, 55)], ids=[7, 7, 7], lengths=[9, 9, 8], contents=[1, 1, 2], buckets=[]
    ).select()
    assert [decision.rule for decision in decisions] == [None, "exact_duplicate", "duplicate_id"]
    assert [decision.duplicate_of for decision in decisions] == [None, 7, 7]
    assert [decision.jaccard for decision in decisions] == [None, 1.0, None]


def test_an_equal_id_goes_before_equal_content():
    decisions = Documents([[1], [2], [2]], ids=[7, 8, 7], lengths=[9, 9, 8], contents=[1, 2, 2], buckets=[]).select()
    assert [decision.rule for decision in decisions] == [None, None, "duplicate_id"]


def test_equal_content_needs_no_bucket_and_no_shingles():
    given_documents = Documents([range(5)] * 3, ids=[3, 2, 1], contents=[1, 1, 1], buckets=[])
    assert [decision.duplicate_of for decision in given_documents.select()] == [1, 1, None]
    assert given_documents.asked == []


def test_copies_of_a_removed_document_go_with_it_even_without_a_bucket():
    sets = [range(10), range(1, 10), range(1, 10)]
    decisions = Documents(sets, lengths=[9, 8, 7], contents=[1, 2, 2], buckets=[[0, 1]]).select()
    assert [decision.duplicate_of for decision in decisions] == [None, 100, 100]
    assert [decision.jaccard for decision in decisions] == [None, 0.9, 0.9]
    assert [decision.cluster for decision in decisions] == [100, 100, 100]


def test_a_second_version_of_a_removed_document_is_judged_by_itself():
    decisions = Documents(
        [range(10), range(1, 10), range(50, 60)], ids=[1, 2, 2], lengths=[9, 8, 7], contents=[1, 2, 3]
    ).select()
    assert [decision.rule for decision in decisions] == [None, "near_duplicate", None]


def test_a_shared_bucket_alone_removes_nothing():
    assert kept(Documents([range(10), range(5, 15), range(20, 30)]).select()) == [0, 1, 2]


def test_texts_without_shingles_are_no_near_duplicates():
    assert kept(Documents([[], [], []], contents=[1, 2, 3]).select()) == [0, 1, 2]


def test_the_threshold_itself_is_similar_enough():
    pair = [range(10), range(8)]
    assert kept(Documents(pair, lengths=[2, 1]).select(0.8)) == [0]
    assert kept(Documents(pair, lengths=[2, 1]).select(0.81)) == [0, 1]


def test_no_candidates_give_no_decisions():
    assert Documents([]).select() == []
