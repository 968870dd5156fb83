"""Variants: how much changes, what never changes, and that nothing but the arguments matters."""

import random
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.augmentation import KEYBOARDS, LATIN_LANGUAGES, mistype, swap_words, variants
from stages.recipe import Augmentation

CODE = """def area(radius):
\tif radius  <  0:
\t\traise ValueError("negative   radius")

    return 3.14159 * radius ** 2   # four spaces, then a tab\t
"""
PROSE = """The river had risen in the night, and nobody in the village could remember such a flood.

  Boats lay across the lane;  a calf stood on the bridge and would not move.
"""
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
check = settings(derandomize=True, deadline=None, max_examples=150)
TEXTS = st.text("abcXYZé1漢.-🙂 \n\t\u00a0\u2028\r\x85\x1c", max_size=80)
RATES = st.sampled_from([0.05, 0.3, 0.5, 1.0])


def augmentation(augmenter, share=1.0, rate=0.3):
    return Augmentation(augmenter=augmenter, share=share, rate=rate)


BOTH = (augmentation("keyboard"), augmentation("word_swap"))


def made(text, language="en", settings=BOTH, document=1, seed=1):
    return list(variants(document, text, language, settings, seed))


def corpus(seed, documents=60, words=300):
    generator = random.Random(seed)
    vocabulary = ["".join(generator.choices("etaoinshrdlu", k=generator.randint(1, 9))) for _ in range(3000)]
    separators = generator.choices([" ", " ", " ", " ", " ", " ", ". ", "\n", "\n\n    "], k=words)
    for number in range(documents):
        size = generator.randint(words // 10, words)
        chosen = generator.choices(vocabulary, k=size)
        yield number, "".join(word + separator for word, separator in zip(chosen, separators, strict=False))


def changed_words(left, right):
    return sum(before != after for before, after in zip(left.split(), right.split(), strict=True))


@check
@given(TEXTS, RATES, st.integers(0, 2**64 - 1))
def test_a_typing_error_changes_one_letter_and_nothing_between_words(text, rate, seed):
    changed = mistype(text, "en", rate, random.Random(seed))
    assert len(changed) == len(text)
    assert re.findall(r"\s", changed) == re.findall(r"\s", text)
    for before, after in zip(text.split(), changed.split(), strict=True):
        differences = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert len(differences) <= 1
        for old, new in differences:
            assert old.isalpha() and new.isalpha() and old.isupper() == new.isupper()


@check
@given(TEXTS, RATES, st.integers(0, 2**64 - 1))
def test_swapped_words_stay_whole_and_on_their_line(text, rate, seed):
    changed = swap_words(text, rate, random.Random(seed))
    assert re.findall(r"\s+", changed) == re.findall(r"\s+", text)
    for before, after in zip(text.splitlines(), changed.splitlines(), strict=True):
        assert Counter(before.split()) == Counter(after.split())


@check
@given(st.integers(2, 40), RATES, st.integers(0, 2**64 - 1))
def test_only_neighbours_change_places(size, rate, seed):
    changed = list(map(int, swap_words(" ".join(map(str, range(size))), rate, random.Random(seed)).split()))
    for place, word in enumerate(changed):
        assert abs(word - place) <= 1
        assert changed[word] == place


def test_every_neighbour_can_be_swapped():
    found = {swap_words("a b c d", 0.5, random.Random(seed)) for seed in range(60)}
    assert found == {"b a c d", "a c b d", "a b d c"}


def test_every_letter_can_be_mistyped():
    found = [mistype("catfish", "en", 1.0, random.Random(seed)) for seed in range(200)]
    assert {place for word in found for place in range(7) if word[place] != "catfish"[place]} == set(range(7))


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3, 0.9])
@pytest.mark.parametrize("augmenter", ["keyboard", "word_swap"])
def test_the_rate_is_met_over_a_corpus_and_on_long_texts(augmenter, rate):
    words = changes = 0
    for document, text in corpus(1):
        words += len(text.split())
        for variant in made(text, settings=(augmentation(augmenter, rate=rate),), document=document):
            changes += changed_words(text, variant.text)
    assert changes / words == pytest.approx(rate, rel=0.1)
    ((_, long_text),) = corpus(2, documents=1, words=40_000)
    (variant,) = made(long_text, settings=(augmentation(augmenter, rate=rate),))
    assert changed_words(long_text, variant.text) / len(long_text.split()) == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("augmenter", ["keyboard", "word_swap"])
def test_the_share_of_documents_is_met(augmenter):
    taken = [
        bool(made(PROSE, settings=(augmentation(augmenter, share=0.3),), document=number)) for number in range(1000)
    ]
    assert sum(taken) / 1000 == pytest.approx(0.3, abs=0.05)
    assert not made(PROSE, settings=(augmentation(augmenter, share=0.0),))


def test_augmenters_choose_their_documents_independently():
    settings = (augmentation("keyboard", share=0.5), augmentation("word_swap", share=0.5))
    counts = Counter(len(made(PROSE, settings=settings, document=number)) for number in range(600))
    assert counts[1] / 600 == pytest.approx(0.5, abs=0.07)


def test_lines_indentation_and_runs_of_spaces_survive():
    for variant in made(CODE * 5):
        assert re.findall(r"\s+", variant.text) == re.findall(r"\s+", CODE * 5)


