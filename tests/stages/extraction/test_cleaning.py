"""The cleaning that every extracted text goes through."""

from hypothesis import given
from hypothesis import strategies as st

from stages.extraction import clean_text


def test_newlines_blanks_and_controls() -> None:
    assert clean_text("a\r\nb\rc") == "a\nb\nc"
    assert clean_text("a\n\n\n\n\nb\n \n\t\n\nc") == "a\n\nb\n\nc"
    assert clean_text("  a  \t\n  b\u3000\n\n") == "a\n  b"
    assert clean_text("a\x00b\x0b\x1f\x7fc\td") == "abc\td"
    assert clean_text("\ufeffa\ufeff") == "a\ufeff"
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert clean_text(" \n \r ") == ""


@given(st.text(st.characters(exclude_categories=())))
def test_cleaning_twice_changes_nothing_and_the_text_can_be_stored(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean or clean.startswith("\ufeff")
    clean.encode()
    assert "\n\n\n" not in clean
    assert clean == clean.strip()
    assert not any(character < " " and character not in "\n\t" for character in clean)


def test_time_is_linear() -> None:
    clean_text(("\n" * 1000 + " " * 100_000 + "x") * 20)
