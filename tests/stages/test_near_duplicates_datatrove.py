"""datatrove's shingles and signatures, bit for bit: what datatrove gave is in near_duplicates_datatrove.json."""

import hashlib
import json
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates import datatrove_signatures as module
from stages.near_duplicates.datatrove_signatures import (
    MERSENNE_PRIME,
    NO_SHINGLES,
    coefficients,
    datatrove_shingles,
    datatrove_signatures,
    simplified_text,
)
from stages.quality.english_words import english_words
from stages.quality.punctuation import DATATROVE_PUNCTUATION
from stages.recipe import NearDuplicates

GOLDEN = json.loads((Path(__file__).parent / "near_duplicates_datatrove.json").read_text(encoding="utf-8"))
EVERY = GOLDEN["vectors"] + GOLDEN["other"]
OTHER = NearDuplicates(bands=6, rows=4, shingle_words=3, seed=123456)
HASHES = [("sha1", 64), ("sha1", 32), ("xxhash", 64), ("xxhash", 32)]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def numbers(strings):
    return list(map(int, strings))


def golden_signatures(signatures, permutations):
    return [numbers(signature) if signature else [NO_SHINGLES] * permutations for signature in signatures]


def with_hash(name, bits, **others):
    return NearDuplicates(datatrove_hash=name, datatrove_hash_bits=bits, **others)


def random_words(count):
    generator = random.Random(count)
    return ["q" + "".join(generator.choices(LETTERS, k=generator.randint(1, 9))) for _ in range(count)]


def test_texts_are_simplified_as_by_datatrove():
    assert [simplified_text(vector["text"]) for vector in EVERY] == [vector["simplified"] for vector in EVERY]


def test_simplified_texts_have_the_words_of_datatrove():
    assert [english_words(simplified_text(vector["text"])) for vector in EVERY] == [vector["words"] for vector in EVERY]


@pytest.mark.parametrize(
    ("text", "simplified"),
    [
        ("1.2.3 and 1,000,000 and 4. 5", "0 0 and 0 0 and 0 0"),
        ("1|2|3", "0 0 0"),
        ("\U0001ccf0\U00011f51\U00010d42\U00011de3 x", "0 x"),
        ("a≠b ≮c", "a=b <c"),
        ("x \u0301 y\u0301", "x  y"),
        ("\u0301 x \u0301", "x"),
        ("‘it’ • a·b। c", "‘it • a·b। c"),
        ("ΟΔΟΣ", "οδος"),
        ("İ", "i"),
        ("a\u00a0\u3000\x1c b\x85", "a b"),
        ("\x00a\x9fb\x7fc", "a b c"),
        ("", ""),
        ("?! \n", ""),
    ],
)
def test_steps_of_the_simplification_come_in_the_order_of_datatrove(text, simplified):
    assert simplified_text(text) == simplified


def test_the_signs_of_datatrove_separate_words_and_no_other_punctuation_does():
    signs = set(GOLDEN["PUNCTUATION"])
    simplified = {sign: simplified_text(f"a{sign}b") for sign in signs | DATATROVE_PUNCTUATION}
    assert len(signs) == 129
    assert simplified.pop("１") == "a0b"  # a sign to datatrove, but a digit first
    assert {sign for sign, text in simplified.items() if text == "a b"} == signs - {"１"}


@pytest.mark.parametrize(("name", "bits"), HASHES)
def test_shingle_hashes_equal_those_of_datatrove_in_order_and_number(name, bits):
    for vector in GOLDEN["vectors"]:
        hashes = datatrove_shingles(vector["text"], with_hash(name, bits))
        assert hashes.dtype == np.uint64
        assert hashes.tolist() == numbers(vector["shingles"][f"{name}{bits}"])


@pytest.mark.parametrize(("name", "bits"), HASHES)
def test_signatures_equal_those_of_datatrove(name, bits):
    texts = [vector["text"] for vector in GOLDEN["vectors"]]
    signatures = datatrove_signatures(texts, with_hash(name, bits))
    expected = golden_signatures((vector["signature"][f"{name}{bits}"] for vector in GOLDEN["vectors"]), 112)
    assert signatures.dtype == np.uint64
    assert signatures.tolist() == expected


