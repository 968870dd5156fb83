"""Stop words tell prose from lists, in many languages."""

import pytest

from stages.quality.stop_words import STOP_WORDS, stop_words_found
from stages.quality.words import words_of
from stages.recipe.languages import LANGUAGES

PROSE = {
    "ar": "ذهبت إلى المدرسة من البيت مع أن المطر كان يهطل على المدينة في الصباح",
    "bg": "Котката е на масата и не иска да яде от рибата.",
    "cs": "Ten pes se bojí a já na to nemyslím, že je zlý.",
    "el": "Το σπίτι του φίλου μου και η θάλασσα.",
    "en": "The cat and the dog have to be fed.",
    "eu": "Etxea handia da eta ez du lorategirik.",
    "fa": "من به خانه رفتم و با دوستم این کتاب را خواندم",
    "he": "הוא הלך עם הכלב של השכן על הדרך",
    "hi": "राम और सीता के घर में एक बिल्ली है",
    "hr": "On je u kući i ne želi da se igra na ulici.",
    "ja": "私は今日、公園で友達と本を読みました。",
    "ko": "이 프로그램은 다른 파일을 읽을 수 있는 도구이다.",
    "lt": "Jis yra namuose ir skaito, kad išmoktų.",
    "th": "ผมอยู่ที่บ้านและอ่านหนังสือในห้องของเพื่อน",
    "ur": "وہ گھر میں ہے اور اس کے پاس کتاب ہے",
    "vi": "Tôi không có thời gian và các bạn của tôi cũng vậy.",
    "zh": "我在家里看书，他是我的朋友，我们不去学校。",
}


@pytest.mark.parametrize("language", PROSE)
def test_a_sentence_of_prose_has_two_stop_words(language: str) -> None:
    found = stop_words_found(words_of(PROSE[language], language, "papers"), language, "papers")
    assert found is not None
    assert found >= 2


def test_traditional_chinese_counts_as_well() -> None:
    words = words_of("我在家裡看書，他是我的朋友，這不是學校。", "zh", "papers")
    assert (stop_words_found(words, "zh", "papers") or 0) >= 2


def test_different_words_count_in_any_case_for_the_papers() -> None:
    assert stop_words_found(["The", "THE", "Of", "x"], "en", "papers") == 2


def test_datatrove_counts_the_english_words_as_they_are_written_in_every_language() -> None:
    assert stop_words_found(["The", "of", "to", "to"], "fr", "datatrove") == 2


def test_a_language_without_a_list_has_no_count() -> None:
    assert stop_words_found(["x"], "zxx", "papers") is None
    assert stop_words_found(["x"], "km", "papers") is None


def test_a_list_of_names_has_none() -> None:
    assert stop_words_found(["Berlin", "Paris", "London"], "en", "papers") == 0


@pytest.mark.parametrize("language", STOP_WORDS)
def test_lists_have_eight_words_a_script_in_small_letters(language: str) -> None:
    words = STOP_WORDS[language]
    assert language in LANGUAGES
    assert len(set(words)) == len(words)
    assert len(words) == (16 if language in ("sr", "yue") else 8)
    assert all(word == word.lower() for word in words)
