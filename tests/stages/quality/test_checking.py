"""The groups in their order, one text through all of them."""

import subprocess
import sys

import pytest

from stages.document import Refusal
from stages.quality.bounds import measure_names
from stages.quality.checking import MEASURE, check_quality
from stages.quality.prepared import Prepared
from stages.recipe import C4, GopherQuality, GopherRepetition, LineCorrections, Quality
from tests.stages.quality.quality_texts import HOSTILE, PROSE

REFERENCES = ["papers", "datatrove"]


@pytest.mark.parametrize("reference", REFERENCES)
def test_prose_passes_and_stays_as_it_is(reference):
    checked = check_quality(PROSE, "en", Quality(reference=reference))
    assert checked.refusal is None
    assert checked.edits == ()
    assert checked.text.split() == PROSE.split()


@pytest.mark.parametrize("reference", REFERENCES)
def test_everything_is_measured_though_the_first_rule_refuses(reference):
    checked = check_quality("Too short.", "en", Quality(reference=reference))
    assert checked.refusal is not None
    missing = set(measure_names()) - set(checked.measurements)
    assert missing == {"removed_words", "quality_score", "perplexity"}


def test_a_group_measures_what_the_groups_before_it_left():
    menu = "Home\n" * 40
    checked = check_quality(menu + PROSE, "en", Quality(gopher_repetition=GopherRepetition(enabled=False)))
    assert checked.refusal is None
    assert checked.measurements["short_lines"] == 0
    assert checked.text == PROSE
    assert [edit.name for edit in checked.edits] == ["short_lines"]


def test_a_text_that_loses_too_many_words_to_line_corrections_is_refused():
    settings = Quality(line_corrections=LineCorrections(enabled=True))
    checked = check_quality(PROSE + "BUY THE BEST BOOKS HERE NOW\n", "en", settings)
    words = len(PROSE.split())
    assert checked.refusal == Refusal("maximum_removed_words", 6 / (words + 6), 0.05)


def test_a_text_without_any_line_left_is_refused_by_c4():
    settings = Quality(gopher_quality=GopherQuality(enabled=False), gopher_repetition=GopherRepetition(enabled=False))
    assert check_quality("Home\nAbout us", "en", settings).refusal == Refusal("minimum_sentences", 0, 5)


def test_a_text_without_any_line_left_is_refused_though_no_bound_asks_for_it():
    settings = Quality(
        gopher_quality=GopherQuality(enabled=False),
        gopher_repetition=GopherRepetition(enabled=False),
        c4=C4(minimum_sentences=0),
        fineweb={"enabled": False},
    )
    assert check_quality("Home\nAbout us", "en", settings).refusal == Refusal("text_left", 0, 1, "characters")


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_judged(name, reference):
    settings = Quality(reference=reference, line_corrections=LineCorrections(enabled=True))
    checked = check_quality(HOSTILE[name], "en", settings)
    assert checked.refusal is not None
    assert checked == check_quality(HOSTILE[name], "en", settings)


def test_models_are_not_imported_unless_a_recipe_asks_for_one():
    code = "import sys, stages.quality; print('sklearn' in sys.modules, 'sentencepiece' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize(
    "line", ["Home page", "Read on [1] here, please, it's good.", "A {curly} javascript line isn't good."]
)
def test_the_number_of_words_left_is_that_of_the_text_that_is_left(line, reference):
    settings = Quality(reference=reference)
    checked = check_quality(f"{line}\n{PROSE}", "en", settings)
    alone = MEASURE["fineweb"](Prepared(checked.text, "en", reference), settings.fineweb)
    assert checked.measurements["newline_word_ratio"] == alone.values["newline_word_ratio"]


def test_words_left_are_counted_anew_in_languages_without_spaces():
    text = "今天天气很好，我们去公园。\n是\n" * 3
    checked = check_quality(text, "zh", Quality())
    alone = MEASURE["fineweb"](Prepared(checked.text, "zh"), Quality().fineweb)
    assert "是" not in checked.text
    assert checked.measurements["newline_word_ratio"] == alone.values["newline_word_ratio"]
