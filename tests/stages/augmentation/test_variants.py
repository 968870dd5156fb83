"""Which documents get variants, their names and ids, and that nothing but the arguments matters."""

import random
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from stages.augmentation import variants
from stages.augmentation.registry import augmenter
from stages.recipe import Augmentation
from stages.recipe.augmentation import AUGMENTERS
from tests.stages.augmentation.texts import PROSE, change, corpus


def augmentation(name, share=1.0, rate=0.3, **settings):
    return Augmentation.model_validate({"augmenter": name, "share": share, "rate": rate, **settings})


BOTH = (augmentation("keyboard"), augmentation("word_swap"))


def made(text, settings=BOTH, document=1, seed=1, language="en"):
    return list(variants(document, text, language, settings, seed))


def test_the_share_of_documents_is_met():
    settings = (augmentation("word_swap", share=0.3),)
    taken = [bool(made(PROSE, settings, document)) for document in range(1000)]
    assert sum(taken) / 1000 == pytest.approx(0.3, abs=0.05)
    assert not made(PROSE, (augmentation("word_swap", share=0.0),))


def test_only_documents_in_the_languages_that_are_asked_for_get_variants():
    settings = (augmentation("word_swap", languages=("de", "fr")), augmentation("word_delete"))
    assert [one.augmentation for one in made(PROSE, settings, language="en")] == ["word_delete(rate=0.3)"]
    assert len(made(PROSE, settings, language="fr")) == 2


def test_augmenters_choose_their_documents_independently():
    settings = (augmentation("keyboard", share=0.5), augmentation("word_swap", share=0.5))
    counts = Counter(len(made(PROSE, settings, document)) for document in range(600))
    assert counts[1] / 600 == pytest.approx(0.5, abs=0.07)


def test_variants_name_their_augmentation_and_have_ids_of_their_own():
    settings = (augmentation("keyboard", rate=0.5), augmentation("keyboard", rate=0.25), *BOTH)
    found = [made(PROSE, settings, document, seed) for document in (1, 2) for seed in (1, 2)]
    names = ["keyboard(rate=0.5)", "keyboard(rate=0.25)", "keyboard(rate=0.3)", "word_swap(rate=0.3)"]
    assert [[variant.augmentation for variant in one] for one in found] == [names] * 4
    ids = [variant.id for one in found for variant in one]
    assert len(set(ids)) == len(ids) and all(0 <= one < 2**64 for one in ids)
    assert len({variant.text for one in found for variant in one}) == len(ids)


def test_a_variant_depends_on_its_document_augmentation_and_seed_alone():
    texts = list(corpus(documents=20))
    expected = [made(text, document=number) for number, text in enumerate(texts)]
    random.seed(99)
    np.random.seed(99)
    backwards = [made(text, BOTH[::-1], number)[::-1] for number, text in reversed([*enumerate(texts)])]
    assert backwards[::-1] == expected
    alone = [[*made(text, BOTH[:1], number), *made(text, BOTH[1:], number)] for number, text in enumerate(texts)]
    assert alone == expected


def test_a_sequence_makes_its_steps_one_after_the_other():
    steps = ({"augmenter": "word_delete", "rate": 0.3}, {"augmenter": "span_mask", "rate": 0.3})
    settings = (Augmentation.model_validate({"augmenter": "sequence", "steps": steps, "share": 1.0}),)
    (variant,) = made(PROSE, settings)
    assert variant.text.count("<mask>") > 1
    assert len(variant.text.replace("<mask>", "").split()) < len(PROSE.split()) - 10
    assert variant.units == change("word_delete", PROSE, 0.3).units and variant.edits > 15
    assert variant.augmentation == settings[0].name


def test_edits_and_units_are_those_of_the_change():
    (variant,) = made(PROSE, (augmentation("keyboard", rate=1.0),))
    assert variant.edits == variant.units == change("keyboard", PROSE, 0.1).units


@pytest.mark.parametrize("text", ["", "   ", "12 34", "🙂", "x_y = f(1)\n"])
def test_texts_without_words_have_no_variants(text):
    assert made(text, (augmentation("keyboard", rate=1.0), augmentation("word_swap", rate=1.0))) == []


def test_variants_are_the_same_on_every_machine():
    assert [variant.text for variant in made("one two three four five six seven", document=7)] == [
        "onr two three four five six secen",
        "one two four three five six seven",
    ]


@pytest.mark.parametrize("name", [name for name in AUGMENTERS if name != "sequence"])
def test_every_name_of_the_recipe_has_an_augmenter(name):
    assert callable(augmenter(name))


def test_an_unknown_name_has_none():
    with pytest.raises(KeyError):
        augmenter("sequence")


IMPORTS = """
import socket, sys
def refuse(*arguments): raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
import stages.augmentation, stages.language, stages.packing, stages.quality, stages.splits
import stages.near_duplicates.clusters, stages.near_duplicates.selection, stages.near_duplicates.signatures
heavy = {"nlpaug", "pypinyin", "py3langid", "datasketch", "scipy", "torch", "transformers", "nltk", "pandas"}
assert not (heavy | {"apache_beam"}) & set(sys.modules)
from tests.stages.augmentation.texts import CHINESE, NAMES, PROSE, change
for name in NAMES:
    assert change(name, PROSE, 0.9).edits or change(name, CHINESE, 0.9, language="zh").edits, name
assert "nlpaug" in sys.modules
assert not {"torch", "transformers", "nltk"} & set(sys.modules)
import importlib.util
assert importlib.util.find_spec("torch") is not None
"""


def test_nothing_heavy_is_imported_and_nothing_is_downloaded():
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, timeout=60)
