"""`make inspect`: every document of a row, where it came from, and its text."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from beam_jobs.inspect import command
from stages.errors import GristmillError
from stages.shards import PackedRows
from tests.beam_jobs.stored_corpus import StoredCorpus
from tests.beam_jobs.stored_shards import StoredShards, make_stored_shards

ROOT = Path(__file__).parent.parent.parent
HEAVY = ("apache_beam", "trafilatura", "scipy", "sklearn", "torch", "pandas", "transformers", "jinja2", "matplotlib")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> StoredShards:
    """For tests that only read."""
    return make_stored_shards(tmp_path_factory.mktemp("once") / "out")


@pytest.fixture
def stored(tmp_path: Path) -> StoredShards:
    """For tests that change what is stored."""
    return make_stored_shards(tmp_path / "out")


def shown(stored: StoredShards, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    command.main(["--recipe", stored.recipe, *arguments])
    return capsys.readouterr().out


def fields(part: str) -> dict[str, str]:
    """The lines of a name and a value."""
    return {name.strip(): value for name, value in re.findall(r"^([a-z ]{14}) (.*)$", part, re.MULTILINE)}


def parts(output: str) -> list[str]:
    """What is printed of each document of the row."""
    return re.split(r"\ndocument \d+ of \d+\n", output.split("\npadding ")[-2])[1:]


def text_of(part: str) -> str:
    return "\n".join(line[4:] for line in part.splitlines() if line.startswith("  | "))


@pytest.mark.parametrize("packing", ["best_fit", "concatenate"])
def test_every_part_of_every_row_is_that_of_its_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packing: str
) -> None:
    stored = make_stored_shards(tmp_path / "out")
    stored.write(packing)
    documents = stored.documents("train")
    found: dict[int, list[tuple[int, int]]] = {}
    cut_characters = 0
    for number in (0, 1):
        packed = PackedRows([str(stored.shard("train", number))])
        for row in range(len(packed)):
            expected = packed.row(row)
            described = parts(shown(stored, capsys, "--shard", f"train/{number}", "--row", str(row), "--whole"))
            assert [int(fields(part)["id"]) for part in described] == list(expected.doc_ids)
            for place, part in enumerate(described):
                document, told = documents[expected.doc_ids[place]], fields(part)
                assert told["address"] == (document["url"] or "none")
                assert "changed" not in told
                begin = [0, *expected.doc_ends][place]
                length = expected.doc_ends[place] - begin
                assert told["tokens"].startswith(f"{begin} to {expected.doc_ends[place] - 1} of the row")
                offset, whole = expected.doc_offsets[place], stored.whole(document)
                assert whole[offset : offset + length] == expected.tokens[begin : begin + length].tolist()
                found.setdefault(document["id"], []).append((offset, length))
                text = text_of(part)
                assert text.strip("\ufffd\n") in document["text"], "characters may be cut only at its ends"
                cut_characters += "\ufffd" in text
                kind = told["tokens"].rsplit(": ", 1)[1]
                is_head, is_tail = offset == 0, offset + length == len(whole)
                assert kind == {(1, 1): "whole", (1, 0): "head", (0, 1): "tail", (0, 0): "middle"}[is_head, is_tail]
                if kind == "whole":
                    assert text == document["text"]
    assert cut_characters, "no row begins or ends inside a character: these texts do not test it"
    assert {one: sum(length for _, length in pieces) for one, pieces in found.items()} == {
        one: len(stored.whole(document)) for one, document in documents.items()
    }


def test_the_facts_of_a_shard(once: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    packed = PackedRows([str(once.shard("train"))])
    tokens = sum(len(packed.row(number).tokens) for number in range(len(packed)))
    told = fields(shown(once, capsys, "--shard", "train/0", "--row", "0").split("\nrow 0")[0])
    assert told["shard"] == f"{once.shard('train')} (train/0)"
    assert told["file"] == "as the manifest lists it"
    assert told["rows"] == f"{len(packed)} of 33 tokens: T = 32 to read, and one more to predict"
    assert told["documents"] == "16"
    assert told["tokens"] == f"{tokens:,}"
    assert told["padding"].startswith(f"{len(packed) * 33 - tokens} (")
    assert told["packing"] == "best_fit"
    assert told["runs"] == f"stage 0: {len(packed)} rows"
    assert re.fullmatch("[0-9a-f]{64}, that of the run", told["tokenizer"])


@pytest.mark.parametrize("given", ["train/0", "train/00000", "train/shard-00000.arrow", "its path", "its path, odd"])
def test_a_shard_has_several_names(once: StoredShards, capsys: pytest.CaptureFixture[str], given: str) -> None:
    path = once.shard("train")
    names = {"its path": str(path), "its path, odd": f"{path.parent}/../train/{path.name}"}
    assert shown(once, capsys, "--shard", names.get(given, given)) == shown(once, capsys)


def test_rows_count_from_the_end_too(once: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    count = len(PackedRows([str(once.shard("train"))]))
    assert shown(once, capsys, "--row", "-1") == shown(once, capsys, "--row", str(count - 1))
    assert shown(once, capsys, f"--row={-count}") == shown(once, capsys, "--row", "0")


def row_of(stored: StoredShards, number: int, offset: int = 0) -> tuple[str, str]:
    """The arguments that show the row in which a training document begins."""
    for shard in (0, 1):
        packed = PackedRows([str(stored.shard("train", shard))])
        for row in range(len(packed)):
            one = packed.row(row)
            if (number, offset) in zip(one.doc_ids, one.doc_offsets, strict=True):
                return f"--shard=train/{shard}", f"--row={row}"
    raise AssertionError(number)


def test_a_variant_names_its_parent(once: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    (part,) = (part for part in parts(shown(once, capsys, *row_of(once, 1_001))) if fields(part)["id"] == "1001")
    assert fields(part)["variant"] == "keyboard(rate=0.05) of 1"


def test_long_texts_are_shortened_in_the_middle(
    stored: StoredShards, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_jobs.inspect.answer.SHOWN_CHARACTERS", 8)
    short = shown(stored, capsys)
    whole = text_of(parts(shown(stored, capsys, "--whole"))[0])
    assert len(whole) > 20
    assert f"  … {len(whole) - 8} characters more, WHOLE=1 shows them" in short
    assert text_of(parts(short)[0]).replace("\n", "") == (whole[:4] + whole[-4:]).replace("\n", "")


def test_copies_are_counted(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    stored.write(copies=3)
    output = shown(stored, capsys)
    assert fields(output)["documents"] == "16, with copies 48"
    assert fields(parts(output)[0])["copies"] == "3 in this shard"


def test_padding_is_told(once: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    packed = PackedRows([str(once.shard("train"))])
    lengths = {len(packed.row(number).tokens): number for number in range(len(packed))}
    shortest = min(lengths)
    output = shown(once, capsys, "--row", str(lengths[shortest]))
    assert re.search(rf"\npadding +{shortest} to 32 of the row: {33 - shortest} tokens?\n", output)
    assert shown(once, capsys, "--row", str(lengths[33])).endswith("\npadding        none\n")


def test_without_the_corpus_the_text_is_shown_and_the_corpus_named(
    stored: StoredShards, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shown(stored, capsys)
    shutil.rmtree(stored.folder / "corpus")
    output = shown(stored, capsys)
    assert f"corpus missing: {stored.folder}/corpus/manifest.json: not there; run `make corpus` first" in output
    assert fields(parts(output)[0])["document"] == "in none of the corpora that are there"
    assert text_of(parts(output)[0]) == text_of(parts(before)[0])


def test_a_file_of_the_corpus_that_is_gone_is_named(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (stored.folder / "corpus" / "documents").iterdir():
        path.unlink()
    assert re.search(r"corpus missing: .*part-00000\.parquet: not there", shown(stored, capsys))


def test_a_corpus_that_has_changed_since_is_told(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    for row in stored.corpus.rows["documents"]:
        row["text"] = "Another text."
    stored.corpus.facts["changed"] = 1
    stored.corpus.write()
    output = shown(stored, capsys)
    assert f"{stored.folder}/corpus: not the corpus that was packed; run `make tokenizer` again" in output
    assert fields(parts(output)[0])["changed"] == "the text in the corpus is not the one that was packed"


def test_joined_corpora_are_searched_and_the_document_with_the_same_text_is_it(
    stored: StoredShards, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = StoredCorpus(tmp_path / "other")
    for row in stored.corpus.rows["documents"]:
        other.rows["documents"].append({**row, "title": "joined"})
        row["text"] = "The same id, but another text."
    other.write()
    stored.corpus.write()
    recipe = stored.corpus.recipe_file
    recipe.write_text(recipe.read_text() + f'\n[mixture]\ncorpora = ["{other.folder}/corpus"]\n')
    told = fields(parts(shown(stored, capsys))[0])
    assert told["title"] == "joined"
    assert told["stored in"].startswith(f"{other.folder}/corpus/documents/")


def test_a_shard_that_is_not_the_manifests_is_told(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    copied = stored.folder / "elsewhere.arrow"
    shutil.copy(stored.shard("train", 1), copied)
    assert fields(shown(stored, capsys, "--shard", str(copied)))["file"] == "a copy of train/1"
    shutil.copy(stored.shard("train", 1), stored.shard("train", 0))
    assert fields(shown(stored, capsys))["file"].startswith("not the file that the manifest lists: damaged, or of")
    metadata = {"tokenizer": "0" * 64}
    with pa.ipc.open_file(stored.shard("test")) as reader:
        table = reader.read_all().replace_schema_metadata(metadata)
    with pa.ipc.new_file(str(copied), table.schema) as writer:
        writer.write_table(table)
    told = fields(shown(stored, capsys, "--shard", str(copied)))
    assert told["file"] == "not in the manifest: a shard of another run"
    assert told["tokenizer"] == f"{'0' * 64}, not that of the run: do not trust texts"


def put_token(path: Path, row: int, column: int, token: int) -> None:
    """Changes one token of a shard."""
    with pa.ipc.open_file(path) as reader:
        table = reader.read_all()
    tokens = table.column("tokens").combine_chunks().values.to_numpy().copy().reshape(len(table), -1)
    tokens[row, column] = token
    changed = pa.FixedSizeListArray.from_arrays(pa.array(tokens.ravel()), type=table.schema.field("tokens").type)
    table = table.set_column(0, table.schema.field("tokens"), changed)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


def test_tokens_that_the_tokenizer_lacks_are_told(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    before = text_of(parts(shown(stored, capsys, "--whole"))[0])
    put_token(stored.shard("train"), 0, 0, stored.tokenizer.vocabulary_size)  # in place of <s>
    output = shown(stored, capsys, "--whole")
    assert fields(parts(output)[0])["unknown"] == "1 token that this tokenizer does not have"
    assert text_of(parts(output)[0]) == before


def test_padding_that_is_none_is_told(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    path = stored.shard("train")
    lengths = [len(PackedRows([str(path)]).row(number).tokens) for number in range(len(PackedRows([str(path)])))]
    put_token(path, int(np.argmin(lengths)), -1, 7)
    output = shown(stored, capsys, "--row", str(np.argmin(lengths)))
    assert output.endswith("; 1 of them are other tokens: the shard is damaged\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--shard", "train/2"],
            r"SHARD=train/2: no such shard; there are train/0 to train/1, validation/0, test/0 in ",
        ),
        (["--shard", "none.arrow"], r"SHARD=none\.arrow: no such shard; there are train/0"),
        (["--shard", "held/0"], r"SHARD=held/0: no such shard; there are"),
        (["--shard", "test/0", "--row", "999"], r"ROW=999: test/0 has rows 0 to \d+; -1 is the last"),
        (["--shard", "test/0", "--row", "-999"], r"ROW=-999: test/0 has rows 0 to \d+;"),
        (["--shard", "test/0", "--row", "x"], r"ROW=x: test/0 has rows 0 to \d+;"),
    ],
)
def test_wrong_input_is_one_line(
    once: StoredShards, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(GristmillError, match=message) as raised:
        shown(once, capsys, *arguments)
    assert "\n" not in str(raised.value)


def test_what_is_no_shard_or_gone_is_one_line(stored: StoredShards, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GristmillError, match=r"small\.toml|out\.toml: the shard is damaged"):
        shown(stored, capsys, "--shard", stored.recipe)
    stored.shard("test").unlink()
    with pytest.raises(GristmillError, match=r"test/shard-00000\.arrow: missing; run `make tokenizer`"):
        shown(stored, capsys, "--shard", "test/0")
    shutil.rmtree(stored.folder / "tokenizer")
    with pytest.raises(GristmillError, match=r"tokenizer/manifest\.json: not there; run `make tokenizer` first"):
        shown(stored, capsys)


def test_an_answer_needs_no_heavy_library(once: StoredShards) -> None:
    code = (
        "import sys; from beam_jobs.inspect.__main__ import main; main(sys.argv[1:]); "
        f"print('HEAVY', sorted(set({HEAVY!r}) & sys.modules.keys()))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "--recipe", once.recipe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.endswith("HEAVY []\n"), result.stdout[-300:]
