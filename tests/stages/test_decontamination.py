"""Decontamination: shared passages are found however they are written, named, and cut with a margin."""

import json
import random
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.decontamination import decontaminate
from stages.document import Edit, Refusal
from stages.errors import GristmillError
from stages.evaluation_ngrams import WORD_WEIGHT, all_ngrams, words_in
from stages.recipe import Decontamination

WORDS = [
    "miller",
    "carried",
    "every",
    "sack",
    "of",
    "grain",
    "to",
    "the",
    "stone",
    "before",
    "water",
    "had",
    "turned",
    "his",
    "wheel",
    "once",
    "more",
    "at",
    "dawn",
]
CHINESE = "磨坊主在水车再次转动之前把每一袋谷物都搬到了石磨旁边然后坐下来休息"


def prose(seed: int, count: int = 400) -> str:
    """Words that share no 8 in a row with those of another seed."""
    return " ".join(f"{word}{seed}" for word in random.Random(seed).choices(WORDS, k=count))


PASSAGE = prose(0, 13)
LONG_PASSAGE = prose(91, 40)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    rows = [{"q": "too short"}, {"q": LONG_PASSAGE}, {"q": [PASSAGE]}, {"q": prose(92, 8)}, {"q": CHINESE[:26]}]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return (str(tmp_path / "questions.jsonl"),)


def shared(text: str, files: tuple[str, ...], **changes: int) -> float:
    found = decontaminate(text, "en", Decontamination(files=files, **changes))
    if not isinstance(found, Refusal):
        assert found == (text, ())
        return 0
    assert (found.rule, found.threshold) == ("evaluation_overlap", 0)
    assert found.value is not None
    return found.value


def test_without_files_nothing_is_looked_for() -> None:
    assert decontaminate(PASSAGE, "en", Decontamination()) == (PASSAGE, ())


def test_the_number_of_shared_n_grams_is_measured(files: tuple[str, ...]) -> None:
    assert shared(f"{prose(1)} {PASSAGE} {prose(2)}", files) == 1
    assert shared(f"{prose(1)} {' '.join(LONG_PASSAGE.split()[5:25])} {prose(2)}", files) == 8
    assert shared(f"{prose(1)} {' '.join(LONG_PASSAGE.split()[5:17])} {prose(2)}", files) == 0
    assert shared(f"{PASSAGE} {PASSAGE}", files) == 1
    assert shared(f"{prose(1)} {' '.join(LONG_PASSAGE.split()[5:17])} {prose(2)}", files, words=12) == 1


def test_the_first_match_is_named(files: tuple[str, ...]) -> None:
    found = decontaminate(f"{prose(1)} ({PASSAGE}) {LONG_PASSAGE}", "en", Decontamination(files=files))
    assert isinstance(found, Refusal)
    assert found.detail == f'{files[0]}, row 3: "{" ".join(PASSAGE.split()[:8])} …"'


@pytest.mark.parametrize(
    "written",
    [
        PASSAGE.upper(),
        PASSAGE.replace(" ", ", ", 3).replace(" ", "\n\n", 4),
        PASSAGE.replace(" ", "—", 2),
        PASSAGE.replace(" ", " -- ", 2),
        PASSAGE.replace(" ", "--", 2),
        "“" + PASSAGE.replace("e", "é") + "!”",
        unicodedata.normalize("NFD", PASSAGE.replace("e", "é")),
        PASSAGE.replace("0", "０"),
        PASSAGE.replace("r", "r\u00ad"),
        f"x {PASSAGE} y",
    ],
)
def test_writing_does_not_hide_a_passage(files: tuple[str, ...], written: str) -> None:
    assert shared(f"{prose(1)} {written} {prose(2)}", files) == 1


def test_a_changed_word_is_another_n_gram(files: tuple[str, ...]) -> None:
    assert shared(PASSAGE.replace("0", "7", 1), files) == 0


def test_short_evaluation_texts_are_looked_for_whole_down_to_eight_words(files: tuple[str, ...]) -> None:
    short = prose(92, 8)
    assert shared(f"{prose(1)} {short} {prose(2)}", files) == 1
    assert shared(f"{prose(1)} {' '.join(short.split()[:7])} {prose(2)}", files) == 0
    assert shared(f"{prose(1)} too short {prose(2)}", files) == 0


def test_in_chinese_twenty_characters_are_thirteen_words(files: tuple[str, ...]) -> None:
    assert shared(f"今天{CHINESE[:20]}天气很好", files) == 1
    assert shared(f"今天，{CHINESE[3:12]}，{CHINESE[12:25]}。天气很好", files) == 3
    assert shared(f"今天{CHINESE[:19]}天气很好", files) == 0


def test_a_cut_takes_whole_words_and_a_margin(files: tuple[str, ...]) -> None:
    changes = {"margin_characters": 20, "minimum_piece_characters": 10}
    cut = Decontamination(files=files, action="cut", **changes)  # type: ignore[arg-type]
    before, after = prose(1, 30), prose(2, 30)
    text = f"{before} ({PASSAGE}). {after}"
    found = decontaminate(text, "en", cut)
    assert not isinstance(found, Refusal)
    left, edits = found
    first, second = left.split("\n\n")
    assert before.startswith(first) and before[len(first)] == " "
    assert after.endswith(second) and after[-len(second) - 1] == " "
    assert 18 <= len(before) - len(first) < 32
    assert 18 <= len(after) - len(second) < 32
    assert edits == (Edit("cut_evaluation", 1, len(text) - len(left)),)
    assert decontaminate(left, "en", cut) == (left, ())


