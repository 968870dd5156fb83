"""Sentences are counted in all scripts, and in reference mode as spaCy counts them."""

import itertools
import json
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality.english_words import english_tokens
from stages.quality.punctuation import DATATROVE_PUNCTUATION, DATATROVE_TERMINAL_PUNCTUATION, TERMINAL_PUNCTUATION
from stages.quality.sentences import SPACY_TERMINALS, line_sentence_count, sentence_count, sentence_ends

GOLDEN = json.loads((Path(__file__).parent / "golden_english.json").read_text(encoding="utf-8"))["sentences"]


@pytest.mark.parametrize("text", GOLDEN)
def test_reference_mode_counts_as_spacy_does(text: str) -> None:
    assert sentence_count(text, "en", "datatrove", 1_000) == GOLDEN[text]


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("", "en", 0),
        (" \n ", "en", 0),
        ("... !?", "en", 0),
        ("One. Two! Three? Four", "en", 4),
        ("It is 3.14, see example.com for more.", "en", 1),
        ("J. Smith said, e.g. this. Then he left.", "en", 2),
        ("“Go!” he said. (Yes.) “No.”", "en", 4),
        ("Wait... what?", "en", 2),
        ("A heading\nA line\r\nAnother", "en", 3),
        ("你好。我是学生！你呢？", "zh", 3),
        ("これはペンです。あれは本です｡", "ja", 2),
        ("यह है। वह है॥", "hi", 2),
        ("كيف حالك؟ بخير۔", "ur", 2),
        ("Τι κάνεις; Καλά.", "el", 2),
        ("One; two.", "en", 1),
        ("One \U00011047 two 😀 three", "en", 2),
        ("ฉันชอบกินข้าวผัดมาก และดูหนังที่บ้านของเพื่อน 12 กข", "th", 2),
        ("ខ្ញុំ។ អ្នក។", "km", 2),
        ("ကျွန်တော်။ သူ။", "my", 2),
        ("རྫོང་ཁ། འབྲུག།", "dz", 2),
    ],
)
def test_sentences_end_with_the_punctuation_of_their_script(text: str, language: str, sentences: int) -> None:
    assert sentence_count(text, language, "papers", 100) == sentences


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="ab. !?\n。5'\"", max_size=60), st.integers(0, 6), st.sampled_from(["papers", "datatrove"]))
def test_counting_stops_where_it_is_told(text: str, at_most: int, reference: str) -> None:
    everything = sentence_count(text, "en", reference, 1_000)  # type: ignore[arg-type]
    assert sentence_count(text, "en", reference, at_most) == min(everything, at_most)  # type: ignore[arg-type]


def plain_spacy_count(text: str) -> int:
    """Token by token, white space of more than a single space being one too."""
    count, ended = bool(text.strip()) + 0, False
    for chunk in re.findall(r"\S+|\s+", text.strip()):
        tokens = english_tokens(chunk) if chunk.strip() else [chunk] * (chunk != " ")
        for token in tokens:
            if token in SPACY_TERMINALS:
                ended = True
            elif ended and not all(unicodedata.category(sign).startswith("P") for sign in token):
                count, ended = count + 1, False
    return count


SIGNS = st.text(alphabet="ab. !?\n\t。5'\")😀\U00011047\U00016e98", max_size=60)


@settings(deadline=None, max_examples=300)
@given(SIGNS)
def test_reference_mode_looks_at_every_token(text: str) -> None:
    assert sentence_count(text, "en", "datatrove", 1_000) == plain_spacy_count(text)


@settings(deadline=None, max_examples=300)
@given(SIGNS, st.integers(0, 6))
def test_no_line_shares_a_sentence_with_the_next(text: str, at_most: int) -> None:
    lines = [line.strip() for line in text.splitlines()]
    assert line_sentence_count("\n".join(lines).strip(), at_most) == min(sum(map(plain_spacy_count, lines)), at_most)


@pytest.mark.parametrize("reference", ["papers", "datatrove"])
@pytest.mark.parametrize("text", ["." * 500_000 + "x", "a." * 250_000, "x" * 1_000_000, "\n" * 300_000, '."' * 200_000])
def test_unbroken_texts_cost_linear_time(text: str, reference: str) -> None:
    started = time.process_time()
    sentence_count(text, "en", reference, 1_000_000_000)  # type: ignore[arg-type]
    assert time.process_time() - started < 5


def test_the_sets_of_signs_have_the_sizes_of_their_sources() -> None:
    assert len(DATATROVE_TERMINAL_PUNCTUATION) == 159
    assert len(DATATROVE_PUNCTUATION) == 281
    assert len(SPACY_TERMINALS) == 128
    assert SPACY_TERMINALS < DATATROVE_TERMINAL_PUNCTUATION < DATATROVE_PUNCTUATION


def test_terminal_punctuation_is_no_comma_colon_or_letter() -> None:
    assert TERMINAL_PUNCTUATION.isdisjoint(",:;、，：；៖…ー")
    assert not any(sign.isalnum() for sign in TERMINAL_PUNCTUATION)
    assert set(".!?。！？؟।།") <= TERMINAL_PUNCTUATION


@pytest.mark.parametrize(
    ("text", "language", "ends"),
    [
        ("One. Two! Three", "en", ["One.", "Two!"]),
        ("J. Smith came, e.g. here.\nNext", "en", ["J. Smith came, e.g. here."]),
        ("一。二！三", "zh", ["一。", "二！"]),
        ("ไม่มีใครจำได้ว่า 12 เคยมีฝนตกหนักเช่นนี้", "th", ["ไม่มีใครจำได้ว่า", "12 เคยมีฝนตกหนักเช่นนี้"]),
    ],
)
def test_sentences_end_where_they_are_counted(text: str, language: str, ends: list[str]) -> None:
    places = [0, *sentence_ends(text, language)]
    pieces = [text[start:stop].strip() for start, stop in itertools.pairwise(places)]
    assert [piece for piece in pieces if piece] == ends
