"""What holds for every augmenter: the rate, exactness, odd texts, and that nothing but the arguments matters."""

import itertools
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.augmentation.prose import words_of_prose
from tests.stages.augmentation.texts import CHINESE, CODE, LONG, NAMES, ODD, PROSE, change, corpus

check = settings(derandomize=True, deadline=None, max_examples=60)
TEXTS = st.text("abcXYZé1漢.-🙂(_= \n\t\u00a0\u2028\r\x85\x1c\u0301", max_size=80)
LINE_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
KEEPS_WHITE_SPACE = [
    name for name in NAMES if name.startswith(("character", "keyboard", "ocr", "spelling", "word_swap"))
]
LANGUAGES = {"homophone": "zh"}


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
@pytest.mark.parametrize("name", NAMES)
def test_the_rate_is_met_over_a_corpus(name, rate):
    language = LANGUAGES.get(name, "en")
    size = 160 if name.startswith("sentence") else 40
    changes = [change(name, text, rate, seed, language) for seed, text in enumerate(corpus(language, size))]
    assert sum(one.edits for one in changes) / sum(one.units for one in changes) == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize(
    "name", ["character_insert", "character_swap", "split", "word_swap", "word_delete", "word_crop"]
)
def test_the_rate_is_met_in_chinese(name):
    changes = [change(name, text, 0.1, seed, "zh") for seed, text in enumerate(corpus("zh", 30))]
    assert sum(one.edits for one in changes) / sum(one.units for one in changes) == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_units_are_what_the_rate_is_a_share_of(name):
    (text,) = corpus(documents=1)
    units = change(name, text, 0.3).units
    assert units == (text.count(".") if name.startswith("sentence") else len(words_of_prose(text)))


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_give_a_clear_result(name):
    for text, language, rate in itertools.product(ODD.values(), ("en", "fr", "zh", "ja", "th", "my"), (0.3, 1.0)):
        changed = change(name, text, rate, language=language)
        assert bool(changed.text) == bool(text)
        assert 0 <= changed.edits <= changed.units
        assert (changed.text != text) == (changed.edits > 0), (text, changed)
        assert LINE_BREAKS.findall(changed.text) == LINE_BREAKS.findall(text), (text, changed)


@pytest.mark.long
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("name", NAMES)
def test_long_texts_are_done_in_seconds(name, text):
    for language in ("en", "zh"):
        assert change(name, text, 0.3, language=language).text


@pytest.mark.parametrize(
    "name", ["keyboard", "ocr", "character_insert", "character_delete", "split", "word_delete", "span_mask"]
)
def test_a_long_line_is_changed_from_end_to_end(name):
    words = ["word" + "".join(letters) for letters in itertools.product("abcdefghij", repeat=4)]
    changed = set(re.findall(r"\w+", change(name, " ".join(words), 0.3).text))
    for part in np.array_split([word not in changed for word in words], 10):
        assert part.mean() == pytest.approx(0.3, rel=0.25)


@check
@given(TEXTS, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 2**32), st.sampled_from(NAMES))
def test_lines_stay(text, rate, seed, name):
    for language in ("en", "zh"):
        changed = change(name, text, rate, seed, language)
        assert LINE_BREAKS.findall(changed.text) == LINE_BREAKS.findall(text)
        for before, after in zip(text.splitlines(), changed.text.splitlines(), strict=True):
            assert bool(before.strip()) == bool(after.strip())
            assert re.match(r"\s*", before)[0] == re.match(r"\s*", after)[0] or not before.strip()


@check
@given(TEXTS, st.sampled_from([0.1, 0.5, 1.0]), st.integers(0, 2**32), st.sampled_from(KEEPS_WHITE_SPACE))
def test_white_space_stays(text, rate, seed, name):
    assert re.findall(r"\s+", change(name, text, rate, seed).text) == re.findall(r"\s+", text)


@pytest.mark.parametrize("name", NAMES)
def test_code_stays_byte_for_byte(name):
    fenced = "```\nsome words here. And more of them.\n```\n"
    inline = "See https://a.test/b_c, `git commit now`, snake_case, --option and <b class='x y'>."
    for language in ("en", "zh"):
        text = f"{PROSE}\n{CODE}\n{CHINESE}\n\n{fenced}\n{inline}\n"
        for seed in range(5):
            changed = change(name, text, 0.4, seed, language, **({"mask": "#"} if name == "span_mask" else {}))
            assert CODE in changed.text and fenced in changed.text
            for token in ("https://a.test/b_c", "`git commit now`", "snake_case", "--option", "<b class='x y'>"):
                assert token in changed.text or name == "sentence_delete"


@pytest.mark.parametrize("name", NAMES)
def test_global_random_state_is_neither_read_nor_changed(name):
    language = LANGUAGES.get(name, "en")
    text = CHINESE if language == "zh" else PROSE
    found = set()
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        state, numpy_state = random.getstate(), np.random.get_state()
        found.add(change(name, text, 0.9, language=language).text)
        assert random.getstate() == state
        assert all(np.array_equal(now, then) for now, then in zip(np.random.get_state(), numpy_state, strict=True))
    assert len(found) == 1 and text not in found


@pytest.mark.parametrize("name", NAMES)
def test_threads_do_not_disturb_each_other(name):
    interval = sys.getswitchinterval()
    language = LANGUAGES.get(name, "en")
    texts = list(corpus(language, documents=12, sentences=20))
    expected = [change(name, text, 0.3, seed, language) for seed, text in enumerate(texts)]
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda pair: change(name, pair[1], 0.3, pair[0], language), enumerate(texts))
            assert list(found) == expected
    finally:
        sys.setswitchinterval(interval)


PROCESS = """
from tests.stages.augmentation.texts import CHINESE, NAMES, PROSE, change
import hashlib
both = ((PROSE, "en"), (CHINESE, "zh"))
texts = [change(name, text, 0.3, 7, language).text for name in NAMES for text, language in both]
print(hashlib.sha256("".join(texts).encode()).hexdigest())
"""


def test_processes_agree_whatever_their_hash_seed():
    found = {
        subprocess.run(
            [sys.executable, "-c", PROCESS], check=True, capture_output=True, env={"PYTHONHASHSEED": seed}, timeout=120
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
