"""English forms: a word leads to its lemma, a lemma to its form, and doubt to neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.augmentation.inflection import EST, ING, NOUN, PARTICIPLE, PAST, VERB, S, analyses, form_of, inflect

FORMS = [
    ("city", "n", "s", "cities"),
    ("box", "n", "s", "boxes"),
    ("policeman", "n", "s", "policemen"),
    ("human", "n", "s", "humans"),
    ("life", "n", "s", "lives"),
    ("go", "v", "s", "goes"),
    ("say", "v", "past", "said"),
    ("stop", "v", "past", "stopped"),
    ("visit", "v", "past", "visited"),
    ("occur", "v", "past", "occurred"),
    ("panic", "v", "past", "panicked"),
    ("try", "v", "past", "tried"),
    ("agree", "v", "past", "agreed"),
    ("understand", "v", "past", "understood"),
    ("run", "v", "ing", "running"),
    ("make", "v", "ing", "making"),
    ("see", "v", "ing", "seeing"),
    ("lie", "v", "ing", "lying"),
    ("quit", "v", "ing", "quitting"),
    ("big", "a", "er", "bigger"),
    ("large", "a", "est", "largest"),
    ("happy", "a", "er", "happier"),
    ("good", "a", "est", "best"),
]


@pytest.mark.parametrize(("lemma", "part", "form", "word"), FORMS)
def test_a_form_is_made_and_found_again(lemma: str, part: str, form: str, word: str) -> None:
    assert inflect(lemma, part, form) == word
    assert (lemma, part, form) in analyses(word)


@pytest.mark.parametrize(
    ("lemma", "part", "form"),
    [
        ("take", VERB, PAST),
        ("take", VERB, PARTICIPLE),
        ("dream", VERB, PAST),
        ("information", NOUN, S),
        ("photo", NOUN, S),
        ("happiness", NOUN, S),
        ("beautiful", "a", EST),
        ("be", VERB, ING),
    ],
)
def test_a_form_that_is_not_sure_is_none(lemma: str, part: str, form: str) -> None:
    assert inflect(lemma, part, form) is None


@pytest.mark.parametrize(
    ("word", "lemma", "form"), [("went", "go", PAST), ("gone", "go", PARTICIPLE), ("took", "take", PAST)]
)
def test_irregular_words_lead_to_their_lemma(word: str, lemma: str, form: str) -> None:
    assert (lemma, VERB, form) in analyses(word)


def test_words_that_only_look_like_forms_lead_nowhere() -> None:
    assert [one for one in analyses("pass") if one[2]] == []
    assert ("be", VERB, PAST) not in analyses("bed")
    assert ("se", VERB, PAST) not in analyses("seed")


@given(st.text(max_size=12))
def test_every_reading_of_any_text_gives_that_text_again(word: str) -> None:
    assert all(form == "" or form_of(lemma, part, form) == word for lemma, part, form in analyses(word))
