"""The span, a range of a file's bytes that one worker reads, and the rule that cuts a file into spans."""

from dataclasses import dataclass
from itertools import pairwise

from stages.artifacts import is_local
from stages.recipe import Source


@dataclass(frozen=True)
class Span:
    """A range of a file: the bytes as stored, compressed or not, from `start` up to but without `stop`."""

    path: str
    start: int
    stop: int


def spans(source: Source, path: str, size: int, unit_bytes: int) -> list[Span]:
    """Cuts a file of `size` bytes into spans of at most `unit_bytes`, or gives it whole if its format has no cuts."""
    if size <= unit_bytes or not _can_be_cut(source, path):
        return [Span(path, 0, size)]
    count = -(-size // unit_bytes)
    edges = [size * index // count for index in range(count + 1)]
    return [Span(path, start, stop) for start, stop in pairwise(edges)]


def _can_be_cut(source: Source, path: str) -> bool:
    if source.format == "warc":
        # Records of an uncompressed file are found only by walking from its first byte: too dear over a network.
        return path.endswith(".gz") or is_local(path)
    return source.format == "jsonl" and not path.endswith((".bz2", ".gz", ".zst"))
