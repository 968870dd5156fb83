"""How a WARC or ARC file is compressed, told by its content: the name decides only where to look first."""

from typing import IO, Literal

from stages.sources import gzip_members, zstandard_frames
from stages.sources.record_header import MAXIMUM_LINE_BYTES, WARC_START, begins_record
from stages.sources.warc_framing import holds_plain_records
from stages.sources.window import Window

Layout = Literal["gzip", "plain", "zstandard"]


def layout_of(file: IO[bytes], window: Window, path: str) -> Layout | None:
    """How the file is compressed, or None if there is no record in it.

    Where the beginning tells nothing, being damaged or of another kind of file, the whole file is searched.
    """
    head = window.read_at(0, MAXIMUM_LINE_BYTES)
    if head.startswith(gzip_members.MAGIC[: len(head)]):
        if _may_begin_record(gzip_members.first_content(window)):
            return "gzip"
    elif zstandard_frames.is_frame(head):
        if _may_begin_record(zstandard_frames.first_content(window)):
            return "zstandard"
    elif _may_begin_record(head):
        return "plain"
    return next((layout for layout in _by_name(path) if _holds_records(file, window, layout)), None)


def _may_begin_record(content: bytes) -> bool:
    """Also where it is cut off at once."""
    return content.startswith(WARC_START[: len(content)]) or begins_record(content)


def _by_name(path: str) -> tuple[Layout, ...]:
    if path.endswith(".gz"):
        return ("gzip", "plain", "zstandard")
    if path.endswith(".zst"):
        return ("zstandard", "plain", "gzip")
    return ("plain", "gzip", "zstandard")


def _holds_records(file: IO[bytes], window: Window, layout: Layout) -> bool:
    if layout == "gzip":
        return gzip_members.holds_records(window)
    if layout == "zstandard":
        return zstandard_frames.holds_records(window)
    return holds_plain_records(file)
