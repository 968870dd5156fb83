"""`make report` on the result of a run: numbers of the ledger and the tokenizer, the same page for the same corpus."""

from pathlib import Path

from lxml import html

from beam_jobs.report import command
from tests.end_to_end.conftest import run
from tests.end_to_end.results import manifest, rows
from tests.end_to_end.world import World


def page_of(output: Path) -> bytes:
    command.main(["--recipe", str(output.with_suffix(".toml"))])
    return (output / "report" / "report.html").read_bytes()


def test_the_page_tells_what_the_run_did(finished: Path) -> None:
    tree = html.document_fromstring(page_of(finished).decode())
    shown = " ".join(" ".join(tree.itertext()).split())
    facts = manifest(finished / "corpus")["facts"]
    documents = facts["ledger"]["duplicates"]["kept"]
    assert f"Documents kept {documents}" in shown
    for stage, count in facts["ledger"].items():
        for rule, removed in count["removed"].items():
            assert f"{rule.replace('_', ' ')} {removed} " in shown, (stage, rule)
    tokens = manifest(finished / "tokenizer")["facts"]["splits"]
    for split, count in tokens.items():
        assert f"{split} {facts['splits'][split]['documents']} " in shown
        assert f"{count['tokens']:,}" in shown
    for row in rows(finished / "corpus", "removals"):
        if row["rule"] == "near_duplicate":
            assert f"{row['jaccard']:.4f}" in shown


def test_the_same_run_gives_the_same_page(world: World, finished: Path, tmp_path: Path) -> None:
    run(world.recipe(tmp_path / "out"), workers=2)
    assert page_of(tmp_path / "out") == page_of(finished)
