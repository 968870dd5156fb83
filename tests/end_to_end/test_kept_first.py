"""Text that recurs and stays in one document: copies of that document are still found to be copies."""

import json
from pathlib import Path

from beam_jobs.command import run_job
from beam_jobs.corpus.definition import COMMAND
from tests.end_to_end.results import manifest, rows
from tests.end_to_end.world import passages

RECIPE = """
name = "copies"
output = "{folder}/out"
[corpus]
repeated_text = {{ unit = "lines", minimum_documents = 3 }}
isolation = {{ enabled = false }}
[corpus.quality]
gopher_repetition = {{ enabled = false }}
c4 = {{ enabled = false }}
fineweb = {{ enabled = false }}
[[corpus.sources]]
name = "lines"
paths = ["{folder}/lines.jsonl"]
id_column = "key"
"""


def test_a_copy_of_the_document_that_keeps_what_recurs_is_a_duplicate(tmp_path: Path) -> None:
    notice, *texts = [text.replace("\n", " ") for text, _ in zip(passages(), range(5), strict=False)]
    every = [f"{text}\n{notice}" for text in texts for _ in range(2)]  # each twice: the first of all has a copy too
    lines = [json.dumps({"key": number, "text": text}) for number, text in enumerate(every)]
    (tmp_path / "lines.jsonl").write_text("\n".join(lines))
    (tmp_path / "recipe.toml").write_text(RECIPE.format(folder=tmp_path))
    run_job(COMMAND, ["--recipe", str(tmp_path / "recipe.toml"), "--workers", "1"])
    corpus = tmp_path / "out" / "corpus"
    documents = rows(corpus, "documents")
    assert len(documents) == 4
    assert sum(notice in row["text"] for row in documents) == 1
    ledger = manifest(corpus)["facts"]["ledger"]
    assert ledger["duplicates"] == {"read": 8, "kept": 4, "removed": {"exact_duplicate": 4}}
