"""Masked spans: how many words, how long, and where."""

import re

import numpy as np
import pytest

from tests.stages.augmentation.texts import CHINESE, PROSE, change

LINE = " ".join("word" + "abcdefghij"[number % 10] for number in range(6000))


def lengths(before, after, mask="<mask>"):
    """The lengths of the runs that masks stand for, in a text of one line."""
    left = re.split(rf" ?{re.escape(mask)} ?", after)
    words = before.split()
    runs, position = [], 0
    for number, piece in enumerate(left):
        position += len(piece.split())
        if number + 1 < len(left):
            following = left[number + 1].split()[:30]
            length = next(size for size in range(1, 200) if words[position + size :][: len(following)] == following)
            runs.append(length)
            position += length
    return runs


@pytest.mark.parametrize("span_words", [1.0, 3.0, 8.0])
def test_spans_have_their_mean_length(span_words):
    words = [
        f"word{chr(97 + number // 676 % 26)}{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}"
        for number in range(6000)
    ]
    line = " ".join(words)
    changed = change("span_mask", line, 0.15, span_words=span_words)
    found = lengths(line, changed.text)
    assert np.mean(found) == pytest.approx(span_words, rel=0.1)
    assert sum(found) == changed.edits == pytest.approx(900, abs=1)
    assert span_words == 1.0 or len(set(found)) > 3


def test_masks_stand_where_words_stood():
    for seed in range(30):
        changed = change("span_mask", "one two, three (four)", 0.5, seed, mask="[M]")
        pattern = re.escape(changed.text).replace(re.escape("[M]"), r"[a-z][a-z ,(]*?(?<=[a-z])")
        assert re.fullmatch(pattern, "one two, three (four)") and changed.edits == 2


def test_spans_hold_no_line_break_number_or_code():
    text = f"{PROSE}one 12 two foo_bar three\n"
    for seed in range(30):
        changed = change("span_mask", text, 0.8, seed, span_words=20.0).text
        assert changed.count("\n") == text.count("\n") and " 12 " in changed and " foo_bar " in changed


def test_all_words_can_be_masked():
    assert change("span_mask", "one two\nthree", 1.0).text == "<mask>\n<mask>"
    assert re.fullmatch(r"(<mask>[，。]?)+", change("span_mask", CHINESE, 1.0, language="zh").text)


def test_every_word_can_be_masked():
    found = {change("span_mask", "a b c d", 0.25, seed, span_words=1.0).text for seed in range(60)}
    assert len(found) == 4
