"""Words from files: where they count, and what is told of a file that cannot be read."""

import gzip

import pytest

from stages.errors import GristmillError
from stages.quality.c4 import measure
from stages.quality.prepared import Prepared
from stages.recipe import C4


def count(text, *files, language="en", reference="papers"):
    settings = C4(bad_words=tuple(map(str, files)), line_words=0)
    return measure(Prepared(text, language, reference), settings).values["bad_words"]


@pytest.fixture
def words(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("Darn\n\n  two words \nsm\nf.o.o\n性\n天气\n")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Oh DARN, darn!", 2),
        ("darned or redarn or darn_it", 0),
        ("there are two words here, two wordsmiths", 1),
        ("f.o.o but fxoxo", 1),
        ("", 0),
    ],
)
def test_words_count_between_signs_that_belong_to_no_word(words, text, expected):
    assert count(text, words) == expected


def test_words_count_anywhere_in_languages_without_spaces(words):
    assert count("今天天气很好，天气预报", words, language="zh") == 2


def test_datatrove_leaves_out_common_parts_of_words(words):
    assert count("an sm", words) == 1
    assert count("an sm", words, reference="datatrove") == 0
    assert count("性", words, language="zh", reference="datatrove") == 0


def test_datatrove_keeps_the_case_of_entries(words):
    assert count("darn", words, reference="datatrove") == 0


def test_patterns_name_several_files(tmp_path):
    (tmp_path / "a.txt").write_text("alpha")
    (tmp_path / "b.txt").write_text("beta")
    assert count("alpha beta", tmp_path / "*.txt") == 2


def test_a_missing_file_is_named_with_its_key(tmp_path):
    with pytest.raises(GristmillError, match=r"corpus\.quality\.c4\.bad_words: .*none\*\.txt: no such file"):
        count("text", tmp_path / "none*.txt")


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(GristmillError, match=r"latin\.txt: not UTF-8"):
        count("text", tmp_path / "latin.txt")


def test_files_are_read_as_all_lists_are(tmp_path):
    (tmp_path / "words.txt.gz").write_bytes(gzip.compress("\ufeff# words of ours\r\nalpha\r\n".encode()))
    assert count("alpha # words of ours", tmp_path / "words.txt.gz") == 1
