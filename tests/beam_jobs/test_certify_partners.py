"""`make certify` where documents make way for others of their address, or for those of an index."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.artifacts import sha256_of
from stages.errors import GristmillError
from stages.near_duplicates.addresses import address_key
from stages.near_duplicates.signatures import content_hash, text_signatures
from tests.beam_jobs.stored_corpus import RECIPE, StoredCorpus
from tests.beam_jobs.test_certify import (
    SETTINGS,
    A,
    D,
    certify,
    changed,
    falsify,
    refusal,
    relist,
    similarity,
    stored,
    text,
)

ADDRESS = "https://shared.test/page"
G, H, OTHER = map(text, (100, 101, 102))
NEAR_G = changed(G, 2)
"""Near enough to be removed for it."""
UNLIKE_G = changed(G, 4, seed=4)
"""Not near enough, though it shares a band."""


@pytest.fixture
def by_address(tmp_path: Path) -> StoredCorpus:
    """Removals for the address of a document that stays, and for the address of one that is removed itself."""
    corpus = stored(tmp_path, RECIPE + '[corpus.near_duplicates]\none_per_url = "newest"\n')
    corpus.removal(20, "duplicates", "duplicate_url", duplicate_of=1, url="https://www.site.test/page/1#top")
    measured = np.float32(similarity(A, changed(A, 1)))
    near = {"jaccard": measured, "value": round(float(measured), 6)}
    corpus.removal(21, "duplicates", "near_duplicate", duplicate_of=1, text=changed(A, 1), url=ADDRESS, **near)
    corpus.removal(22, "duplicates", "duplicate_url", duplicate_of=1, url=ADDRESS)
    corpus.write()
    relist(corpus)
    return corpus


def test_removals_for_an_address_are_proven(by_address: StoredCorpus) -> None:
    assert certify(by_address)["removals"]["by_rule"]["duplicate_url"] == 2


@pytest.mark.parametrize(
    ("row_id", "changes"),
    [(20, {"url": "https://www.site.test/page/2"}), (20, {"url": None}), (20, {"duplicate_of": 2}), (22, {"url": "x"})],
)
def test_a_removal_for_another_address_is_found(by_address: StoredCorpus, row_id: int, changes: dict[str, Any]) -> None:
    falsify(by_address, "removals", row_id, lambda row: row | changes)
    message = refusal(by_address)
    assert f"1 violation (removals 1): duplicate_url: {row_id} in removals/" in message
    assert message.endswith(": another address, needed the same address")


def test_removals_for_an_address_do_not_prove_each_other(by_address: StoredCorpus) -> None:
    for row_id in (20, 22):
        falsify(by_address, "removals", row_id, lambda row: row | {"url": "https://nowhere.test/"})
    assert "2 violations (removals 2): duplicate_url: " in refusal(by_address)


def test_two_documents_of_one_address_are_found(by_address: StoredCorpus) -> None:
    falsify(by_address, "documents", 4, lambda row: row | {"url": "HTTP://www.Site.test/page/3"})
    assert "1 violation (kept 1): same address: 3 in " in refusal(by_address)


def test_two_documents_of_one_address_are_in_order_where_addresses_are_not_compared(tmp_path: Path) -> None:
    corpus = stored(tmp_path)
    falsify(corpus, "documents", 4, lambda row: row | {"url": "https://www.site.test/page/3"})
    assert certify(corpus)["proven"]


def write_index(folder: Path, signature: pa.DataType) -> None:
    """An index of two documents, as an earlier run leaves it."""
    texts, urls = [G, H], ["https://early.test/g", "https://early.test/h"]
    columns = {
        "id": pa.array([900, 901], pa.uint64()),
        "content_hash": pa.array(map(content_hash, texts), pa.uint64()),
        "address": pa.array(map(address_key, urls), pa.uint64()),
        "signature": pa.array(text_signatures(texts, SETTINGS).tolist(), signature),
    }
    path = folder / "signatures" / "part.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), path)
    file = {"path": "signatures/part.parquet", "bytes": 1, "sha256": "", "rows": 2}
    (folder / "manifest.json").write_text(json.dumps({"job": "corpus", "files": {"signatures": [file]}, "facts": {}}))
    relist_index(folder)


def relist_index(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["signatures"][0]["sha256"] = sha256_of(folder / "signatures" / "part.parquet")
    (folder / "manifest.json").write_text(json.dumps(manifest))


def share(left: str, right: str) -> float:
    one, other = text_signatures([left, right], SETTINGS)
    return float((one == other).mean())


@pytest.fixture(params=[pa.list_(pa.uint32()), pa.list_(pa.uint32(), 112), pa.list_(pa.uint64())], ids=str)
def with_index(tmp_path: Path, request: pytest.FixtureRequest) -> StoredCorpus:
    return indexed_corpus(tmp_path, request.param)


@pytest.fixture
def with_one_index(tmp_path: Path) -> StoredCorpus:
    return indexed_corpus(tmp_path, pa.list_(pa.uint32()))


def indexed_corpus(folder: Path, signature: pa.DataType) -> StoredCorpus:
    """Removals for documents of an index by each rule, and a document that is a little like one of it."""
    write_index(folder / "earlier", signature)
    settings = f'[corpus.near_duplicates]\nindex = ["{folder}/earlier"]\none_per_url = "newest"\n'
    corpus = stored(folder, RECIPE + settings)
    corpus.document(8, UNLIKE_G)
    value = round(share(G, NEAR_G), 6)
    corpus.removal(20, "duplicates", "indexed_near_duplicate", duplicate_of=900, text=NEAR_G, value=value)
    corpus.removal(21, "duplicates", "indexed_exact_duplicate", duplicate_of=901, text=H.upper(), jaccard=1.0)
    corpus.removal(900, "duplicates", "indexed_id", duplicate_of=900)
    corpus.removal(22, "duplicates", "indexed_url", duplicate_of=901, url="http://early.test/h")
    corpus.removal(23, "duplicates", "indexed_exact_duplicate", duplicate_of=901, text=H, jaccard=1.0, url=ADDRESS)
    corpus.removal(24, "duplicates", "indexed_url", duplicate_of=901, url=ADDRESS)
    corpus.write()
    relist(corpus)
    return corpus


def test_removals_for_documents_of_an_index_are_proven(with_index: StoredCorpus) -> None:
    found = certify(with_index)
    by_rule = found["removals"]["by_rule"]
    assert {rule: by_rule[rule] for rule in by_rule if rule.startswith("indexed_")} == {
        "indexed_exact_duplicate": 2,
        "indexed_id": 1,
        "indexed_near_duplicate": 1,
        "indexed_url": 2,
    }
    assert found["with_index"] == {"documents": 2, "pairs": 1, "largest": share(G, UNLIKE_G)}


@pytest.mark.parametrize(
    ("row_id", "changes", "expected"),
    [
        (20, {"value": 0.99}, f"share of equal signature values {share(G, NEAR_G):.6f}, needed 0.99 as stored"),
        (20, {"value": None}, f"share of equal signature values {share(G, NEAR_G):.6f}, needed None as stored"),
        (20, {"duplicate_of": 901}, "share of equal signature values 0.000000, needed at least 0.8"),
        (20, {"duplicate_of": 1}, "duplicate_of 1, needed the id of a document of an index"),
        (20, {"text": D}, "needed at least 0.8"),
        (20, {"text": "..."}, "share of equal signature values 0.000000, needed at least 0.8"),
        (21, {"duplicate_of": 900}, "another content, needed the same content"),
        (900, {"duplicate_of": 901}, "another id, needed the same id"),
        (22, {"duplicate_of": 900}, "another address, needed the same address"),
        (24, {"url": "https://other.test/"}, "another address, needed the same address"),
        (11, {"duplicate_of": 900}, "duplicate_of 900, needed the id of a kept document"),
    ],
)
def test_a_removal_that_an_index_does_not_prove_is_found(
    with_one_index: StoredCorpus, row_id: int, changes: dict[str, Any], expected: str
) -> None:
    falsify(with_one_index, "removals", row_id, lambda row: row | changes)
    message = refusal(with_one_index)
    assert message.startswith("1 violation (removals 1): ")
    assert f": {row_id} in removals/" in message
    assert message.endswith(expected)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"text": changed(G, 1)}, "alike: 8 "),
        ({"text": G.upper()}, "same content: 8 "),
        ({"id": 900}, "same id: 900 "),
        ({"url": "http://early.test/g"}, "same address: 8 "),
    ],
)
def test_a_document_that_the_index_has_is_found(
    with_one_index: StoredCorpus, changes: dict[str, Any], rule: str
) -> None:
    falsify(with_one_index, "documents", 8, lambda row: row | changes)
    message = refusal(with_one_index)
    assert rule in message
    assert f" and 900 in {with_one_index.folder.parent}/earlier/signatures/part.parquet: " in message


def test_one_of_several_documents_of_an_id_is_enough(with_one_index: StoredCorpus) -> None:
    path = with_one_index.folder.parent / "earlier" / "signatures" / "part.parquet"
    rows = pq.read_table(path)
    again = rows.slice(0, 1).set_column(3, "signature", pa.array([[1] * 112], pa.list_(pa.uint32())))
    again = again.set_column(1, "content_hash", pa.array([1], pa.uint64()))
    pq.write_table(pa.concat_tables([again, rows]), path)
    relist_index(path.parents[1])
    assert certify(with_one_index)["removals"]["by_rule"]["indexed_near_duplicate"] == 1


def test_documents_without_words_are_like_none_of_an_index(with_one_index: StoredCorpus) -> None:
    path = with_one_index.folder.parent / "earlier" / "signatures" / "part.parquet"
    rows = pq.read_table(path)
    empty = text_signatures(["..."], SETTINGS).tolist() * 2
    pq.write_table(rows.set_column(3, "signature", pa.array(empty, pa.list_(pa.uint32()))), path)
    relist_index(path.parents[1])
    falsify(with_one_index, "documents", 8, lambda row: row | {"text": "!!!"})
    falsify(with_one_index, "removals", 20, lambda row: row | {"rule": "indexed_id", "id": 900})
    assert "kept" not in refusal(with_one_index)


def test_an_index_that_was_made_anew_is_named(with_one_index: StoredCorpus) -> None:
    folder = with_one_index.folder.parent / "earlier"
    manifest = folder / "manifest.json"
    with_one_index.facts["index"] = [{"source": "", "path": str(manifest), "sha256": sha256_of(manifest)}]
    with_one_index.write()
    relist(with_one_index)
    assert certify(with_one_index)["proven"]
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"facts": {"made": "again"}}))
    with pytest.raises(GristmillError, match=r"run `make corpus` again$") as error:
        certify(with_one_index)
    assert str(error.value).startswith(f"corpus.near_duplicates.index: {folder}: was made anew since; ")
