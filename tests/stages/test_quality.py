"""Quality rules: the fast forms against a plain reading of the paper, and each rule at its bound."""

import math
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.document import Refusal
from stages.quality import BULLETS, STOP_WORDS, UNSPACED_LANGUAGES, check_quality, measurements
from stages.recipe import Quality

PROSE = """The river had risen in the night, and nobody in the village could remember such a flood. Boats lay across
the lane that led to the church; a calf stood on the bridge and would not move.

Towards noon the rain stopped. Men came with ropes and lanterns to look for the miller, who had gone back to save
his flour and had not been seen since. They found him asleep in the loft, with the cat on his chest.
"""
OFF = Quality(
    minimum_words=0,
    minimum_mean_word_length=0,
    maximum_mean_word_length=1e9,
    maximum_symbol_word_ratio=1e9,
    minimum_alphabetic_words=0,
    minimum_stop_words=0,
    **{
        name: 1.0
        for name in Quality.model_fields
        if name.startswith(("maximum_duplicate", "maximum_top", "maximum_bullet", "maximum_ellipsis"))
    },
)
"""No rule refuses anything that measures within its natural range."""


def with_rules(**bounds):
    return OFF.model_copy(update=bounds)


def measured(text, language="en"):
    return {rule: value for rule, value, *_ in measurements(text, language, Quality())}


def reference(text, language):
    """Every statistic, one word, line and n-gram at a time."""
    spaced = language not in UNSPACED_LANGUAGES
    words = text.split() if spaced else [character for character in text if character.isalpha()]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    paragraphs = [part.strip() for part in re.split("\n{2,}", text) if part.strip()]
    values = {"minimum_words": len(words), "maximum_words": len(words)}
    if spaced:
        values["mean_word_length"] = sum(len(word) for word in words) / (len(words) or 1)
        with_letter = [word for word in words if any(character.isalpha() for character in word)]
        values["alphabetic_words"] = len(with_letter) / (len(words) or 1)
    hashes, ellipses = text.count("#"), text.count("...") + text.count("…")
    values["symbol_word_ratio"] = max(hashes, ellipses) / (len(words) or 1)
    values["bullet_lines"] = len([line for line in lines if line[0] in BULLETS]) / (len(lines) or 1)
    dotted = [line for line in lines if line.endswith("...") or line.endswith("…")]
    values["ellipsis_lines"] = len(dotted) / (len(lines) or 1)
    if language in STOP_WORDS:
        forms = [{stop, stop.capitalize(), stop.upper()} for stop in STOP_WORDS[language]]
        values["stop_words"] = len([form for form in forms if form & set(words)])
    for name, parts in (("line", lines), ("paragraph", paragraphs)):
        seen, again = set(), []
        for part in parts:
            if part in seen:
                again.append(part)
            seen.add(part)
        values[f"duplicate_{name}s"] = len(again) / (len(parts) or 1)
        values[f"duplicate_{name}_characters"] = sum(len(part) for part in again) / (len(text) or 1)
    for size in (2, 3, 4):
        grams = Counter(tuple(words[start : start + size]) for start in range(len(words) - size + 1))
        most = max(grams.values(), default=0)
        longest = max((len((" " if spaced else "").join(gram)) for gram in grams if grams[gram] == most), default=0)
        values[f"top_{size}_gram"] = most * longest / len(text) if most > 1 else 0.0
    return values


LINES = st.text(" ab#.…-•é1漢", max_size=12)
TEXTS = st.lists(LINES | st.sampled_from(["", "", "The end of it", "to be ...", "- a b"]), max_size=14).map("\n".join)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(TEXTS, st.sampled_from(["en", "zh", "xx"]))
def test_measures_what_a_plain_reading_measures(text, language):
    assert measured(text, language) == pytest.approx(reference(text, language))


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_measures_prose_as_a_plain_reading_does(language):
    text = PROSE * 3 + "\n\n" + PROSE.upper()
    assert measured(text, language) == pytest.approx(reference(text, language))


def test_prose_passes_every_rule():
    assert check_quality(PROSE, "en", Quality()) is None


NOISY = "- Go on, go on, go on...\n#1 go on\n" + PROSE + "\n\n- Go on, go on, go on...\n\n#2\n\n#2"
FIELDS = {
    "minimum_words": "minimum_words",
    "maximum_words": "maximum_words",
    "symbol_word_ratio": "maximum_symbol_word_ratio",
    "bullet_lines": "maximum_bullet_lines",
    "ellipsis_lines": "maximum_ellipsis_lines",
    "alphabetic_words": "minimum_alphabetic_words",
    "stop_words": "minimum_stop_words",
    "duplicate_lines": "maximum_duplicate_lines",
    "duplicate_paragraphs": "maximum_duplicate_paragraphs",
    "duplicate_line_characters": "maximum_duplicate_line_characters",
    "duplicate_paragraph_characters": "maximum_duplicate_paragraph_characters",
    "top_2_gram": "maximum_top_2_gram_characters",
    "top_3_gram": "maximum_top_3_gram_characters",
    "top_4_gram": "maximum_top_4_gram_characters",
}
BOUNDS = [
    *FIELDS.items(),
    ("mean_word_length", "minimum_mean_word_length"),
    ("mean_word_length", "maximum_mean_word_length"),
]


