"""Characters that sound alike."""

from pypinyin import Style, lazy_pinyin

from stages.augmentation.homophones import _level_1
from tests.stages.augmentation.texts import CHINESE, change

TRADITIONAL = "夜裡河水上漲，村裡沒有人記得這樣的洪水。船橫在路上，牛站在橋上不肯走。"


def readings(text):
    return lazy_pinyin(text, style=Style.TONE3)


def pairs(text, changed):
    return [(before, after) for before, after in zip(text, changed, strict=True) if before != after]


def test_one_character_of_a_word_becomes_another_of_the_same_reading():
    changed = change("homophone", CHINESE, 0.5, language="zh")
    found = pairs(CHINESE, changed.text)
    assert len(found) == changed.edits > 5
    assert sum(readings(before) == readings(after) for before, after in found) >= len(found) - 2


def test_the_reading_is_that_of_the_word():
    found = {change("homophone", "银行", 1.0, seed, "zh").text for seed in range(100)}
    assert {readings(word[1])[0] for word in found if word[0] == "银"} <= {"hang2", "xing2"}
    assert any(word[1] in "杭航" for word in found) and not any(word[1] in "形型" for word in found)


def test_simplified_text_gets_simplified_characters_and_traditional_traditional_ones():
    for seed in range(10):
        for _, after in pairs(CHINESE, change("homophone", CHINESE, 1.0, seed, "zh").text):
            assert b"\xb0\xa1" <= after.encode("gb2312") <= b"\xd7\xf9"
        for _, after in pairs(TRADITIONAL, change("homophone", TRADITIONAL, 1.0, seed, "zh").text):
            assert b"\xa4\x40" <= after.encode("big5") <= b"\xc6\x7e"


def test_other_languages_have_none():
    for language in ("en", "ja", "yue"):
        changed = change("homophone", CHINESE, 1.0, language=language)
        assert (changed.text, changed.edits) == (CHINESE, 0)


def test_the_levels_are_whole():
    assert (len(_level_1("gb2312")), len(_level_1("big5"))) == (3755, 5401)
