"""The report's tables of what the training split is made of."""

from pathlib import Path
from typing import Any

import pytest
from lxml import html

from beam_jobs.report import command
from stages.artifacts import Manifest, read_manifest, write_manifest
from tests.beam_jobs.stored_corpus import StoredCorpus
from tests.beam_jobs.test_report import row, text_of


def made(name: str, tokens: int, share: float, **more: Any) -> dict[str, Any]:
    counts = {"documents": 10, "variants": 2, "copies": 1_500, "tokens": tokens, "bytes": 3 * tokens}
    return {"name": name, **counts, "epochs": 2.5, "share": share, **more}


def page_with(folder: Path, mixture: dict[str, Any]) -> html.HtmlElement:
    corpus = StoredCorpus(folder / "out")
    corpus.document(1)
    corpus.write()
    sha256 = read_manifest(str(corpus.folder / "corpus"), "corpus").sha256
    splits = {"train": {"tokens": 4_000}}
    facts = {"corpus": sha256, "splits": splits, "mixture": mixture}
    write_manifest(str(corpus.folder / "tokenizer"), Manifest("tokenizer", {}, facts))
    command.main(["--recipe", str(corpus.recipe_file)])
    return html.document_fromstring((corpus.folder / "report" / "report.html").read_text("utf-8"))


def test_sources_and_languages_stand_with_their_tokens_the_largest_first(tmp_path: Path) -> None:
    sources = [made("a<b>", 1_000, 0.25, asked=0.5), made("web", 3_000, 0.75, asked=0.5)]
    tree = page_with(tmp_path, {"sources": sources, "languages": [made("en", 4_000, 1.0)]})
    titles = [text_of(one) for one in tree.iter("h3") if "tokens by" in text_of(one)]
    assert titles == ["Training tokens by source", "Training tokens by language"]
    assert row(tree, "web 10") == "web 10 2 1,500 2.50 3,000 75.0 % 50.0 %"
    assert row(tree, "a<b>") == "a<b> 10 2 1,500 2.50 1,000 25.0 % 50.0 %"
    assert row(tree, "en 10") == "en 10 2 1,500 2.50 4,000 100 %"
    names = [text_of(one).split()[0] for one in tree.iter("tr") if "1,500" in text_of(one)]
    assert names == ["web", "a<b>", "en"]


@pytest.mark.parametrize("mixture", [{}, {"sources": [], "languages": []}])
def test_without_rows_the_page_is_whole(tmp_path: Path, mixture: dict[str, Any]) -> None:
    assert page_with(tmp_path, mixture).find(".//footer") is not None