@pytest.mark.parametrize(("rule", "field"), BOUNDS)
def test_a_value_at_the_bound_passes_and_one_beyond_is_refused(rule, field):
    value = measured(NOISY)[rule]
    assert value > 0
    assert check_quality(NOISY, "en", with_rules(**{field: value})) is None
    beyond = math.nextafter(value, math.inf if field.startswith("minimum") else 0.0)
    assert check_quality(NOISY, "en", with_rules(**{field: beyond})) == Refusal(rule, value, beyond)


def test_every_bound_of_the_recipe_is_read():
    assert {field for _, field in BOUNDS} == set(Quality.model_fields)


def test_rules_are_checked_in_the_order_of_the_paper():
    assert [rule for rule, *_ in measurements(NOISY, "en", Quality())] == [
        "minimum_words",
        "maximum_words",
        "mean_word_length",
        "symbol_word_ratio",
        "bullet_lines",
        "ellipsis_lines",
        "alphabetic_words",
        "stop_words",
        "duplicate_lines",
        "duplicate_paragraphs",
        "duplicate_line_characters",
        "duplicate_paragraph_characters",
        "top_2_gram",
        "top_3_gram",
        "top_4_gram",
    ]
    strict = with_rules(minimum_words=10**6, maximum_duplicate_lines=0.0, maximum_top_2_gram_characters=0.0)
    assert check_quality(NOISY, "en", strict) == Refusal("minimum_words", len(NOISY.split()), 10**6)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a the " * 24, "minimum_words"),
        ("a the bc " * 20, "mean_word_length"),
        ("incomprehensibility " * 50, "mean_word_length"),
        (PROSE + " #" * 12, "symbol_word_ratio"),
        (PROSE + " ..." * 12, "symbol_word_ratio"),
        ("\n".join(f"• {line}" for line in PROSE.splitlines()), "bullet_lines"),
        (PROSE.replace(".", "…\n"), "ellipsis_lines"),
        (PROSE + " 1234" * 30, "alphabetic_words"),
        ("lorem ipsum dolor sit amet " * 10, "stop_words"),
        (PROSE + "\nGo." * 5, "duplicate_lines"),
        (PROSE + "\n\nGo." * 3, "duplicate_paragraphs"),
        (PROSE.replace("\n", " ") + ("\n" + PROSE.replace("\n", " ")), "duplicate_lines"),
        (PROSE + " Buy online," * 30, "top_2_gram"),
        (PROSE + " The cat and the dog." * 20, "top_3_gram"),
    ],
)
def test_default_rules_catch_typical_pages(text, rule):
    refusal = check_quality(text, "en", Quality())
    assert refusal is not None and refusal.rule == rule


def test_an_n_gram_that_occurs_once_is_no_repetition():
    values = measured("one two three four")
    assert (values["top_2_gram"], values["top_3_gram"], values["top_4_gram"]) == (0.0, 0.0, 0.0)


def test_of_equally_frequent_n_grams_the_longest_counts():
    text = "a b. some longer words a b, some longer"
    assert measured(text)["top_2_gram"] == 2 * len("some longer") / len(text)


def test_n_grams_with_equal_letters_but_other_words_differ():
    assert measured("ab c d a bc e abc f")["top_2_gram"] == 0.0


def test_stop_words_count_in_any_case_but_each_only_once():
    assert measured("THE end, The cat, the dog")["stop_words"] == 1
    assert measured("The dog OF war")["stop_words"] == 2


@pytest.mark.parametrize("language", STOP_WORDS)
def test_every_list_has_eight_different_words(language):
    assert len(set(STOP_WORDS[language])) == 8


def test_a_language_without_a_list_skips_stop_words():
    assert "stop_words" not in measured(PROSE, "cy")
    assert check_quality(PROSE, "cy", Quality()) is None


@pytest.mark.parametrize("language", ["zh", "ja", "th"])
def test_without_spaces_letters_are_words(language):
    text = "夜里河水上涨，村里没有人记得。"
    values = measured(text, language)
    assert values["minimum_words"] == 13
    assert not {"mean_word_length", "alphabetic_words", "stop_words"} & set(values)


def test_repetition_is_found_without_spaces_too():
    text = "河水上涨。" * 10
    assert measured(text, "zh")["top_4_gram"] == 10 * 4 / len(text)
    refusal = check_quality(text, "zh", Quality(minimum_words=10))
    assert refusal is not None and refusal.rule == "top_2_gram"


@pytest.mark.parametrize("text", ["", " \n\n ", "\ud800", "🙂", "x" * 100_000, "\n" * 10_000])
@pytest.mark.parametrize("language", ["en", "zh", "zxx"])
def test_odd_texts_are_measured_and_refused(text, language):
    assert check_quality(text, language, Quality()) is not None
    assert all(math.isfinite(value) for value in measured(text, language).values())
