"""The report's section on the tokenizer."""

from pathlib import Path
from typing import Any

from lxml import html

from beam_jobs.report import command
from stages.artifacts import Manifest, OutputFile, read_manifest, write_json, write_manifest
from tests.beam_jobs.stored_corpus import StoredCorpus
from tests.beam_jobs.test_report import row, text_of


def figures(name: str, size: int, **more: Any) -> dict[str, Any]:
    counts = {"bytes": size, "lost_documents": 3, "bytes_per_token": 3.456, "characters_per_token": 3.1}
    ratios = {"fertility": 1.5, "byte_share": 0.0123, "coverage": 0.9995, "vocabulary_used": 0.5}
    return {"name": name, **counts, **ratios, **more}


def measured(name: str) -> dict[str, Any]:
    cells = [
        figures("", 1_000_000, source="web", language="en"),
        figures("", 2_000_000, source="<b>books</b>", language="fr"),
    ]
    return {
        "name": name,
        "vocabulary_size": 4_096,
        "pieces": 3_500,
        "all": figures("all", 3_000_000),
        "languages": [figures("en", 1_000_000), figures("fr", 2_000_000)],
        "sources": [figures("<b>books</b>", 2_000_000), figures("web", 1_000_000)],
        "cells": cells,
        "longest": [{"token": 9, "piece": "▁<i>long\u202e", "characters": 8, "times": 12}],
        "common": [{"token": 4, "piece": "\n", "times": 1_234, "share": 0.1}],
    }


def page_with(folder: Path, model: str = "m" * 64, **changes: Any) -> html.HtmlElement:
    corpus = StoredCorpus(folder / "out")
    corpus.document(1)
    corpus.write()
    sha256 = read_manifest(str(corpus.folder / "corpus"), "corpus").sha256
    facts = {"corpus": sha256, "splits": {"train": {"tokens": 4_000}}, "mixture": {}}
    files = {"tokenizer": [OutputFile("tokenizer/tokenizer.model", 1, "m" * 64, 0)]}
    write_manifest(str(corpus.folder / "tokenizer"), Manifest("tokenizer", files, facts))
    report = {"model": model, "is_given": False, "seen": [], "tokenizers": [measured("this tokenizer")], **changes}
    write_json(str(corpus.folder / "tokenizer" / "report.json"), report)
    command.main(["--recipe", str(corpus.recipe_file)])
    return html.document_fromstring((corpus.folder / "report" / "report.html").read_text("utf-8"))


def test_the_figures_stand_by_language_by_source_and_by_both(tmp_path: Path) -> None:
    tree = page_with(tmp_path)
    section = tree.get_element_by_id("tokenizer")
    assert [text_of(one) for one in section.iter("h3")] == [
        "Language",
        "Source",
        "Source and language",
        "Longest pieces",
        "Most common tokens",
    ]
    shared = "3.46 3.10 1.50 1.23% 99.95% 50.00% 3"
    assert row(tree, "all 3.46") == f"all {shared} 3.00"
    assert row(tree, "<b>books</b> 3.46") == f"<b>books</b> {shared} 2.00"
    assert row(tree, "web, en") == f"web, en {shared} 1.00"
    assert "4,096 tokens make of 3.0 MB of training documents that it was not trained on." in text_of(section)
    assert "#tokenizer" in [one.get("href") for one in tree.iter("a")]


def test_pieces_are_shown_as_they_are_and_nothing_of_them_is_markup(tmp_path: Path) -> None:
    tree = page_with(tmp_path)
    assert [text_of(one) for one in tree.xpath("//ul[@class='pieces']/li")] == ["▁<i>long[U+202E] 12", "↵ 1,234"]
    assert all(one.get("class") for one in tree.iter("i")), "bars alone"


def test_other_tokenizers_and_seen_texts_are_told(tmp_path: Path) -> None:
    others = [measured("this tokenizer"), measured("other.model")]
    tree = page_with(tmp_path, tokenizers=others, seen=[["web", "en"]])
    assert row(tree, "other.model, 4,096").endswith("3 3.00")
    assert "but for web (en): there all text was trained on" in text_of(tree.get_element_by_id("tokenizer"))


def test_a_report_on_another_tokenizer_is_not_shown(tmp_path: Path) -> None:
    tree = page_with(tmp_path, model="other")
    assert not tree.xpath("//*[@id='tokenizer']")
    assert "#tokenizer" not in [one.get("href") for one in tree.iter("a")]


def test_a_tokenizer_that_has_seen_all_text_or_was_given_is_told(tmp_path: Path) -> None:
    all_seen = page_with(tmp_path / "seen", seen=[["<b>books</b>", "fr"], ["web", "en"]])
    assert "documents that it was trained on." in text_of(all_seen.get_element_by_id("tokenizer"))
    given = page_with(tmp_path / "given", is_given=True)
    assert "documents that it may have seen elsewhere." in text_of(given.get_element_by_id("tokenizer"))
