"""Language identification: what is read of a text, what is found, and what the recipe keeps."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stages.document import Refusal
from stages.language import (
    NO_LANGUAGE,
    Identified,
    check_language,
    identify_language,
    language_probabilities,
    representative_sample,
)
from stages.recipe import Language
from stages.recipe.languages import _OTHER_NAMES, LANGUAGES

TEXTS = {
    "en": "The river had risen in the night, and nobody in the village could remember such a flood.",
    "de": "Der Fluss war in der Nacht gestiegen, und niemand im Dorf konnte sich an eine solche Flut erinnern.",
    "fr": "La rivière était montée pendant la nuit, et personne au village ne se souvenait d'une telle crue.",
    "es": "El río había crecido durante la noche y nadie en el pueblo recordaba una inundación semejante.",
    "ru": "Ночью река поднялась, и никто в деревне не мог вспомнить такого наводнения.",
    "ja": "夜のうちに川が増水し、村の誰もそのような洪水を覚えていなかった。",
    "zh": "夜里河水上涨，村里没有人记得曾经有过这样的洪水。",
}


@pytest.mark.parametrize("language", TEXTS)
def test_finds_the_language_of_a_sentence(language):
    found = identify_language(TEXTS[language], Language())
    assert found.language == language
    assert 0.5 < found.score <= 1.0


def test_a_foreign_heading_and_footer_do_not_decide():
    text = TEXTS["en"] * 2 + "\n" + (TEXTS["de"] + "\n") * 200 + TEXTS["en"] * 2
    assert identify_language(text, Language(maximum_characters=400)).language == "de"


def test_a_language_that_is_not_kept_still_competes():
    found = identify_language(TEXTS["ru"], Language(keep=("en",)))
    assert check_language(found, Language(keep=("en",))) == Refusal("language", detail="ru")


@pytest.mark.parametrize("text", ["", " \n\t", "12 345 67!", "🙂🙂", "--- ***"])
def test_a_text_without_letters_has_no_language(text):
    assert identify_language(text, Language()) == Identified("zxx", 1.0)


@pytest.mark.parametrize("text", ["\ud800 lone surrogate in a text", "\x00\x08 control characters", "a", "é" * 100_000])
def test_odd_texts_get_an_answer(text):
    assert 0.0 < identify_language(text, Language()).score <= 1.0


def test_scores_are_rounded_so_that_processors_agree():
    score = identify_language("une petite phrase", Language()).score
    assert score == round(score, 4) < 1.0


def test_keeps_every_language_if_none_is_named():
    assert check_language(Identified("ru", 0.9), Language(keep=())) is None


def test_a_score_at_the_threshold_is_enough_and_one_below_is_refused():
    keep = Language(keep=("en",), threshold=0.65)
    assert check_language(Identified("en", 0.65), keep) is None
    assert check_language(Identified("en", 0.6499), keep) == Refusal("language_score", 0.6499, 0.65, "en")


def test_the_language_is_checked_before_its_score():
    refusal = check_language(Identified("de", 0.1), Language(keep=("en",)))
    assert refusal is not None and refusal.rule == "language"


def test_a_text_within_the_limit_is_read_as_it_is():
    assert representative_sample("  two\twords\n", 12) == "  two\twords\n"


def test_the_sample_is_spread_over_the_whole_text():
    words = [f"word{number:04d}" for number in range(1000)]
    taken = [int(word[4:]) for word in representative_sample(" ".join(words), 200).split()]
    assert taken == sorted(set(taken))
    assert taken[0] == 0 and taken[-1] == 999
    assert [number for number in taken if 300 < number < 360] and [number for number in taken if 640 < number < 700]


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text("abcé漢", min_size=1, max_size=9), min_size=1), st.integers(1, 60))
def test_the_sample_keeps_to_its_limit_and_to_whole_words(words, limit):
    text = " ".join(words)
    sample = representative_sample(text, limit)
    assert len(sample) <= limit
    if limit > 4 * 4 * max(map(len, words)) or len(text) <= limit:
        assert set(sample.split()) <= set(words)


def test_text_without_spaces_is_sampled_too():
    assert len(representative_sample("漢" * 1000, 100)) > 90


def test_the_recipe_knows_the_languages_that_can_be_found():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    labels = {str(label) for label in LanguageIdentifier.from_model_file(MODEL_FILE).labels}
    assert set(LANGUAGES) == labels | {NO_LANGUAGE}


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("nb", ", did you mean 'no'?"),
        ("zh-cn", ", did you mean 'zh'?"),
        ("zh_Hant", ", did you mean 'zh'?"),
        ("English", ", did you mean 'en'?"),
        ("EN", ", did you mean 'en'?"),
        ("nb-NO", ", did you mean 'no'?"),
        ("xx", ";"),
        ("", ";"),
    ],
)
def test_a_code_that_no_text_can_have_is_an_error_that_knows_better(code, hint):
    with pytest.raises(ValidationError, match=re.escape(f"no language {code!r}{hint}")):
        Language(keep=("en", code))


def test_other_names_lead_to_languages_that_can_be_kept():
    assert set(_OTHER_NAMES.values()) <= set(LANGUAGES)
    assert not set(_OTHER_NAMES) & set(LANGUAGES)
    assert Language(keep=("nn", "no", "zxx")).keep == ("nn", "no", "zxx")


STANDARD_CHINESE = (
    "可以通过交叉引用跳转到单个文档中特定的文本段落和对象。选择要用作交叉引用目标的文字。点击可打开或关闭绘图栏。"
)
CANTONESE = "佢喺嗰度食緊飯，唔知你哋幾時嚟。香港嘅天氣好熱，啲人都唔想出街。"
WU = "搿个地方蛮好个，侪是上海人。搿搭个天气热，侪覅出去。"


@pytest.mark.parametrize(("text", "language"), [(STANDARD_CHINESE, "zh"), (CANTONESE, "yue"), (WU, "wuu")])
def test_chinese_cantonese_and_wu_are_told_by_the_signs_that_only_one_of_them_uses(text, language):
    assert identify_language(text, Language()) == Identified(language, 1.0)
    assert [code for code, _ in language_probabilities(text)].count(language) == 1
    assert not {"zh", "yue", "wuu"} - {language} & {code for code, _ in language_probabilities(text)}


def test_a_page_in_standard_chinese_is_not_given_to_the_languages_of_its_region():
    page = "LibreOffice 7.4 帮助\n「格式」菜单包含了用于为选中单元格、对象以及单元格内容设置格式的命令。"
    assert identify_language(page, Language()).language == "zh"