def test_punctuation_of_a_cut_passage_goes_with_it(files: tuple[str, ...]) -> None:
    cut = Decontamination(files=files, action="cut", margin_characters=0, minimum_piece_characters=1)
    found = decontaminate(f"One. (“{PASSAGE}”). Two.", "en", cut)
    assert not isinstance(found, Refusal)
    assert found[0] == "One.\n\nTwo."
    chinese = decontaminate(f"天气很好。{CHINESE[:26]}。我们走吧。", "zh", cut)
    assert not isinstance(chinese, Refusal)
    assert chinese[0] == "天气很好。\n\n我们走吧。"


def test_passages_that_touch_with_their_margins_are_one_cut(files: tuple[str, ...]) -> None:
    cut = Decontamination(files=files, action="cut", margin_characters=200)
    near = decontaminate(f"{prose(1)} {PASSAGE} {prose(2, 20)} {LONG_PASSAGE} {prose(3)}", "en", cut)
    far = decontaminate(f"{prose(1)} {PASSAGE} {prose(2, 200)} {LONG_PASSAGE} {prose(3)}", "en", cut)
    assert not isinstance(near, Refusal)
    assert not isinstance(far, Refusal)
    assert [near[1][0].count, far[1][0].count] == [1, 2]


def test_too_many_pieces_or_none_are_refused(files: tuple[str, ...]) -> None:
    cut = Decontamination(files=files, action="cut")
    many = decontaminate("".join(f"{prose(seed, 200)} {PASSAGE} " for seed in range(1, 13)), "en", cut)
    assert isinstance(many, Refusal)
    assert (many.rule, many.value, many.threshold) == ("evaluation_pieces", 12, 10)
    none = decontaminate(f"{prose(1, 40)} {PASSAGE}", "en", cut)
    assert isinstance(none, Refusal)
    assert (none.rule, none.value, none.threshold) == ("evaluation_pieces", 0, 1)
    assert none.detail is not None
    assert "nothing of 200 characters or more is left" in none.detail
    assert "row 3" in none.detail


def test_pieces_that_make_a_passage_where_they_meet_are_refused(files: tuple[str, ...]) -> None:
    words = PASSAGE.split()
    nested = " ".join([*words[:6], *words, *words[6:]])
    settings = Decontamination(files=files, action="cut", margin_characters=0, minimum_piece_characters=0)
    found = decontaminate(f"{prose(1, 20)} {nested} {prose(2, 20)}", "en", settings)
    assert isinstance(found, Refusal)
    assert (found.rule, found.value, found.threshold) == ("evaluation_overlap", 1.0, 0.0)
    assert found.detail is not None and "row 3" in found.detail


def test_a_file_without_a_text_of_eight_words_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "answers.txt").write_text("yes\n\nno")
    with pytest.raises(GristmillError, match=r"answers\.txt: holds no text of 8 words or more; leave the file out"):
        decontaminate("text", "en", Decontamination(files=(str(tmp_path / "answers.txt"),)))


def test_the_row_that_is_named_does_not_depend_on_the_order_of_the_files_in_the_recipe(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("b.txt", "a.txt")]
    for name in names:
        Path(name).write_text(f"{PASSAGE}\n\n{PASSAGE}")
    found = [decontaminate(PASSAGE, "en", Decontamination(files=tuple(order))) for order in (names, names[::-1])]
    assert found[0] == found[1]
    assert isinstance(found[0], Refusal)
    assert found[0].detail is not None
    assert "a.txt, row 1" in found[0].detail


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([*WORDS[:3], "水", "かな", "ไทย", "—", "½", "e\u0301", "ﷺ", "'", "\n"]), max_size=60))
def test_n_grams_are_those_of_a_plain_loop(parts: list[str]) -> None:
    words = words_in(" ".join(parts))
    for weight in (WORD_WEIGHT * 2, WORD_WEIGHT * 3):
        expected = []
        for first in range(len(words)):
            stops = [stop for stop in range(first, len(words) + 1) if words.weights[first:stop].sum() >= weight]
            if stops:
                expected.append((first, stops[0]))
        hashes, first, stop = all_ngrams(words, [weight])
        assert list(zip(first.tolist(), stop.tolist(), strict=True)) == expected
        sequences = [tuple(words.hashes[start:end].tolist()) for start, end in expected]
        assert (
            len(set(sequences)) == len(set(hashes.tolist())) == len(set(zip(sequences, hashes.tolist(), strict=True)))
        )


def test_long_texts_have_the_n_grams_of_their_parts() -> None:
    text = " ".join(prose(seed) for seed in range(80))
    words = words_in(text)
    assert [text[start:stop] for start, stop in zip(words.starts, words.stops, strict=True)] == text.split()
    hashes, first, stops = all_ngrams(words, [13 * WORD_WEIGHT])
    for place in range(0, len(hashes), 997):
        alone = words_in(text[int(words.starts[first[place]]) : int(words.stops[stops[place] - 1])])
        assert all_ngrams(alone, [13 * WORD_WEIGHT])[0].tolist() == [hashes[place]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "\x00",
        "\ud800",
        "\u0301",
        "a" * 2_000_000,
        "x\n" * 300_000,
        "." * 2_000_000,
        "水" * 300_000,
        "ﷺ" * 50_000,
    ],
    ids=lambda text: ascii(text[:2]),
)
def test_hostile_texts_take_no_time(files: tuple[str, ...], text: str) -> None:
    cut = Decontamination(files=files, action="cut", margin_characters=0, minimum_piece_characters=0)
    started = time.process_time()
    assert decontaminate(text, "en", cut) == (text, ())
    decontaminate(f"{text} {PASSAGE} {text} {PASSAGE} {text}", "en", cut)
    assert time.process_time() - started < 8
