"""Signatures: equal to datasketch's, to plain shingles, and the same in any company."""

import hashlib
import random
import re
import unicodedata

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.near_duplicates import signatures
from stages.near_duplicates.signatures import (
    band_keys,
    content_hash,
    content_hashes,
    datasketch_objects,
    jaccard,
    minimum_hashes,
    mix64,
    shingle_hashes,
    signatures_and_contents,
    text_signatures,
)
from stages.recipe import NearDuplicates

DEFAULT = NearDuplicates()
SMALL = NearDuplicates(bands=3, rows=2, shingle_words=2)
EMPTY = 0xFFFFFFFF
check = settings(derandomize=True, deadline=None, max_examples=200)
TEXTS = st.lists(st.text("aAbÅé_1 漢字カกุİ\n.-\u0301ß🙂\ud800", max_size=40), max_size=8)


def words(text):
    """The words of a text, one character at a time."""

    def spelled(character):
        if not (character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")):
            return " "
        lowered = character.lower() if len(character.lower()) == 1 else character
        return f" {character} " if unicodedata.name(character).startswith(("CJK", "THAI", "KATA")) else lowered

    return "".join(map(spelled, text)).split()


def plain_shingles(text, size):
    found = words(text)
    return {tuple(found[start : start + size]) for start in range(max(len(found) - size + 1, min(len(found), 1)))}


def plain_jaccard(left, right):
    return len(left & right) / len(left | right) if left | right else 0.0


def random_text(seed, length):
    generator = random.Random(seed)
    vocabulary = ["".join(generator.choices("etaoinshrdlu", k=generator.randint(1, 9))) for _ in range(500)]
    return " ".join(generator.choices(vocabulary, k=length))


def with_changes(text, changes, seed=0):
    generator = random.Random(seed)
    changed = text.split()
    for place in generator.sample(range(len(changed)), changes):
        changed[place] = "changed" + changed[place]
    return " ".join(changed)


@check
@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=30), min_size=1, max_size=6), st.integers(0, 5))
def test_signatures_equal_datasketch_bit_for_bit(hash_lists, seed):
    hashes = np.array([one for hash_list in hash_lists for one in hash_list], np.uint32)
    ours = minimum_hashes(hashes, np.array(list(map(len, hash_lists))), 16, seed)
    for row, hash_list in zip(ours, hash_lists, strict=True):
        theirs = MinHash(num_perm=16, seed=seed, hashfunc=int, scheme="affine32")
        theirs.update_batch(hash_list)
        np.testing.assert_array_equal(row, theirs.hashvalues)


def test_text_signatures_equal_datasketch_on_the_same_shingles():
    texts = [random_text(seed, 300) for seed in range(5)] + ["two words", ""]
    ours = text_signatures(texts, DEFAULT)
    halves = [(one >> np.uint64(32)).tolist() for one in shingle_hashes(texts, DEFAULT)]
    theirs = MinHash.bulk(halves, num_perm=112, seed=DEFAULT.seed, hashfunc=int)
    np.testing.assert_array_equal(ours, [minhash.hashvalues for minhash in theirs])
    assert ours.dtype == np.uint32


@check
@given(TEXTS, st.integers(1, 6))
def test_shingle_sets_are_as_large_and_as_similar_as_plain_ones(texts, size):
    ours = shingle_hashes(texts, NearDuplicates(shingle_words=size))
    plain = [plain_shingles(text, size) for text in texts]
    assert [len(one) for one in ours] == [len(one) for one in plain]
    for left, left_plain in zip(ours, plain, strict=True):
        assert left.dtype == np.uint64 and (np.diff(left.astype(object)) > 0).all()
        for right, right_plain in zip(ours, plain, strict=True):
            assert jaccard(left, right) == pytest.approx(plain_jaccard(left_plain, right_plain))


def test_different_shingles_have_different_hashes():
    texts = [random_text(seed, 2000) for seed in range(20)]
    plain = set().union(*(plain_shingles(text, 5) for text in texts))
    assert len(np.unique(np.concatenate(shingle_hashes(texts, DEFAULT)))) == len(plain) > 39_000


@pytest.mark.parametrize("other", ["b a c d e", "ab c d e f", "a b c d", "a b c d e f", "aa b c d e", "a b c d f"])
def test_shingles_tell_order_and_word_borders_apart(other):
    left, right = shingle_hashes(["a b c d e", other], DEFAULT)
    assert (len(left), jaccard(left, right)) == (1, 0.0 if other != "a b c d e f" else 0.5)