def test_variants_name_their_augmentation_and_have_ids_of_their_own():
    settings = (augmentation("keyboard", rate=0.5), augmentation("keyboard", rate=0.25), *BOTH)
    found = [made(PROSE, settings=settings, document=document, seed=seed) for document in (1, 2) for seed in (1, 2)]
    names = ["keyboard(rate=0.5)", "keyboard(rate=0.25)", "keyboard(rate=0.3)", "word_swap(rate=0.3)"]
    assert [[variant.augmentation for variant in one] for one in found] == [names] * 4
    ids = [variant.id for one in found for variant in one]
    assert len(set(ids)) == len(ids) and all(0 <= one < 2**64 for one in ids)
    assert len({variant.text for one in found for variant in one}) == len(ids)


def test_variants_are_a_pure_function_of_document_augmentation_and_seed():
    texts = [text for _, text in corpus(3, documents=20)]
    expected = [made(text, document=number) for number, text in enumerate(texts)]
    random.seed(99)
    np.random.seed(99)
    backwards = [
        made(text, document=number, settings=BOTH[::-1])[::-1] for number, text in reversed([*enumerate(texts)])
    ]
    assert backwards[::-1] == expected


def test_threads_do_not_disturb_each_other():
    interval = sys.getswitchinterval()
    texts = [text for _, text in corpus(3, documents=40)]
    expected = [made(text, document=number) for number, text in enumerate(texts)]
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda pair: made(pair[1], document=pair[0]), enumerate(texts))) == expected
    finally:
        sys.setswitchinterval(interval)


def test_variants_are_the_same_on_every_machine():
    assert [variant.text for variant in made("one two three four five six seven", document=7)] == [
        "ine two three four five six sevrn",
        "one two four three five six seven",
    ]


def test_global_random_state_is_left_alone():
    state, numpy_state = random.getstate(), np.random.get_state()
    assert made(PROSE)
    assert random.getstate() == state
    assert all(np.array_equal(now, then) for now, then in zip(np.random.get_state(), numpy_state, strict=True))


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "🙂", "12 34", "?! ... --"])
def test_texts_without_letters_have_no_typing_errors(text):
    assert made(text, settings=(augmentation("keyboard", rate=1.0),)) == []


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t\n", "word", " word\nword\n", "same same same", "夜里河水上涨，村里没有人记得。"]
)
def test_texts_without_neighbours_that_differ_have_no_swaps(text):
    assert made(text, settings=(augmentation("word_swap", rate=1.0),)) == []


def test_emoji_and_other_scripts_are_kept():
    text = "🙂 дом 漢字 naïve \ud800 café👩‍👩‍👧 " * 3
    (variant,) = made(text, settings=(augmentation("keyboard", rate=1.0),))
    for unchanged in ("🙂", "дом", "漢字", "\ud800", "👩‍👩‍👧"):
        assert variant.text.count(unchanged) == 3


def test_one_very_long_line_is_changed_from_end_to_end():
    line = " ".join(f"word{number}" for number in range(22_000))[:200_000]
    for variant in made(line):
        changed = [before != after for before, after in zip(line.split(), variant.text.split(), strict=True)]
        assert len(variant.text) == len(line) == 200_000
        for part in np.array_split(changed, 10):
            assert part.mean() == pytest.approx(0.3, rel=0.1)


def test_one_very_long_word_gets_one_error():
    (variant,) = made("x" * 200_000, settings=(augmentation("keyboard", rate=1.0),))
    assert sum(before != after for before, after in zip("x" * 200_000, variant.text, strict=True)) == 1


@pytest.mark.parametrize("language", sorted(KEYBOARDS))
def test_every_language_is_typed_on_its_own_keyboard(language):
    text = SPELLED[language]
    changed = mistype(text, language, 1.0, random.Random(1))
    assert changed_words(text, changed) == len(text.split())
    scripts = {ord(character) >> 8 for character in text if character.isalpha()}
    assert {ord(character) >> 8 for character in changed if character.isalpha()} <= scripts | {0, 1}


def test_other_latin_languages_are_typed_on_the_english_keyboard():
    assert not KEYBOARDS & LATIN_LANGUAGES
    text = "Ingen kunde minnas ett sådant regn"
    assert mistype(text, "sv", 1.0, random.Random(1)) == mistype(text, "en", 1.0, random.Random(1)) != text


@pytest.mark.parametrize("language", ["ru", "zh", "ar", "el", "zxx"])
def test_without_a_keyboard_there_is_no_typing_error(language):
    assert mistype("Nobody could remember", language, 1.0, random.Random(1)) == "Nobody could remember"


IMPORTS = """
import socket, sys
def refuse(*arguments): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
import stages.augmentation, stages.language, stages.packing, stages.quality, stages.splits
import stages.near_duplicates.clusters, stages.near_duplicates.selection, stages.near_duplicates.signatures
heavy = {"nlpaug", "py3langid", "datasketch", "scipy", "torch", "transformers", "nltk", "pandas", "apache_beam"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from stages.recipe import Augmentation
settings = [Augmentation(augmenter=name, share=1.0, rate=0.5) for name in ("keyboard", "word_swap")]
assert len(list(stages.augmentation.variants(1, "some words to change", "en", settings, 1))) == 2
assert "nlpaug" in sys.modules
assert not {"torch", "transformers", "nltk"} & set(sys.modules)
import importlib.util
assert importlib.util.find_spec("torch") is not None
"""


def test_nothing_heavy_is_imported_and_nothing_is_downloaded():
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=60)
