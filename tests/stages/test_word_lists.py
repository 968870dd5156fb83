"""Lists of entries in files: what is an entry, which files are read, and what is said of a broken one."""

import gzip

import pytest

from stages.errors import GristmillError
from stages.word_lists import iterate_list, read_list


def _file(folder, content, name="list.txt"):
    path = folder / name
    path.write_bytes(content)
    return str(path)


def test_comments_blank_lines_and_outer_space_are_no_part_of_a_list(tmp_path):
    path = _file(tmp_path, b"# first\r\n\r\n  one word \r\n#two\n\xc3\xa4\n \t\nlast # one")
    assert read_list(path) == ("one word", "ä", "last # one")


def test_an_entry_comes_once_in_its_first_place(tmp_path):
    path = _file(tmp_path, b"b\na\nb\n")
    assert read_list(path) == ("b", "a")
    assert list(iterate_list(path)) == ["b", "a", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_entry(tmp_path):
    assert read_list(_file(tmp_path, b"\xef\xbb\xbffirst\n")) == ("first",)


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(tmp_path):
    assert read_list(_file(tmp_path, gzip.compress(b"one\ntwo\n"))) == ("one", "two")


def test_an_empty_file_is_an_empty_list(tmp_path):
    assert read_list(_file(tmp_path, b"")) == ()


def test_a_folder_and_a_glob_stand_for_their_files_in_the_order_of_their_names(tmp_path):
    _file(tmp_path, b"two\n", "b.txt")
    _file(tmp_path, b"one\n", "a.txt")
    assert read_list(str(tmp_path)) == read_list(str(tmp_path / "*.txt")) == ("one", "two")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xe9\n", "not UTF-8"),
        (gzip.compress(b"one\n" * 99, mtime=0)[:-12], "damaged gzip"),
        (b"\x1f\x8b broken", "damaged gzip"),
        (gzip.compress(b"one\n", mtime=0)[:-8] + bytes(8), "damaged gzip"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, content, message):
    path = _file(tmp_path, content)
    with pytest.raises(GristmillError, match=message) as caught:
        read_list(path)
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(GristmillError, match=r"gone\.txt: no such file"):
        read_list(str(tmp_path / "gone.txt"))