@check
@given(TEXTS, st.integers(1, 40), st.integers(1, 40))
def test_a_result_does_not_depend_on_batch_or_block(texts, batch, block):
    alone = [text_signatures([text], SMALL)[0] for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signatures, "BATCH_TEXTS", batch)
        patch.setattr(signatures, "BATCH_CHARACTERS", batch)
        patch.setattr(signatures, "BLOCK_CHARACTERS", block)
        together = text_signatures(texts, SMALL)
    assert together.shape == (len(texts), 6)
    for left, right in zip(together, alone, strict=True):
        np.testing.assert_array_equal(left, right)


def test_long_texts_and_long_words_are_cut_nowhere():
    block = signatures.BLOCK_CHARACTERS
    long_word, many_words = "x" * (3 * block), "word " * block
    texts = [random_text(1, 40_000), f"{long_word} a {long_word}y b", many_words, ""]
    sizes = [len(one) for one in shingle_hashes(texts, NearDuplicates(shingle_words=1))]
    assert sizes == [len(set(text.split())) for text in texts]


def test_short_texts_have_one_shingle_of_all_their_words():
    one, same, other, none = shingle_hashes(["Just three words", "just... three WORDS!", "just three", "..."], DEFAULT)
    assert len(one) == len(other) == 1
    assert jaccard(one, same) == 1.0
    assert jaccard(one, other) == 0.0
    assert len(none) == 0


def test_texts_without_words_have_the_empty_signature():
    assert (text_signatures(["", "!?", " \n"], DEFAULT) == EMPTY).all()
    assert (text_signatures(["a"], DEFAULT) != EMPTY).all()
    assert text_signatures([], DEFAULT).shape == (0, 112)


def test_case_punctuation_and_white_space_make_no_difference():
    texts = ["The cat -- it sat; on THE mat!", "the cat it sat on the mat", "the\ncat\tit (sat)  on the mat"]
    assert len(np.unique(text_signatures(texts, DEFAULT), axis=0)) == 1
    assert len(set(map(content_hash, texts))) == 1


def test_the_seed_makes_other_signatures():
    texts = [random_text(1, 50)]
    assert (text_signatures(texts, DEFAULT) != text_signatures(texts, NearDuplicates(seed=2))).mean() > 0.99


def test_jaccard_is_the_share_of_common_hashes():
    left, right = np.array([1, 2, 3, 2**64 - 1], np.uint64), np.array([2, 3, 5], np.uint64)
    assert jaccard(left, right) == jaccard(right, left) == 2 / 5
    assert jaccard(left, left) == 1.0
    assert jaccard(left[:0], right) == jaccard(left[:0], left[:0]) == 0.0


@check
@given(st.text("aAbB é漢.\n", max_size=12), st.text("aAbB é漢.\n", max_size=12))
def test_content_is_equal_if_the_words_are(left, right):
    spoken = [words(text) or text.strip() for text in (left, right)]
    assert (content_hash(left) == content_hash(right)) == (spoken[0] == spoken[1])


def test_content_without_words_is_the_text_itself():
    assert content_hash(" ?! ") == content_hash("?!") != content_hash("!?")
    assert content_hash("") == content_hash(" \n")
    assert content_hash("\ud800") != content_hash("")
    assert content_hash("],\0\0") != content_hash("ⱝ")  # whose code points are the same bytes


def test_content_hashes_are_stable_64_bit_numbers():
    def word_hash(word, mark=0):
        value = sum((ord(sign) | mark) * signatures.CHARACTER_BASE**place for place, sign in enumerate(word))
        return mix64(np.array([value % 2**64], np.uint64))[0]

    words = np.array([word_hash("a"), word_hash("café"), word_hash("漢", signatures.WHOLE_WORD)], "<u8")
    spoken = hashlib.blake2b(words.tobytes(), digest_size=8, person=b"words").digest()
    assert content_hash("«A  CAFÉ漢!»") == int.from_bytes(spoken, "little")


