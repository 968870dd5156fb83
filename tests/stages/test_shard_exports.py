"""Exports, read back as their readers do: Megatron Core, nanoGPT, `datasets` and models of `transformers`."""

import struct
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from stages import shards
from stages.errors import GristmillError
from stages.packing import PACKERS
from stages.rebuilt_documents import rebuilt_documents
from stages.shard_exports import hugging_face, megatron
from stages.shard_exports.export import Source
from stages.shard_exports.hugging_face import HUGGING_FACE, write_rows
from stages.shard_exports.megatron import MEGATRON, write_indexed_dataset
from stages.shard_exports.nanogpt import NANOGPT, write_flat_tokens
from stages.shards import PackedRows, TokenizedDocuments, shard_schema, write_shard

WIDTH = 17
LENGTHS = ([40, 5, 9, 16, 17, 2, 3], [33, 6, 4])
SOURCE = Source("small", {"train": ("a", "b"), "test": ("c",)}, 1_000, WIDTH - 1, bos_id=1, eos_id=2, padding_id=3)


def write(path: Path, lengths: list[int], vocabulary_size: int, packer: str = "best_fit") -> str:
    starts = np.cumsum([0, *lengths])[:-1]
    largest = np.arange(vocabulary_size - sum(lengths), vocabulary_size)
    ids = np.array([(1 << 63) + 100 * len(lengths) + one for one in range(len(lengths))], np.uint64)
    documents = TokenizedDocuments(ids, largest, starts)
    packed = PACKERS[packer](np.array(lengths, np.int64), WIDTH)
    write_shard(path, shard_schema(WIDTH - 1, vocabulary_size, {}), packed, documents, 3)
    return str(path)


@pytest.fixture(params=[1_000, 65_500, 65_536, 100_000], ids=lambda size: f"{size} tokens")
def vocabulary_size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def paths(tmp_path: Path, vocabulary_size: int) -> list[str]:
    return [write(tmp_path / f"{place}.arrow", one, vocabulary_size) for place, one in enumerate(LENGTHS)]


def documents(paths: list[str]) -> list[list[int]]:
    return [one.tokens.tolist() for path in paths for one in rebuilt_documents(path)]


def read_index(path: Path) -> tuple[int, list[int], list[int], list[int]]:
    """The type, lengths, pointers and document indices, by the letter of the format."""
    data = path.read_bytes()
    magic, version, code, sequences, indices = struct.unpack_from("<9sQBQQ", data)
    assert (magic, version) == (b"MMIDIDX\x00\x00", 1)
    lengths = struct.unpack_from(f"<{sequences}i", data, 34)
    pointers = struct.unpack_from(f"<{sequences}q", data, 34 + 4 * sequences)
    starts = struct.unpack_from(f"<{indices}q", data, 34 + 12 * sequences)
    assert len(data) == 34 + 12 * sequences + 8 * indices
    return code, list(lengths), list(pointers), list(starts)


