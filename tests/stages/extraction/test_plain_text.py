"""Records that are text already."""

import sys

import pytest

from stages.document import Record, Refusal
from stages.extraction import Extracted, extract
from stages.recipe import Extraction


def test_text_is_cleaned_and_not_bounded() -> None:
    content = "\ufeffA line  \r\nanother\x00\n\n\n\nthe end\r\n" * 1
    record = Record("", "text", content, "file", 0, title=" A  title ")
    assert extract(record, Extraction(maximum_page_bytes=1)) == Extracted("A line\nanother\n\nthe end", "A  title")
    from_bytes = Record("", "text", "Mühle".encode(), "file", 0)
    assert extract(from_bytes, Extraction()) == Extracted("Mühle", None)
    assert extract(Record("", "text", " \n", "file", 0), Extraction()) == Refusal("empty_text")


def test_a_missing_library_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("stages.extraction")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ImportError, match="trafilatura"):
        __import__("stages.extraction")
