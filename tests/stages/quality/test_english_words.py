"""English words are those of spaCy, whose tokens for several hundred chunks are in golden_english.json."""

import hashlib
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.quality import english_words as module
from stages.quality.english_characters import ICON_CLASS, LETTER_CLASS, LOWER_CLASS, UPPER_CLASS
from stages.quality.english_exceptions import special_cases
from stages.quality.english_words import english_tokens, english_words, split_chunk

GOLDEN = json.loads((Path(__file__).parent / "golden_english.json").read_text(encoding="utf-8"))

PIECES = st.sampled_from(
    ["don't", "Mr.", ":)", "'s", "...", "…", "5km", "a.b", "(", ")", '"', "-", "@x.org", "wed", "°C.", "😀"]
)


def test_the_tokens_of_all_golden_chunks_are_those_of_spacy() -> None:
    different = {
        chunk: english_words(chunk) for chunk, tokens in GOLDEN["chunks"].items() if english_words(chunk) != tokens
    }
    assert len(GOLDEN["chunks"]) > 600
    assert different == {}


def test_the_exceptions_are_those_of_spacy() -> None:
    listed = json.dumps(sorted([chunk, list(tokens)] for chunk, tokens in special_cases().items()))
    assert hashlib.sha256(listed.encode()).hexdigest() == GOLDEN["specials"]


def test_exceptions_spell_their_chunk() -> None:
    assert all("".join(tokens) == chunk for chunk, tokens in special_cases().items())


@pytest.mark.parametrize("sign", [*sorted(module._SIMPLE_SUFFIXES), "."])
def test_the_short_way_for_a_word_and_a_sign_gives_what_the_long_way_gives(sign: str) -> None:
    specials = special_cases()
    for body in ["word", "Word", "u", "US", *(chunk for chunk in specials if chunk.isalpha())]:
        chunk = body + sign
        expected = specials.get(chunk) or module._joined(module._tokens(chunk, specials))
        assert split_chunk(chunk) == expected


def test_white_space_of_all_kinds_separates_and_is_no_word() -> None:
    assert english_words(" a \n\n b\u00a0c\u2003d\x1fe  ") == ["a", "b", "c", "d", "e"]
    assert english_words("") == english_words(" \n\t ") == []


@pytest.mark.parametrize(
    ("name", "inside"), [("lower", LOWER_CLASS), ("upper", UPPER_CLASS), ("letter", LETTER_CLASS), ("icon", ICON_CLASS)]
)
def test_the_classes_hold_the_characters_of_those_of_spacy(name: str, inside: str) -> None:
    everything = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    held = "".join(re.findall(f"[{inside}]", everything))
    assert hashlib.sha256(held.encode()).hexdigest() == GOLDEN["classes"][name]


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=8).map("".join)))
def test_no_character_but_white_space_is_lost(text: str) -> None:
    assert "".join(english_words(text)) == "".join(text.split())


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(alphabet="ab'.:)-(5k@/", min_size=1, max_size=6), max_size=20))
def test_what_was_seen_before_changes_nothing(chunks: list[str]) -> None:
    fresh = [split_chunk(chunk) for chunk in chunks]
    assert [english_tokens(chunk) for chunk in chunks + chunks] == fresh + fresh


def test_a_full_cache_starts_anew_and_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = module._Cache()
    monkeypatch.setattr(module, "_CACHE", cache)
    monkeypatch.setattr(module, "CACHED_CHUNKS", 3)
    text = "one, two, three, four, five, one, two, " + "x" * 100
    assert english_words(text) == english_words(text)
    assert len(cache) <= 3
    assert len(cache.previous) <= 3
    assert "x" * 100 not in cache


@pytest.mark.parametrize(
    "chunk", ["." * 400_000 + "x", '"' * 400_000, "@" * 400_000 + ".", "a.b@" * 100_000, "a-" * 200_000, "°" * 400_000]
)
def test_long_chunks_cost_linear_time(chunk: str) -> None:
    started = time.process_time()
    assert "".join(english_words(chunk)) == chunk
    assert time.process_time() - started < 5


def test_lone_surrogates_and_nulls_are_kept() -> None:
    assert english_words("a\x00b \ud800.") == ["a\x00b", "\ud800."]
