"""`make report` on the result of a run: the numbers of the ledger and the tokenizer."""

import re
from pathlib import Path

from lxml import html

from tests.end_to_end.results import manifest, page_of, rows


def test_the_page_tells_what_the_run_did(finished: Path) -> None:
    tree = html.document_fromstring(page_of(finished).decode())
    shown = " ".join(" ".join(tree.itertext()).split())
    facts = manifest(finished / "corpus")["facts"]
    documents = facts["ledger"]["duplicates"]["kept"]
    assert f"Documents kept {documents}" in shown
    for stage, count in facts["ledger"].items():
        for rule, removed in count["removed"].items():
            limit = r"( (≥|≤|<|must be) [\d.,]+)?"
            assert re.search(rf"\b{rule.replace('_', ' ')}{limit} {removed} ", shown), (stage, rule)
    tokens = manifest(finished / "tokenizer")["facts"]["splits"]
    for split, count in tokens.items():
        assert f"{split} {facts['splits'][split]['documents']} " in shown
        assert f"{count['tokens']:,}" in shown
    for row in rows(finished / "corpus", "removals"):
        if row["rule"] == "near_duplicate":
            assert f"{row['jaccard']:.4f}" in shown
