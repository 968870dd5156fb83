"""The span, a range of a file's bytes that one worker reads, and the rule that cuts a file into spans."""

from dataclasses import dataclass
from itertools import pairwise

from stages.artifacts import is_local

_COMPRESSED = (".bz2", ".gz", ".xz", ".zst", ".zstd")


@dataclass(frozen=True)
class Span:
    """A range of a file: the bytes as stored, compressed or not, from `start` up to but without `stop`."""

    path: str
    start: int
    stop: int


def spans(file_format: str, path: str, size: int, unit_bytes: int) -> list[Span]:
    """Cuts a file of `size` bytes into spans of at most `unit_bytes`, or gives it whole if its format has no cuts.

    Only format and name decide. Readers go by a file's content: of one that its name lets cut and its content does
    not, the first span reads all and the others nothing.
    """
    if size <= unit_bytes or not _can_be_cut(file_format, path):
        return [Span(path, 0, size)]
    count = -(-size // unit_bytes)
    edges = [size * index // count for index in range(count + 1)]
    return [Span(path, start, stop) for start, stop in pairwise(edges)]


def _can_be_cut(file_format: str, path: str) -> bool:
    is_plain = not path.lower().endswith(_COMPRESSED)
    if file_format == "warc":
        # Records of an uncompressed file are found only by walking from its first byte: too dear over a network.
        return path.lower().endswith(".gz") or (is_plain and is_local(path))
    if file_format == "mediawiki":
        return is_plain or path.lower().endswith(".bz2")
    return file_format == "parquet" or (file_format == "jsonl" and is_plain)
