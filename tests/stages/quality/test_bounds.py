"""From values to verdicts."""

from stages.document import Refusal
from stages.quality.bounds import bounds, first_missed, measure_names
from stages.recipe import GopherQuality, Quality

PAPERS, DATATROVE = Quality(), Quality(reference="datatrove")


def test_every_bound_of_a_group_that_is_on_is_a_rule():
    rules = [bound.rule for bound in bounds(PAPERS)]
    assert len(rules) == len(set(rules)) == 31
    assert "maximum_removed_words" not in rules


def test_a_group_that_is_off_has_no_rules():
    settings = Quality(gopher_quality=GopherQuality(enabled=False))
    assert "minimum_words" not in [bound.rule for bound in bounds(settings)]


def test_datatrove_begins_with_repetition():
    assert bounds(PAPERS)[0].rule == "minimum_words"
    assert bounds(DATATROVE)[0].rule == "maximum_duplicate_paragraphs"


def test_names_of_measures_are_unique_and_have_no_prefix():
    names = measure_names()
    assert len(names) == len(set(names))
    assert {"words", "top_2_gram_characters", "sentences", "removed_words", "quality_score", "perplexity"} <= set(names)
    assert not [name for name in names if name.startswith(("minimum_", "maximum_"))]


def test_the_first_missed_bound_in_order_is_the_reason():
    values = {"words": 49, "sentences": 0}
    assert first_missed(values, PAPERS) == Refusal("minimum_words", 49, 50)
    assert first_missed({**values, "words": 50}, PAPERS) == Refusal("minimum_sentences", 0, 5)
    assert first_missed({"words": 100_001}, PAPERS) == Refusal("maximum_words", 100_001, 100_000)


def test_values_at_the_bound_pass():
    assert first_missed({"words": 50, "hash_word_ratio": 0.1, "sentences": 5}, PAPERS) is None


def test_what_was_not_measured_is_no_rule():
    assert first_missed({}, PAPERS) is None


def test_a_huge_maximum_and_zero_switch_a_rule_off():
    off = Quality(gopher_quality=GopherQuality(minimum_words=0, maximum_words=1e9))
    assert first_missed({"words": 0}, off) is None
    assert first_missed({"words": 10**9}, off) is None