@check
@given(TEXTS, st.sampled_from(["gristmill", "datatrove"]))
def test_signatures_and_contents_are_those_that_are_made_apart(texts, reference):
    settings = NearDuplicates(bands=3, rows=2, shingle_words=2, reference=reference)
    together, contents = signatures_and_contents(texts, settings)
    np.testing.assert_array_equal(together, text_signatures(texts, settings))
    assert contents == content_hashes(texts)


@check
@given(TEXTS, st.integers(1, 40))
def test_content_hashes_do_not_depend_on_the_batch(texts, batch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signatures, "BATCH_TEXTS", batch)
        patch.setattr(signatures, "BATCH_CHARACTERS", batch)
        together = content_hashes(texts)
    assert together == list(map(content_hash, texts))


def test_every_character_of_words_is_in_the_folding_table():
    table = signatures._folding_table()
    for code in range(0x110000):
        character = chr(code)
        belongs = character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
        assert bool(table[code]) == belongs


def test_band_keys_are_equal_exactly_where_all_rows_of_the_band_are():
    generator = np.random.default_rng(1)
    left = generator.integers(0, 2**32, (50, 6), np.uint32)
    right = np.where(generator.random((50, 6)) < 0.7, left, left + np.uint32(1))
    bands = (left == right).reshape(50, 3, 2).all(axis=2)
    assert 0 < bands.sum() < bands.size
    np.testing.assert_array_equal(band_keys(left, SMALL) == band_keys(right, SMALL), bands)


def test_keys_of_different_bands_do_not_meet():
    keys = band_keys(np.full((1, 6), 7, np.uint32), SMALL)
    assert keys.shape == (1, 3) and keys.dtype == np.uint64
    assert len(np.unique(keys)) == 3


def test_band_keys_work_with_an_odd_number_of_rows():
    assert band_keys(np.zeros((4, 15), np.uint32), NearDuplicates(bands=5, rows=3)).shape == (4, 5)


def test_datasketch_lsh_finds_the_pair_by_our_signatures():
    original = random_text(1, 400)
    texts = [original, with_changes(original, 4), *(random_text(seed, 400) for seed in range(2, 12))]
    objects = datasketch_objects(text_signatures(texts, DEFAULT), DEFAULT)
    index = MinHashLSH(num_perm=112, params=(DEFAULT.bands, DEFAULT.rows))
    for number, minhash in enumerate(objects):
        index.insert(number, minhash)
    assert sorted(index.query(objects[0])) == [0, 1]
    assert index.query(objects[5]) == [5]
    keys = band_keys(text_signatures(texts, DEFAULT), DEFAULT)
    assert [number for number in range(12) if (keys[number] == keys[0]).any()] == [0, 1]


def test_datasketch_objects_go_on_working_as_datasketch_s_own():
    text, seeded = random_text(1, 60), NearDuplicates(seed=5)
    (wrapped,) = datasketch_objects(text_signatures([text], seeded), seeded)
    own = MinHash(num_perm=112, seed=5, hashfunc=int)
    own.update_batch((shingle_hashes([text], seeded)[0] >> np.uint64(32)).tolist())
    assert wrapped == own
    assert wrapped.jaccard(own) == 1.0


def test_signatures_estimate_the_true_similarity():
    errors = []
    for seed in range(40):
        original = random_text(seed, 300)
        pair = [original, with_changes(original, 5 + seed % 20, seed)]
        left, right = shingle_hashes(pair, DEFAULT)
        estimate = (text_signatures(pair, DEFAULT)[0] == text_signatures(pair, DEFAULT)[1]).mean()
        errors.append(estimate - jaccard(left, right))
    assert abs(np.mean(errors)) < 0.02  # about two standard errors: sqrt(J (1 - J) / 112 / 40)
    assert np.std(errors) < 0.06


def test_one_changed_character_hardly_changes_a_chinese_text():
    text = "夜里河水上涨村里没有人记得曾经有过这样的洪水，船横在通往教堂的小路上；一头小牛站在桥上不肯动。"
    left, right = shingle_hashes([text, text.replace("船", "舟")], DEFAULT)
    assert jaccard(left, right) == (len(left) - 5) / (len(left) + 5) > 0.75


def test_words_are_those_of_a_regular_expression():
    text = "Größe naïve don't e-mail 3.14 snake_case Ωmega 10% Привет العربية"
    assert len(shingle_hashes([text], NearDuplicates(shingle_words=1))[0]) == len(set(re.findall(r"\w+", text)))
