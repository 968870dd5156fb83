"""Which files are cut, and that the parts are the whole."""

from itertools import pairwise

import pytest

from stages.sources import Span, spans


@pytest.mark.parametrize(
    ("file_format", "path", "is_cut"),
    [
        ("warc", "a.warc.gz", True),
        ("warc", "https://example.org/a.warc.gz", True),
        ("warc", "a.warc", True),
        ("warc", "https://example.org/a.warc", False),
        ("warc", "a.warc.zst", False),
        ("jsonl", "a.jsonl", True),
        ("jsonl", "a.jsonl.gz", False),
        ("jsonl", "a.jsonl.ZST", False),
        ("jsonl", "a.jsonl.bz2", False),
        ("mediawiki", "a.xml", True),
        ("mediawiki", "a-multistream.xml.bz2", True),
        ("mediawiki", "a.xml.gz", False),
        ("mediawiki", "a.xml.zst", False),
        ("parquet", "a.parquet", True),
        ("text", "a.txt", False),
        ("html", "a.html", False),
    ],
)
def test_which_files_are_cut(file_format: str, path: str, is_cut: bool) -> None:
    assert (len(spans(file_format, path, 1000, 300)) == 4) == is_cut
    assert spans(file_format, path, 300, 300) == [Span(path, 0, 300)]


@pytest.mark.parametrize("size", [1, 2, 999, 1000, 1001])
@pytest.mark.parametrize("unit_bytes", [1, 3, 250, 1000])
def test_the_parts_are_the_whole(size: int, unit_bytes: int) -> None:
    cut = spans("jsonl", "a.jsonl", size, unit_bytes)
    assert (cut[0].start, cut[-1].stop) == (0, size)
    assert all(before.stop == after.start for before, after in pairwise(cut))
    assert all(0 < span.stop - span.start <= unit_bytes for span in cut)
