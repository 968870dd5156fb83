"""Words in every language and both readings."""

from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality.words import UNSPACED_LANGUAGES, is_spaced, words_of
from stages.recipe.languages import LANGUAGES


def test_the_papers_take_what_white_space_separates() -> None:
    assert words_of("It's  one,\n two\u00a0three.", "en", "papers") == ["It's", "one,", "two", "three."]


def test_datatrove_takes_what_spacy_makes_of_it_in_every_language_with_spaces() -> None:
    assert words_of("It's l'eau.", "fr", "datatrove") == ["It", "'s", "l'eau", "."]


def test_languages_without_spaces_are_segmented_in_both_readings() -> None:
    for reference in ("papers", "datatrove"):
        assert words_of("我喜欢中文。", "zh", reference) == ["我", "喜欢", "中文"]


def test_a_run_of_chinese_in_a_language_with_spaces_is_one_word() -> None:
    assert words_of("say 我喜欢中文 now", "en", "papers") == ["say", "我喜欢中文", "now"]


def test_languages_without_spaces_are_among_those_of_the_recipe() -> None:
    assert set(LANGUAGES) >= UNSPACED_LANGUAGES
    assert is_spaced("en")
    assert is_spaced("ko")
    assert not is_spaced("ja")


@settings(deadline=None, max_examples=100)
@given(st.text(), st.sampled_from(LANGUAGES), st.sampled_from(["papers", "datatrove"]))
def test_no_text_fails(text: str, language: str, reference: str) -> None:
    words = words_of(text, language, reference)  # type: ignore[arg-type]
    assert words == words_of(text, language, reference)  # type: ignore[arg-type]
    assert all(words)
