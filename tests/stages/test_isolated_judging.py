"""Judging in another process: the same verdicts, and a page that breaks its parser is one removal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stages import isolated_judging
from stages.document import Record, Refusal
from stages.errors import GristmillError
from stages.isolated_judging import FIRST_RECORD, isolated_function, judged
from stages.judging import judge
from stages.recipe import Corpus
from stages.verdict import Verdict

WORDS = " ".join(f"word{number} and the mill to be of that" for number in range(30))
RECORDS = [
    FIRST_RECORD,
    Record("1", "html", f"<html><title>A</title><p>{WORDS}</p></html>".encode(), "file", 1),
    Record("2", "wikitext", f"'''Mill''' {WORDS}", "file", 2, title="Mill"),
    Record("3", "text", WORDS, "file", 3),
    Record("4", "html", b"", "file", 4),
]
BREAKABLE_PARSER = """
import ctypes

def extract(source, **settings):
    if "<p>loop" in source:
        while True:
            pass
    if "<p>crash" in source:
        ctypes.string_at(0)
    if "<p>memory" in source:
        b"x" * (1 << 33)
    return source.partition("<p>")[2].partition("</p>")[0]
"""


def settings(**changes: object) -> Corpus:
    return Corpus.model_validate({"sources": ({"name": "web", "paths": ("x",)},), **changes})


@pytest.fixture
def corpus() -> Iterator[Corpus]:
    corpus = settings(isolation={"cpu_seconds": 0.5, "memory_megabytes": 300})
    yield corpus
    isolated_function(corpus).close()
    isolated_function.cache_clear()


def test_verdicts_are_the_same_in_and_out_of_isolation(corpus: Corpus) -> None:
    expected = [(record, judge(record, corpus)) for record in RECORDS]
    assert list(judged(RECORDS, corpus)) == expected
    assert list(judged(RECORDS, settings(isolation={"enabled": False}))) == expected


def test_a_refused_record_goes_nowhere(corpus: Corpus) -> None:
    refused = Record("1", "html", b"", "file", 1, refusal=Refusal("redirect"))
    assert list(judged([refused], corpus)) == [(refused, Verdict("read", Refusal("redirect")))]
    assert isolated_function(corpus)._process is None


def test_a_page_that_breaks_the_parser_is_one_removal(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process finds a parser that breaks on certain pages in the place of the real one."""
    (tmp_path / "trafilatura.py").write_text(BREAKABLE_PARSER)
    monkeypatch.syspath_prepend(str(tmp_path))
    expected = {
        "loop": Verdict("extract", Refusal("extraction_seconds", 0.5, 0.5)),
        "crash": Verdict("extract", Refusal("extraction_crashed", detail="SIGSEGV")),
        "memory": Verdict("extract", Refusal("extraction_memory", 300.0, 300.0)),
    }
    pages = {
        word: Record(word, "html", f"<html><p>{word} {WORDS}</p></html>".encode(), "file", 9)
        for word in ("first", *expected, "last")
    }
    refused = Record("9", "html", b"", "file", 9, refusal=Refusal("redirect"))
    verdicts = dict(judged([*pages.values(), refused], corpus))
    for word, verdict in expected.items():
        assert verdicts[pages[word]] == verdict
    for word in ("first", "last"):
        assert verdicts[pages[word]].text == f"{word} {WORDS}"
    assert verdicts[refused].stage == "read"


def test_records_of_any_size_keep_their_order(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_judging, "BATCH_SIZE", 300)
    records = [Record(str(number), "text", f"{number} " * number, "file", number) for number in range(1, 150)]
    assert [record for record, _ in judged(iter(records), corpus)] == records


def test_a_broken_installation_is_named(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """trafilatura imports jusText, which imports lxml_html_clean and does not ask for it to be installed."""
    (tmp_path / "lxml_html_clean.py").write_text("raise ModuleNotFoundError('no', name='lxml_html_clean')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(GristmillError, match=r"a package is missing or broken: .*lxml_html_clean.*; delete \.venv"):
        list(judged(RECORDS, corpus))