def test_shingles_and_signatures_equal_those_of_datatrove_with_other_sizes_and_another_seed():
    texts = [vector["text"] for vector in GOLDEN["other"]]
    assert [datatrove_shingles(text, OTHER).tolist() for text in texts] == [
        numbers(vector["shingles"]) for vector in GOLDEN["other"]
    ]
    assert datatrove_signatures(texts, OTHER).tolist() == golden_signatures(
        (vector["signature"] for vector in GOLDEN["other"]), 24
    )


def test_coefficients_are_those_of_datatrove():
    multipliers, summands = coefficients(NearDuplicates())
    assert multipliers.tolist() == numbers(GOLDEN["a"])
    assert summands.tolist() == numbers(GOLDEN["b"])


@pytest.mark.parametrize(("name", "bits"), HASHES)
@pytest.mark.parametrize("count", [5, 6, 151, 400])
def test_a_text_of_any_length_has_the_smallest_permuted_hash_of_each_column(name, bits, count):
    words = random_words(count)
    assert english_words(" ".join(words)) == words
    hashes = []
    for start in range(count - 4):
        shingle = " ".join(words[start : start + 5]).encode()
        if name == "sha1":
            hashes.append(int.from_bytes(hashlib.sha1(shingle).digest()[: bits // 8], "little"))
        else:
            hashes.append((xxhash.xxh64 if bits == 64 else xxhash.xxh32)(shingle).intdigest())
    expected = [
        min((a * one + b) % 2**64 % MERSENNE_PRIME % 2**bits for one in hashes)
        for a, b in zip(numbers(GOLDEN["a"]), numbers(GOLDEN["b"]), strict=True)
    ]
    assert datatrove_signatures([" ".join(words)], with_hash(name, bits)).tolist() == [expected]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5), st.integers(0, 2**61 - 2), st.integers(0, 2**61 - 2)
)
def test_remainders_are_exact_at_the_edges(hashes, multiplier, summand):
    edges = [*hashes, 0, MERSENNE_PRIME, MERSENNE_PRIME - 1, 2**64 - 1, 7 * MERSENNE_PRIME, 8 * MERSENNE_PRIME]
    for a, b in [(multiplier, summand), (1, 0)]:
        for one in edges:
            found = module._minimum_hashes(
                np.array([one], np.uint64), np.array([a], np.uint64), np.array([b], np.uint64), np.uint64(2**64 - 1)
            )
            assert found.tolist() == [(a * one + b) % 2**64 % MERSENNE_PRIME]


@pytest.mark.parametrize("text", ["", " \n", "...", "one two three four", "One-two: three?! four."])
def test_a_text_with_fewer_words_than_a_shingle_has_no_shingle_and_a_row_that_says_so(text):
    assert datatrove_shingles(text, NearDuplicates()).shape == (0,)
    assert datatrove_signatures([text], NearDuplicates()).tolist() == [[2**64 - 1] * 112]


def test_a_text_has_the_same_signature_in_any_company():
    texts = [vector["text"] for vector in EVERY]
    together = datatrove_signatures(texts, OTHER)
    assert together.tolist() == [datatrove_signatures([text], OTHER)[0].tolist() for text in texts]
    assert datatrove_signatures([], OTHER).shape == (0, 24)


def test_a_lone_surrogate_is_hashed_as_it_is():
    text = "a b c d \ud800x"
    expected = int.from_bytes(hashlib.sha1(b"a b c d \xed\xa0\x80x").digest()[:8], "little")
    assert datatrove_shingles(text, NearDuplicates()).tolist() == [expected]


def test_a_long_text_needs_no_table_of_all_its_permuted_hashes():
    hashes = np.random.default_rng(0).integers(0, 2**64, 50_000, np.uint64)
    tracemalloc.start()
    module._minimum_hashes(hashes, *coefficients(NearDuplicates()), np.uint64(2**64 - 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000
