"""`make inspect` and `make export-shards` on the shards of a whole run: every token is that of a stored document."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from beam_jobs.export_shards import command as export_shards
from beam_jobs.inspect import command as inspect
from stages.rebuilt_documents import rebuilt_documents
from stages.shards import PackedRows
from stages.splits import SPLITS
from stages.tokenizer import Tokenizer
from tests.end_to_end.results import manifest, rows


def shards(finished: Path, split: str) -> list[str]:
    return [str(finished / "tokenizer" / file["path"]) for file in manifest(finished / "tokenizer")["files"][split]]


def test_the_documents_of_the_corpus_are_rebuilt_from_the_shards(finished: Path) -> None:
    tokenizer = Tokenizer.load(str(finished / "tokenizer" / "tokenizer"))
    for split in SPLITS:
        stored = {row["id"]: row["text"] for row in rows(finished / "corpus", "documents") if row["split"] == split}
        found = [(one.id, one.tokens) for path in shards(finished, split) for one in rebuilt_documents(path)]
        assert Counter(one for one, _ in found) == Counter(stored.keys())
        for one, tokens in found:
            assert (tokens[0], tokens[-1]) == (tokenizer.bos_id, tokenizer.eos_id)
            assert tokenizer.decode(tokens) == stored[one]


def test_every_row_is_shown_with_the_documents_of_the_corpus(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(finished.with_suffix(".toml"))
    stored = {row["id"]: row for row in rows(finished / "corpus", "documents")}
    for split in SPLITS:
        packed = PackedRows(shards(finished, split)[:1])
        for number in range(0, len(packed), 7):
            inspect.main(["--recipe", recipe, "--shard", f"{split}/0", "--row", str(number)])
            shown = capsys.readouterr().out
            assert "file           as the manifest lists it\n" in shown
            assert "that of the run\n" in shown
            assert "changed " not in shown
            assert "missing" not in shown
            for one in packed.row(number).doc_ids:
                assert f"id             {one}\n" in shown
                assert f"address        {stored[one]['url'] or 'none'}\n" in shown
                if stored[one]["parent_id"]:
                    assert f" of {stored[one]['parent_id']}\n" in shown


@pytest.mark.parametrize("name", ["megatron", "nanogpt", "hugging_face"])
def test_an_export_has_every_token_of_the_run(finished: Path, tmp_path: Path, name: str) -> None:
    recipe = str(finished.with_suffix(".toml"))
    export_shards.main(["--recipe", recipe, "--format", name, "--to", str(tmp_path / name)])
    exported, counted = (
        manifest(tmp_path / name)["facts"]["splits"],
        manifest(finished / "tokenizer")["facts"]["splits"],
    )
    assert {split: one["tokens"] for split, one in exported.items()} == {
        split: one["tokens"] for split, one in counted.items()
    }
    if name == "nanogpt":
        data = np.memmap(tmp_path / name / "val.bin", np.uint16, "r")
        expected = [one.tokens for path in shards(finished, "validation") for one in rebuilt_documents(path)]
        assert np.array_equal(data, np.concatenate(expected))