@pytest.mark.parametrize("at_once", [3, 1 << 16])
def test_an_indexed_dataset_has_every_document_as_a_sequence(
    tmp_path: Path, paths: list[str], vocabulary_size: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(megatron, "AT_ONCE", at_once)
    written = write_indexed_dataset(tmp_path / "x.bin", tmp_path / "x.idx", iter(paths), vocabulary_size)
    expected = documents(paths)
    assert (written.rows, written.tokens) == (len(expected), sum(map(len, expected)))
    code, lengths, pointers, starts = read_index(tmp_path / "x.idx")
    dtype = {8: "<u2", 4: "<i4"}[code]
    assert code == (8 if vocabulary_size < 65_500 else 4), "Megatron Core's own choice"
    data = (tmp_path / "x.bin").read_bytes()
    found = [np.frombuffer(data, dtype, size, place).tolist() for size, place in zip(lengths, pointers, strict=True)]
    assert found == expected
    assert starts == list(range(len(expected) + 1))
    assert len(data) == sum(lengths) * np.dtype(dtype).itemsize


@pytest.fixture
def indexed_dataset() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield pytest.importorskip("megatron.core.datasets.indexed_dataset").IndexedDataset


@pytest.mark.parametrize("mapped", [True, False])
def test_megatron_core_reads_an_indexed_dataset(
    tmp_path: Path, paths: list[str], vocabulary_size: int, indexed_dataset: Any, mapped: bool
) -> None:
    write_indexed_dataset(tmp_path / "x.bin", tmp_path / "x.idx", paths, vocabulary_size)
    dataset = indexed_dataset(str(tmp_path / "x"), mmap=mapped)
    expected = documents(paths)
    assert [dataset[place].tolist() for place in range(len(dataset))] == expected
    assert dataset.document_indices.tolist() == list(range(len(expected) + 1))
    assert dataset.get(0, offset=3, length=5).tolist() == expected[0][3:8]


def test_megatron_core_writes_the_same_bytes(
    tmp_path: Path, paths: list[str], vocabulary_size: int, indexed_dataset: Any
) -> None:
    import torch
    from megatron.core.datasets.indexed_dataset import DType, IndexedDatasetBuilder

    builder = IndexedDatasetBuilder(str(tmp_path / "its.bin"), dtype=DType.optimal_dtype(vocabulary_size))
    for document in documents(paths):
        builder.add_document(torch.tensor(document), [len(document)])
    builder.finalize(str(tmp_path / "its.idx"))
    write_indexed_dataset(tmp_path / "ours.bin", tmp_path / "ours.idx", paths, vocabulary_size)
    for kind in ("bin", "idx"):
        assert (tmp_path / f"ours.{kind}").read_bytes() == (tmp_path / f"its.{kind}").read_bytes()


@pytest.mark.parametrize("vocabulary_size", [1_000, 65_536], indirect=True)
def test_nanogpt_maps_all_documents_end_to_end(tmp_path: Path, paths: list[str], vocabulary_size: int) -> None:
    written = write_flat_tokens(tmp_path / "train.bin", paths)
    data = np.memmap(tmp_path / "train.bin", dtype=np.uint16, mode="r")
    expected = [token for document in documents(paths) for token in document]
    assert data.tolist() == expected
    assert (written.rows, written.tokens) == (10, len(expected))


def test_nanogpt_refuses_tokens_that_do_not_fit() -> None:
    assert NANOGPT.parts(replace(SOURCE, vocabulary_size=65_536))
    with pytest.raises(
        GristmillError, match=r"nanogpt: its tokens have 16 bits, and the vocabulary of small has 65,537"
    ):
        NANOGPT.parts(replace(SOURCE, vocabulary_size=65_537))


@pytest.mark.parametrize("tokens_per_group", [1, 3 * WIDTH, 1 << 22])
def test_parquet_rows_are_those_of_the_shard_without_padding(
    tmp_path: Path, paths: list[str], tokens_per_group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hugging_face, "TOKENS_PER_GROUP", tokens_per_group)
    monkeypatch.setattr(shards, "ROWS_PER_BATCH", 4)
    written = write_rows(tmp_path / "x.parquet", paths)
    packed = PackedRows(paths)
    rows = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert (written.rows, written.tokens) == (len(packed), sum(len(row["input_ids"]) for row in rows))
    batch = packed.take(np.arange(len(packed)))
    for place, row in enumerate(rows):
        expected = packed.row(place)
        assert row["input_ids"] == expected.tokens.tolist()
        assert np.cumsum(row["seq_lengths"]).tolist() == expected.doc_ends
        assert row["position_ids"] == batch.positions[place, : batch.lengths[place]].tolist()
        assert row["document_ids"] == expected.doc_ids


def test_a_shard_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.arrow", [], 1_000)
    assert write_rows(tmp_path / "a.parquet", [path]).rows == 0
    assert pq.read_table(tmp_path / "a.parquet").schema.equals(hugging_face.SCHEMA)


def hugging_face_folder(tmp_path: Path) -> tuple[Path, dict[str, PackedRows]]:
    """A folder with two files of training rows, one of test rows, and the card."""
    folder = tmp_path / "export"
    (folder / "data").mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    lengths = {"a": LENGTHS[0], "b": LENGTHS[1], "c": [3, 20]}
    made = {name: write(tmp_path / f"{name}.arrow", one, 1_000) for name, one in lengths.items()}
    source = replace(SOURCE, shards={"train": [made["a"], made["b"]], "test": [made["c"]]})
    for part in HUGGING_FACE.parts(source):
        part.write([folder / name for name in part.names], part.shards)
    (folder / "README.md").write_text(HUGGING_FACE.readme(source))
    return folder, {split: PackedRows(paths) for split, paths in source.shards.items()}


def test_datasets_loads_the_folder_by_its_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    folder, packed = hugging_face_folder(tmp_path)
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {name: len(rows) for name, rows in packed.items()}
    assert loaded["train"].column_names == ["input_ids", "seq_lengths", "position_ids", "document_ids"]
    for name, rows in loaded.items():
        for place, row in enumerate(rows):
            expected = packed[name].row(place)
            assert row["input_ids"] == expected.tokens.tolist()
            assert row["document_ids"] == expected.doc_ids
    streamed = datasets.load_dataset(str(folder), split="test", streaming=True, cache_dir=str(tmp_path / "cache"))
    assert len(list(streamed)) == len(packed["test"])


def test_a_model_keeps_the_documents_of_a_row_apart_by_their_positions(tmp_path: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    write_rows(tmp_path / "x.parquet", [write(tmp_path / "x.arrow", [5, 9, 3], 1_000)])
    row = pq.read_table(tmp_path / "x.parquet").to_pylist()[0]
    assert len(row["seq_lengths"]) == 3
    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=1_000, **sizes)).eval()
    ids, positions = torch.tensor([row["input_ids"]]), torch.tensor([row["position_ids"]])
    with torch.no_grad():
        together = model(ids, position_ids=positions, use_cache=False).logits[0]
        alone = [model(one[None]).logits[0] for one in ids[0].split(row["seq_lengths"])]
    torch.testing.assert_close(together, torch.cat(alone))


@pytest.mark.parametrize(
    ("format_", "names"),
    [
        (MEGATRON, ["train.bin", "train.idx", "test.bin", "test.idx"]),
        (NANOGPT, ["train.bin", "test.bin"]),
        (HUGGING_FACE, [f"data/{name}.parquet" for name in ("train-00000-of-00002", "train-00001-of-00002")]),
    ],
)
def test_a_format_knows_its_own_names_and_no_others(format_: Any, names: list[str]) -> None:
    found = [name for part in format_.parts(SOURCE) for name in part.names]
    assert found[: len(names)] == names
    assert all(format_.own_names.fullmatch(name) for name in found)
    others = ("meta.pkl", "manifest.json", "README.md", "mine.bin", "mine.idx", "data/mine-1.parquet", "tokenizer.json")
    assert not any(format_.own_names.fullmatch(name) for name in others)


@pytest.mark.parametrize("format_", [MEGATRON, NANOGPT, HUGGING_FACE])
def test_a_readme_says_how_many_tokens_there_are(format_: Any) -> None:
    assert "1,000 tokens" in " ".join(format_.readme(SOURCE).split())
