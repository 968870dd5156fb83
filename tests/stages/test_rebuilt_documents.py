"""Documents rebuilt from rows: equal to what was packed, copies apart, and damage named."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages import shards
from stages.errors import GristmillError
from stages.packing import PACKERS, PackedPieces
from stages.rebuilt_documents import rebuilt_documents
from stages.shards import TokenizedDocuments, shard_schema, write_shard

PADDING = 3
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=20)


def tokenized(lengths: list[int]) -> TokenizedDocuments:
    """Documents whose tokens differ everywhere, under ids that are in no order."""
    total = sum(lengths)
    starts = np.cumsum([0, *lengths])[:-1]
    ids = np.array([(one * 7_919 + 1) % 1_000_003 << 40 for one in range(len(lengths))], np.uint64)
    return TokenizedDocuments(ids, np.arange(10, 10 + total, dtype=np.uint16), starts.astype(np.int64))


def in_rounds(lengths: list[int], times: list[int], packer: str, width: int) -> PackedPieces:
    """The rows of a mixture that repeats documents: a round for each copy."""
    sizes = np.array(lengths, np.int64)
    rounds = []
    for copy in range(max(times)):
        chosen = np.flatnonzero(np.array(times) > copy)
        one = PACKERS[packer](sizes[chosen], width)
        rounds.append(replace(one, documents=chosen[one.documents]))
    ends = np.cumsum([len(one.documents) for one in rounds])
    return PackedPieces(
        np.concatenate([one.documents for one in rounds]),
        np.concatenate([one.starts for one in rounds]),
        np.concatenate([one.stops for one in rounds]),
        np.concatenate(
            [[0], *(one.row_starts[1:] + end - len(one.documents) for one, end in zip(rounds, ends, strict=True))]
        ).astype(np.int64),
    )


def write(folder: Path, packed: PackedPieces, documents: TokenizedDocuments, width: int, **metadata: str) -> str:
    path = folder / "shard.arrow"
    write_shard(path, shard_schema(width - 1, 2_000, metadata), packed, documents, PADDING)
    return str(path)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), lengths=LENGTHS, width=st.integers(2, 17), packer=st.sampled_from(sorted(PACKERS)))
def test_every_document_comes_back_as_often_as_it_was_packed(
    tmp_path: Path, data: st.DataObject, lengths: list[int], width: int, packer: str
) -> None:
    times = data.draw(st.lists(st.integers(1, 3), min_size=len(lengths), max_size=len(lengths)))
    documents = tokenized(lengths)
    path = write(tmp_path, in_rounds(lengths, times, packer, width), documents, width)
    found = [(one.id, one.tokens.tolist()) for one in rebuilt_documents(path)]
    whole = zip(documents.ids.tolist(), documents.starts.tolist(), lengths, times, strict=True)
    expected = [
        (one, list(range(10 + start, 10 + start + length))) for one, start, length, count in whole for _ in range(count)
    ]
    assert sorted(found) == sorted(expected)


def test_copies_that_were_packed_in_one_round_are_told_apart_too(tmp_path: Path) -> None:
    """Two copies of 25 tokens in rows of 10, whose tails lie in rows before those of the whole parts."""
    documents = tokenized([25])
    packed = PackedPieces(
        np.zeros(6, np.int64),
        np.array([20, 20, 0, 10, 10, 0]),
        np.array([25, 25, 10, 20, 20, 10]),
        np.array([0, 2, 3, 4, 5, 6]),
    )
    found = list(rebuilt_documents(write(tmp_path, packed, documents, 10)))
    assert [one.tokens.tolist() for one in found] == [list(range(10, 35))] * 2


def test_documents_come_in_the_order_in_which_they_begin(tmp_path: Path) -> None:
    documents = tokenized([12, 3, 4])
    packed = PackedPieces(
        np.array([1, 0, 2, 0]), np.array([0, 10, 0, 0]), np.array([3, 12, 4, 10]), np.array([0, 3, 4])
    )
    found = [one.id for one in rebuilt_documents(write(tmp_path, packed, documents, 10))]
    assert found == [int(documents.ids[place]) for place in (1, 2, 0)]


def test_a_document_may_lie_in_several_record_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "ROWS_PER_BATCH", 2)
    lengths = [33, 5, 41, 2]
    packed = PACKERS["concatenate"](np.array(lengths), 8)
    path = write(tmp_path, packed, tokenized(lengths), 8)
    assert pa.ipc.open_file(path).num_record_batches > 3
    assert [len(one.tokens) for one in rebuilt_documents(path)] == lengths


def test_a_shard_without_rows_has_no_documents(tmp_path: Path) -> None:
    packed = PACKERS["best_fit"](np.empty(0, np.int64), 8)
    assert not list(rebuilt_documents(write(tmp_path, packed, tokenized([]), 8, tokens="0")))


@pytest.mark.parametrize("lost", ["head", "middle", "tail of one copy", "twice", "over another"])
def test_a_piece_that_does_not_fit_is_named(tmp_path: Path, lost: str) -> None:
    pieces = [(0, 0, 10), (0, 10, 20), (0, 20, 25), (0, 0, 10), (0, 10, 20), (0, 20, 25), (1, 0, 4)]
    changed = {
        "head": pieces[1:],
        "middle": [pieces[0], *pieces[2:]],
        "tail of one copy": [*pieces[:5], pieces[6]],
        "twice": [*pieces, pieces[1]],
        "over another": [*pieces[:2], (0, 18, 25), *pieces[3:]],
    }[lost]
    documents, starts, stops = (np.array(column) for column in zip(*changed, strict=True))
    packed = PackedPieces(documents, starts, stops, np.arange(len(changed) + 1))
    path = write(tmp_path, packed, tokenized([25, 4]), 10)
    with pytest.raises(GristmillError, match=rf"shard\.arrow: the shard is damaged \(pieces of document {1 << 40} are"):
        list(rebuilt_documents(path))


def test_a_tail_that_is_missing_without_a_trace_shows_in_the_sum(tmp_path: Path) -> None:
    packed = PackedPieces(np.array([0, 0]), np.array([0, 10]), np.array([10, 20]), np.array([0, 1, 2]))
    path = write(tmp_path, packed, tokenized([25]), 10, tokens="25")
    with pytest.raises(GristmillError, match=r"shard\.arrow: the shard is damaged \(20 tokens of 25\)"):
        list(rebuilt_documents(path))
