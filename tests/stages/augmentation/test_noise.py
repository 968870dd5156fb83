"""Errors within words: how much of a word changes, and to what."""

import random
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.augmentation.noise import KEYBOARDS, LATIN_LANGUAGES
from tests.stages.augmentation.texts import CHINESE, change

SPELLED = {
    "de": "Größere Bäche überfluteten Straßen",
    "en": "Nobody could remember such rain",
    "es": "Nadie recordaba una lluvia así",
    "fr": "Personne ne se souvenait de telle pluie",
    "he": "איש לא זכר גשם כזה",
    "it": "Nessuno ricordava una pioggia simile",
    "nl": "Niemand herinnerde zich zulke regen",
    "pl": "Nikt nie pamiętał takiego deszczu",
    "th": "ไม่มีใคร จำได้ว่า เคยมีฝน",
    "tr": "Kimse böyle bir yağmur hatırlamıyordu",
    "uk": "Ніхто не пам'ятав такого дощу",
}
RUSSIAN = "Никто не помнил такого дождя, и вода была холодная."
check = settings(derandomize=True, deadline=None, max_examples=150)
TEXTS = st.text("abcXYZé1漢.-🙂 \n\t\u00a0\u2028\r\x85\x1c", max_size=80)


@check
@given(TEXTS, st.sampled_from([0.05, 0.3, 1.0]), st.integers(0, 2**64 - 1))
def test_a_typing_error_changes_one_letter_and_nothing_between_words(text, rate, seed):
    changed = change("keyboard", text, rate, seed).text
    assert len(changed) == len(text)
    assert re.findall(r"\s", changed) == re.findall(r"\s", text)
    for before, after in zip(re.findall(r"\w+", text), re.findall(r"\w+", changed), strict=True):
        differences = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert len(differences) <= 1
        for old, new in differences:
            assert old.isalpha() and new.isalpha() and old.isupper() == new.isupper()


@pytest.mark.parametrize(
    ("name", "growth"),
    [
        ("keyboard", 0),
        ("character_insert", 1),
        ("character_substitute", 0),
        ("character_swap", 0),
        ("character_delete", -1),
    ],
)
def test_every_word_gets_one_error(name, growth):
    text = "nobody remembers such heavy rains"
    for before, after in zip(text.split(), change(name, text, 1.0).text.split(), strict=True):
        assert before != after and len(after) == len(before) + growth
        if growth == 0:
            different = [place for place in range(len(before)) if before[place] != after[place]]
            assert len(different) == (2 if name == "character_swap" else 1)
            assert different[-1] - different[0] == len(different) - 1


@pytest.mark.parametrize("name", ["keyboard", "character_substitute", "character_delete", "character_swap"])
def test_every_letter_can_be_hit(name):
    found = [change(name, "catfish catfish", 0.5, seed).text for seed in range(300)]
    assert len({word for text in found for word in text.split()}) > 6


@pytest.mark.parametrize("name", ["character_insert", "character_substitute"])
def test_random_letters_are_of_the_script_and_of_the_document(name):
    text = f"{RUSSIAN} One two three."
    for seed in range(20):
        changed = change(name, text, 1.0, seed, "ru").text
        assert set(changed.lower()) <= set(text.lower())
        for word in re.findall(r"\w+", changed):
            assert len({unicodedata.name(letter).split()[0] for letter in word}) == 1


def test_a_letter_and_its_marks_stay_together():
    text = "हिन्दी में लिखा हुआ"
    for name in ("character_swap", "character_delete"):
        for seed in range(20):
            for word in change(name, text, 1.0, seed, "hi").text.split():
                assert not unicodedata.category(word[0]).startswith("M")


def test_capitals_stay_where_they_were():
    assert change("character_swap", "Abcdef", 1.0).text[0].isupper()
    assert change("character_substitute", "DANGER IS NEAR here", 1.0).text[:14].isupper()


def test_a_word_keeps_at_least_one_letter():
    assert change("character_delete", "I a je", 1.0).text in ("I a j", "I a e")


def test_recognition_errors_are_those_of_the_table():
    assert change("ocr", "lll", 1.0).text in ("1ll", "l1l", "ll1")
    for text in (RUSSIAN, CHINESE, "שלום"):
        assert change("ocr", text, 1.0).edits == 0


@pytest.mark.parametrize("name", ["character_insert", "character_substitute", "character_swap", "character_delete"])
def test_words_of_chinese_get_errors_too(name):
    changed = change(name, CHINESE, 0.5, language="zh")
    assert changed.edits > 5 and re.findall(r"\W", changed.text) == re.findall(r"\W", CHINESE)


@pytest.mark.parametrize("language", sorted(KEYBOARDS))
def test_every_language_is_typed_on_its_own_keyboard(language):
    text = SPELLED[language]
    changed = change("keyboard", text, 1.0, language=language)
    assert changed.edits == changed.units > 0
    scripts = {ord(character) >> 8 for character in text if character.isalpha()}
    assert {ord(character) >> 8 for character in changed.text if character.isalpha()} <= scripts | {0, 1}


def test_other_latin_languages_are_typed_on_the_english_keyboard():
    assert not KEYBOARDS & LATIN_LANGUAGES
    text = "Ingen kunde minnas ett sådant regn"
    assert change("keyboard", text, 1.0, language="sv") == change("keyboard", text, 1.0)
    assert change("keyboard", text, 1.0).text != text


@pytest.mark.parametrize("language", ["ru", "zh", "ar", "el", "zxx"])
def test_without_a_keyboard_there_is_no_typing_error(language):
    changed = change("keyboard", "Nobody could remember", 1.0, language=language)
    assert (changed.text, changed.edits) == ("Nobody could remember", 0)


def test_one_very_long_word_gets_one_error():
    word = "abcdefgh" * 25_000
    changed = change("keyboard", word, 1.0).text
    assert sum(before != after for before, after in zip(word, changed, strict=True)) == 1


def test_emoji_and_other_scripts_are_kept():
    text = "🙂 дом 漢字 naïve \ud800 café👩‍👩‍👧 " * 3
    changed = change("keyboard", text, 1.0, random.Random(1).randint(1, 9)).text
    assert changed != text
    for unchanged in ("🙂", "дом", "漢字", "\ud800", "👩‍👩‍👧"):
        assert changed.count(unchanged) == 3
