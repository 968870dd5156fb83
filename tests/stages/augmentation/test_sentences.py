"""Sentences that move or are missing: which they are, and what stays."""

import re
from collections import Counter

import pytest

from tests.stages.augmentation.texts import CHINESE, change

PARAGRAPH = "The river rose. A calf stood there! Was it snow? Boats lay across the lane."
WRAPPED = """The river had risen in the night, and nobody in the
village could remember such a flood. The calf stood on
the bridge. Boats lay across the lane; nothing moved
there.  Snow fell on it.
"""


def sentences(text):
    return Counter(re.findall(r"[A-Z][^.!?]+[.!?]", re.sub(r"\s+", " ", text)))


def test_all_sentences_of_a_paragraph_can_move_and_none_is_lost():
    changed = change("sentence_shuffle", PARAGRAPH, 1.0)
    assert (changed.edits, changed.units) == (4, 4)
    assert sentences(changed.text) == sentences(PARAGRAPH)
    before, after = (re.findall(r"\w[^.!?]*[.!?]", text) for text in (PARAGRAPH, changed.text))
    assert all(one != other for one, other in zip(before, after, strict=True))


def test_sentences_stay_in_their_paragraph():
    text = f"{PARAGRAPH}\n\nOne is here. Two is here.\nThree stands alone.\n"
    for seed in range(20):
        changed = change("sentence_shuffle", text, 0.5, seed).text
        for before, after in zip(text.splitlines(), changed.splitlines(), strict=True):
            assert sentences(before) == sentences(after)


def test_a_paragraph_keeps_a_sentence():
    text = f"{PARAGRAPH}\nOne is here. Two is here.\n\nThree stands alone.\n"
    changed = change("sentence_delete", text, 1.0)
    assert changed.edits == 4 and changed.units == 7
    assert [sum(sentences(line).values()) for line in changed.text.splitlines()] == [1, 1, 0, 1]
    assert not re.search(r"  |^ | $", changed.text, re.MULTILINE)


def test_lines_that_go_on_are_one_paragraph():
    changed = change("sentence_shuffle", WRAPPED, 1.0)
    assert changed.units == 4 and sentences(changed.text) == sentences(WRAPPED)
    assert [len(line.split()) for line in changed.text.splitlines()] == [
        len(one.split()) for one in WRAPPED.splitlines()
    ]
    for seed in range(20):
        deleted = change("sentence_delete", WRAPPED, 0.5, seed).text
        assert not sentences(deleted) - sentences(WRAPPED) and sum(sentences(deleted).values()) == 2
        assert "\n\n" not in deleted and deleted.endswith(".\n")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith came at 5 p.m. with Mr. Brown. He left.", 2),
        ("It was. so he said. Yes.", 2),
        ("“Is it so?” he asked. “Yes!” “No.”", 3),
        ("- Point of a list. More of it.\n1. One.\n2. Two.", 4),
        ("Am 3. Mai kam er. Dann ging er.", 2),
        ("No end", 1),
        ("... !? 12.", 0),
    ],
)
def test_what_a_sentence_is(text, count):
    assert change("sentence_delete", text, 0.5).units == count


def test_list_marks_stay():
    text = "- One is here. Two is here.\n2. Three is here. Four is here.\n"
    assert re.findall(r"^\S+", change("sentence_shuffle", text, 1.0).text, re.MULTILINE) == ["-", "2."]
    assert re.findall(r"^\S+", change("sentence_delete", text, 1.0).text, re.MULTILINE) == ["-", "2."]


def test_chinese_and_thai_have_sentences():
    changed = change("sentence_shuffle", CHINESE, 1.0, language="zh")
    assert (changed.edits, changed.units) == (4, 4)
    assert Counter(changed.text.split("。")) == Counter(CHINESE.split("。"))
    thai = "ไม่มีใครจำได้ว่าเคยมีฝน เรืออยู่บนถนนในหมู่บ้านนี้ วัวยืนอยู่บนสะพานไม่ยอมไปไหน"
    assert change("sentence_delete", thai, 0.4, language="th").units == 3


def test_lines_of_code_stand_between_paragraphs():
    text = "One is here.\n\tx = call(1)\nTwo is here. Three is here.\n"
    for seed in range(10):
        assert (
            change("sentence_shuffle", text, 1.0, seed).text
            == "One is here.\n\tx = call(1)\nThree is here. Two is here.\n"
        )


def test_inline_code_moves_with_its_sentence():
    text = "`git commit` is first. Then comes `git push`."
    assert change("sentence_shuffle", text, 1.0).text == "Then comes `git push`. `git commit` is first."
