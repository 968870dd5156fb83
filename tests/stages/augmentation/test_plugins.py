"""A function of the user's own: what it makes, and what is said when it cannot."""

import random

import pytest

from stages.augmentation import variants
from stages.augmentation.change import Change, Context
from stages.augmentation.plugins import plugin
from stages.errors import GristmillError
from stages.recipe import Augmentation, Step

MODULE = """
def shout(text): return text.upper()
def same(text): return text
def nothing(text): return ""
def number(text): return 7
def fail(text): raise ValueError("no\\nreason")
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    (tmp_path / "own_plugin.py").write_text(MODULE)
    (tmp_path / "broken_plugin.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)

    def made(function, text="some words"):
        step = Step(augmenter="plugin", function=function)
        return plugin(text, step, Context(document_id=42), random.Random(1))

    return made


def test_a_text_is_what_the_function_makes_of_it(call):
    assert call("own_plugin.shout") == Change("SOME WORDS", 1, 1)
    assert call("own_plugin.same") == Change("some words", 0, 1)
    assert call("own_plugin.nothing") == Change("some words", 0, 1)
    assert call("string.capwords") == Change("Some Words", 1, 1)


@pytest.mark.parametrize(
    ("function", "what"),
    [
        ("own_plugin.missing", "cannot be imported: AttributeError: .*missing"),
        ("not_there.function", "cannot be imported: ModuleNotFoundError: No module named 'not_there'"),
        ("broken_plugin.function", "cannot be imported: ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("own_plugin.number", "gave back int; it must give back a text"),
        ("own_plugin.fail", "failed: ValueError: no reason"),
        ("own_plugin.MODULE_IS_NOT_A_FUNCTION", "cannot be imported"),
        ("sys.exit", "failed: SystemExit"),
        ("sys.maxsize", "failed: TypeError"),
    ],
)
def test_a_failure_names_the_function_and_the_document(call, function, what):
    with pytest.raises(GristmillError, match=rf"function {function}, document 42: {what}"):
        call(function)


def test_the_document_of_a_variant_is_named(call):
    settings = [Augmentation(augmenter="plugin", function="own_plugin.fail", share=1.0)]
    with pytest.raises(GristmillError, match="document 77"):
        list(variants(77, "some words", "en", settings, 1))
